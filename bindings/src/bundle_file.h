// A netCDF file of the bundle that is open only while it is read: the library holds chunks and indices of
// every variable of an open file, whoever read them, and frees none of them before the last user of the file
// closes it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "netcdf_file.h"

namespace landbc {

class BundleFile {
 public:
  // `kept`: variables of which tiles beside each other share chunks. BUNDLE if there is no such file.
  explicit BundleFile(std::string path, std::vector<std::string> kept = {});

  // BUNDLE if it is not the file that it was at first.
  const NetcdfFile &open() const;
  void close() const { file_.reset(); }
  // A further variable to keep chunks of.
  void keep_chunks(const std::string &name);

 private:
  struct Identity {
    int64_t size, seconds, nanoseconds;  // and when it was written

    bool operator==(const Identity &) const = default;
  };
  Identity look() const;

  std::string path_;
  std::vector<std::string> kept_;
  Identity first_;
  mutable std::optional<NetcdfFile> file_;
};

}  // namespace landbc
