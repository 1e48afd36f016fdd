// Statistics of the host's fields over the emulator's periods: means weighted by whole seconds, sums, minima,
// maxima. An interval that reaches into several periods counts in each with its part.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <vector>

#include "periods.h"

namespace landbc {

enum class Statistic { mean, sum, minimum, maximum };

class Accumulator {
 public:
  // What one period has taken in so far: (column, cell), weighted by seconds for means.
  struct Sum {
    std::vector<double> values;
    int64_t seconds = 0;
  };

  // Of the inputs' variables those numbered in `columns`, each with its statistic.
  Accumulator(Periods periods, std::vector<Statistic> statistics, std::vector<size_t> columns, size_t cells)
      : periods_(std::move(periods)),
        statistics_(std::move(statistics)),
        columns_(std::move(columns)),
        cells_(cells) {}

  const Periods &periods() const { return periods_; }

  // Makes room for the periods that the interval [begin, end) touches, so that what follows cannot fail.
  void reserve(int64_t begin, int64_t end);

  // An interval's values: `open`, `add` of every variable and cell, `close`. `values` are the means, amounts,
  // minima or maxima of input variable `column` at the cells first ... first + count - 1.
  void open(int64_t begin, int64_t end) noexcept;
  void add(size_t column, size_t first, size_t count, const double *values) noexcept;
  void close() noexcept;

  // Whether anything was added in that period.
  bool has(int64_t period) const;

  // Statistics (cell, column) of what was added in that period; a sum over a part of the period is scaled to
  // the whole of it. INTERNAL if nothing was added.
  std::vector<double> result(int64_t period) const;

  // Forgets the periods outside first ... last.
  void keep(int64_t first, int64_t last) noexcept;

  const std::map<int64_t, Sum> &sums() const { return sums_; }
  void restore(int64_t period, Sum sum) { sums_[period] = std::move(sum); }

 private:
  Periods periods_;
  std::vector<Statistic> statistics_;
  std::vector<size_t> columns_;
  size_t cells_;
  std::map<int64_t, Sum> sums_;

  // What of the open interval lies in a period.
  struct Part {
    Sum *sum;
    int64_t seconds;
    double share;
  };
  std::vector<Part> parts_;
};

}  // namespace landbc
