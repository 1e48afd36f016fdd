#include "periods.h"

#include <algorithm>

namespace landbc {

int64_t Periods::holding(int64_t seconds) const {
  const landbc_date date = calendar_.date(seconds);
  const int64_t month = date.month - 1;
  switch (step_) {
    case Step::year:
      return date.year;
    case Step::month:
      return int64_t{12} * date.year + month;
    case Step::dekad:
      break;
  }
  return int64_t{36} * date.year + 3 * month + std::min((date.day - 1) / 10, 2);
}

int64_t Periods::begin(int64_t period) const {
  const int64_t year = period / per_year();
  const auto within = static_cast<int32_t>(period % per_year());
  switch (step_) {
    case Step::year:
      return calendar_.day_begin(year, 1, 1);
    case Step::month:
      return calendar_.day_begin(year, within + 1, 1);
    case Step::dekad:
      break;
  }
  return calendar_.day_begin(year, within / 3 + 1, 1 + 10 * (within % 3));
}

}  // namespace landbc
