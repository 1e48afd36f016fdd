// Time means of the host's fields over calendar years, weighted by whole seconds. An interval that crosses 1
// January counts in both years, each with its part.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "calendar.h"

namespace landbc {

class Accumulator {
 public:
  explicit Accumulator(size_t values) : values_(values) {}

  // Makes room for the years that the interval [begin, end) touches, so that `add` cannot fail.
  void reserve(const Calendar &calendar, int64_t begin, int64_t end);

  void add(const Calendar &calendar, int64_t begin, int64_t end, const std::vector<double> &values) noexcept;

  // Means over what was added in that year; INTERNAL if nothing was.
  std::vector<double> mean(int32_t year) const;

  // Forgets the years before.
  void drop_before(int32_t year) noexcept;

 private:
  struct Sum {
    std::vector<double> weighted;
    int64_t seconds = 0;
  };

  size_t values_;
  std::map<int32_t, Sum> years_;
};

}  // namespace landbc
