#include "accumulator.h"

#include <algorithm>

#include "error.h"
#include "wide.h"

namespace landbc {
namespace {

LANDBC_WIDE void add_weighted(double *totals, const double *values, double weight, size_t count) {
  for (size_t i = 0; i < count; ++i) totals[i] += weight * values[i];
}

}  // namespace

void Accumulator::reserve(int64_t begin, int64_t end) {
  for (int64_t period = periods_.holding(begin); periods_.begin(period) < end; ++period) {
    Sum &sum = sums_[period];
    if (sum.values.empty()) sum.values.assign(cells_ * statistics_.size(), 0.0);
  }
  if (parts_.capacity() < sums_.size()) parts_.reserve(sums_.size());
}

void Accumulator::open(int64_t begin, int64_t end) noexcept {
  parts_.clear();
  for (auto &[period, sum] : sums_) {
    const int64_t from = std::max(begin, periods_.begin(period));
    const int64_t to = std::min(end, periods_.end(period));
    if (from >= to) continue;
    parts_.push_back({&sum, to - from, static_cast<double>(to - from) / static_cast<double>(end - begin)});
  }
}

void Accumulator::add(size_t column, size_t first, size_t count, const double *values) noexcept {
  for (size_t v = 0; v < columns_.size(); ++v) {
    if (columns_[v] != column) continue;
    for (const Part &part : parts_) {
      double *const totals = part.sum->values.data() + v * cells_ + first;
      switch (statistics_[v]) {
        case Statistic::mean:
          add_weighted(totals, values, static_cast<double>(part.seconds), count);
          break;
        case Statistic::sum:
          add_weighted(totals, values, part.share, count);
          break;
        case Statistic::minimum:
          if (part.sum->seconds == 0)
            std::copy_n(values, count, totals);
          else
            for (size_t i = 0; i < count; ++i) totals[i] = std::min(totals[i], values[i]);
          break;
        case Statistic::maximum:
          if (part.sum->seconds == 0)
            std::copy_n(values, count, totals);
          else
            for (size_t i = 0; i < count; ++i) totals[i] = std::max(totals[i], values[i]);
          break;
      }
    }
  }
}

void Accumulator::close() noexcept {
  for (const Part &part : parts_) part.sum->seconds += part.seconds;
  parts_.clear();
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
