// Where moments lie between the middles of months and dekads, and CTSM's weights (SatellitePhenologyMod,
// interpMonthlyVeg) written out for single days.
#include <cmath>

#include "expect.h"
#include "interpolation.h"

namespace {

using landbc::Between;
using landbc::Calendar;
using landbc::kSecondsPerDay;
using landbc::Periods;
using landbc::Step;

void expect_between(const Between &found, int64_t first, double weight) {
  expect_equal(found.first, first);
  expect_equal(found.second, first + 1);
  expect(std::abs(found.weight - weight) < 1e-14, "the weight is " + std::to_string(found.weight));
}

}  // namespace

int main() {
  const Calendar calendar = Calendar::named("standard");
  const Periods months(calendar, Step::month);
  const int64_t january = months.first_of(2012);
  const auto at = [&](int32_t month, int32_t day, int32_t hours) {
    return calendar.day_begin(2012, month, day) + int64_t{3600} * hours;
  };
  const auto between = [&](int64_t begin, int64_t end, landbc_interpolation kind) {
    return landbc::place_between(months, calendar, begin, end, kind);
  };
  const landbc_interpolation middle = LANDBC_INTERPOLATION_MID_STEP;
  // January's middle is noon of the 16th, that of a February of 29 days noon of the 15th: 30 days later.
  expect_between(between(at(1, 16, 12), 0, middle), january, 1.0);
  expect_between(between(at(1, 31, 12), 0, middle), january, 0.5);
  expect_between(between(at(2, 15, 6), 0, middle), january, 0.25 / 30);
  expect_between(between(at(2, 15, 12), 0, middle), january + 1, 1.0);
  // Across the turn of the year: from noon of 16 December to noon of 16 January.
  expect_between(between(at(1, 1, 0), 0, middle), january - 1, 15.5 / 31);

  const Periods dekads(calendar, Step::dekad);
  const int64_t first = dekads.first_of(2012);
  expect_between(landbc::place_between(dekads, calendar, at(1, 11, 0), 0, middle), first, 0.5);
  // The last dekad of January has eleven days: its middle is noon of the 26th, that of the next 00:00 on the
  // 6th.
  expect_between(landbc::place_between(dekads, calendar, at(1, 31, 18), 0, middle), first + 2, 5.25 / 10.5);

  const landbc_interpolation ctsm = LANDBC_INTERPOLATION_CTSM;
  const auto day = [&](int32_t month, int32_t number) {
    // An interval that ends within the day, whatever it begins with.
    return between(at(month, number, 0) - kSecondsPerDay, at(month, number, 12), ctsm);
  };
  expect_between(day(1, 1), january - 1, 0.5 - 0.5 / 31);
  expect_between(day(1, 16), january, 1.0);
  expect_between(day(2, 14), january, 0.5 - 13.5 / 28);
  expect_between(day(2, 15), january + 1, 1.5 - 14.5 / 28);
  expect_between(day(2, 29), january + 1, 1.5 - 28.5 / 28);
  expect_between(day(12, 31), january + 11, 1.5 - 30.5 / 31);
  return failures;
}
