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
  const size_t width = statistics_.size();
  for (auto &[period, sum] : sums_) {
    const int64_t from = std::max(begin, periods_.begin(period));
    const int64_t to = std::min(end, periods_.end(period));
    if (from >= to) continue;
    const auto part = static_cast<double>(to - from);
    const double share = part / static_cast<double>(end - begin);
    const bool first = sum.seconds == 0;
    if (all_means_) {
      // One pass as fast as memory.
      double *const total = sum.values.data();
      for (size_t i = 0; i < cells_ * width; ++i) total[i] += part * values[i];
    }
    for (size_t v = 0; v < width && !all_means_; ++v) {
      for (size_t cell = 0; cell < cells_; ++cell) {
        double &total = sum.values[cell * width + v];
        const double value = values[cell * width_ + columns_[v]];
        switch (statistics_[v]) {
          case Statistic::mean:
            total += part * value;
            break;
          case Statistic::sum:
            total += share * value;
            break;
          case Statistic::minimum:
            total = first ? value : std::min(total, value);
            break;
          case Statistic::maximum:
            total = first ? value : std::max(total, value);
            break;
        }
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
  std::vector<double> result = sum.values;
  const auto given = static_cast<double>(sum.seconds);
  const auto whole = static_cast<double>(periods_.end(period) - periods_.begin(period));
  const size_t width = statistics_.size();
  for (size_t v = 0; v < width; ++v) {
    for (size_t i = v; i < result.size(); i += width) {
      if (statistics_[v] == Statistic::mean) result[i] /= given;
      if (statistics_[v] == Statistic::sum && whole != given) result[i] *= whole / given;
    }
  }
  return result;
}

void Accumulator::keep(int64_t first, int64_t last) noexcept {
  sums_.erase(sums_.begin(), sums_.lower_bound(first));
  sums_.erase(sums_.upper_bound(last), sums_.end());
}

}  // namespace landbc
