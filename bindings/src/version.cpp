#include "version.h"

#include <ATen/Version.h>

namespace landbc {

const char *library_version() noexcept { return LANDBC_VERSION; }

const std::string &torch_version() {
  static const std::string version = [] {
    // libtorch tells its version only within the text that torch.__config__.show() prints.
    const std::string configuration = at::show_config();
    const std::string key = "TORCH_VERSION=";
    const auto begin = configuration.find(key);
    if (begin == std::string::npos) return std::string("unknown");
    const auto from = begin + key.size();
    return configuration.substr(from, configuration.find_first_of(", \n", from) - from);
  }();
  return version;
}

}  // namespace landbc
