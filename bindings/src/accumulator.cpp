#include "accumulator.h"

#include <algorithm>

#include "error.h"

namespace landbc {

void Accumulator::reserve(const Calendar &calendar, int64_t begin, int64_t end) {
  for (int32_t year = calendar.date(begin).year; calendar.year_begin(year) < end; ++year) {
    Sum &sum = years_[year];
    if (sum.weighted.empty()) sum.weighted.assign(values_, 0.0);
  }
}

void Accumulator::add(const Calendar &calendar, int64_t begin, int64_t end,
                      const std::vector<double> &values) noexcept {
  for (auto &[year, sum] : years_) {
    const int64_t from = std::max(begin, calendar.year_begin(year));
    const int64_t to = std::min(end, calendar.year_begin(year + 1));
    if (from >= to) continue;
    const auto weight = static_cast<double>(to - from);
    for (size_t i = 0; i < values_; ++i) sum.weighted[i] += weight * values[i];
    sum.seconds += to - from;
  }
}

std::vector<double> Accumulator::mean(int32_t year) const {
  const auto found = years_.find(year);
  if (found == years_.end() || found->second.seconds == 0)
    fail(LANDBC_ERROR_INTERNAL, "no inputs were accumulated in year ", year);
  std::vector<double> means = found->second.weighted;
  for (double &value : means) value /= static_cast<double>(found->second.seconds);
  return means;
}

void Accumulator::drop_before(int32_t year) noexcept {
  years_.erase(years_.begin(), years_.lower_bound(year));
}

}  // namespace landbc
