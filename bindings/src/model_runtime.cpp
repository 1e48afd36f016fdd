#include "model_runtime.h"

#include "guard.h"

namespace landbc {

std::string last_line(const std::string &text) {
  const auto end = text.find_last_not_of(" \n");
  if (end == std::string::npos) return "no text";
  const auto before = text.rfind('\n', end);
  const auto begin = before == std::string::npos ? 0 : before + 1;
  return first_line(text.substr(begin, end + 1 - begin));
}

std::unique_ptr<ModelRuntime> load_model(const std::string &path, c10::Device device) {
  return path.ends_with(".pt2") ? load_aot(path, device) : load_torchscript(path, device);
}

}  // namespace landbc
