// One variable of a recording: what it is, and its values of the steps that are not in the file yet, step
// after step.
#pragma once

#include <cstring>
#include <string>

#include "team.h"

namespace landbc {

enum class RecordType { int32, int64, float32, float64 };

constexpr std::size_t size_of(RecordType type) {
  return type == RecordType::int32 || type == RecordType::float32 ? 4 : 8;
}

struct RecordColumn {
  std::string name, unit;
  RecordType type = RecordType::float64;
  bool of_cells = true;    // else one number a step, the same on every rank
  std::string classes_of;  // as in Output
  std::size_t width = 1;
  Bytes bytes = {};  // (step, [class,] [cell of this rank])

  void add(const void *values, std::size_t count) {
    const auto *const first = static_cast<const uint8_t *>(values);
    bytes.insert(bytes.end(), first, first + count * size_of(type));
  }
};

}  // namespace landbc
