#include "accumulator.h"

#include <algorithm>

#include "error.h"

namespace landbc {

void Accumulator::reserve(int64_t begin, int64_t end) {
  for (int64_t period = periods_.holding(begin); periods_.begin(period) < end; ++period) {
    Sum &sum = sums_[period];
    if (sum.values.empty()) sum.values.assign(cells_ * statistics_.size(), 0.0);
  }
}

void Accumulator::add(int64_t begin, int64_t end, const std::vector<double> &values) noexcept {
  for (auto &[period, sum] : sums_) {
    const int64_t from = std::max(begin, periods_.begin(period));
    const int64_t to = std::min(end, periods_.end(period));
    if (from >= to) continue;
    const auto part = static_cast<double>(to - from);
    const double share = part / static_cast<double>(end - begin);
    const bool first = sum.seconds == 0;
    for (size_t v = 0; v < statistics_.size(); ++v) {
      // One pass as fast as memory.
      double *const total = sum.values.data() + v * cells_;
      const double *const value = values.data() + columns_[v] * cells_;
      switch (statistics_[v]) {
        case Statistic::mean:
          for (size_t i = 0; i < cells_; ++i) total[i] += part * value[i];
          break;
        case Statistic::sum:
          for (size_t i = 0; i < cells_; ++i) total[i] += share * value[i];
          break;
        case Statistic::minimum:
          for (size_t i = 0; i < cells_; ++i) total[i] = first ? value[i] : std::min(total[i], value[i]);
          break;
        case Statistic::maximum:
          for (size_t i = 0; i < cells_; ++i) total[i] = first ? value[i] : std::max(total[i], value[i]);
          break;
      }
    }
    sum.seconds += to - from;
  }
}

bool Accumulator::has(int64_t period) const {
  const auto found = sums_.find(period);
  return found != sums_.end() && found->second.seconds > 0;
}

std::vector<double> Accumulator::result(int64_t period) const {
  if (!has(period)) fail(LANDBC_ERROR_INTERNAL, "no inputs were accumulated in period ", period);
  const Sum &sum = sums_.at(period);
  const auto given = static_cast<double>(sum.seconds);
  const auto whole = static_cast<double>(periods_.end(period) - periods_.begin(period));
  const size_t width = statistics_.size();
  std::vector<double> result(cells_ * width);
  for (size_t v = 0; v < width; ++v) {
    for (size_t cell = 0; cell < cells_; ++cell) {
      double value = sum.values[v * cells_ + cell];
      if (statistics_[v] == Statistic::mean) value /= given;
      if (statistics_[v] == Statistic::sum && whole != given) value *= whole / given;
      result[cell * width + v] = value;
    }
  }
  return result;
}

void Accumulator::keep(int64_t first, int64_t last) noexcept {
  sums_.erase(sums_.begin(), sums_.lower_bound(first));
  sums_.erase(sums_.upper_bound(last), sums_.end());
}

}  // namespace landbc
