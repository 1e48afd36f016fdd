// Numbers of things in sentences: "1 cell", "2 cells".
#pragma once

#include <cstdint>
#include <string>

namespace landbc {

inline std::string counted(int64_t number, const std::string &thing) {
  return std::to_string(number) + " " + thing + (number == 1 ? "" : "s");
}

}  // namespace landbc
