#include "interpolation.h"

#include <array>

namespace landbc {
namespace {

constexpr std::array<int32_t, 12> kDaysOfMonth = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

}  // namespace

Between place_between(const Periods &periods, const Calendar &calendar, int64_t begin, int64_t end,
                      landbc_interpolation kind) {
  if (kind == LANDBC_INTERPOLATION_CTSM) {
    const landbc_date date = calendar.date(end);
    const double t = (date.day - 0.5) / kDaysOfMonth[static_cast<size_t>(date.month - 1)];
    const auto it = static_cast<int64_t>(t + 0.5);
    const int64_t first = periods.holding(end) + it - 1;
    return {first, first + 1, (static_cast<double>(it) + 0.5) - t};
  }
  const auto middle = [&](int64_t period) {
    return periods.begin(period) + (periods.end(period) - periods.begin(period)) / 2;
  };
  const int64_t now = periods.holding(begin);
  const int64_t first = begin < middle(now) ? now - 1 : now;
  const auto length = static_cast<double>(middle(first + 1) - middle(first));
  return {first, first + 1, static_cast<double>(middle(first + 1) - begin) / length};
}

}  // namespace landbc
