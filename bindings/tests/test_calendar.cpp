// Dates and seconds against known intervals, and there and back for every day of some centuries.
#include "calendar.h"
#include "error.h"
#include "expect.h"

namespace {

using landbc::Calendar;

int64_t days_between(const char *calendar, const landbc_date &from, const landbc_date &to) {
  const Calendar c = Calendar::named(calendar);
  return (c.seconds(to) - c.seconds(from)) / landbc::kSecondsPerDay;
}

void expect_refused(const char *calendar, const landbc_date &date) {
  try {
    Calendar::named(calendar).seconds(date);
    expect(false, std::string(calendar) + " takes " + landbc::iso(date));
  } catch (const landbc::Error &error) {
    expect_equal(error.status(), LANDBC_ERROR_TIME);
  }
}

}  // namespace

int main() {
  // The Gregorian reform left out ten days; the Julian day of 1 January 2000 is 2451545, of 1 January 1 is
  // 1721424.
  expect_equal(days_between("standard", {1582, 10, 4, 0}, {1582, 10, 15, 0}), 1);
  expect_equal(days_between("standard", {1, 1, 1, 0}, {2000, 1, 1, 0}), 2451545 - 1721424);
  expect_equal(days_between("proleptic_gregorian", {1582, 10, 4, 0}, {1582, 10, 15, 0}), 11);
  expect_equal(days_between("proleptic_gregorian", {1, 1, 1, 0}, {2000, 1, 1, 0}), 730119);
  expect_equal(days_between("standard", {1970, 1, 1, 0}, {2026, 11, 23, 0}), 20780);
  expect_equal(days_between("standard", {1900, 2, 28, 0}, {1900, 3, 1, 0}), 1);
  expect_equal(days_between("standard", {1500, 2, 28, 0}, {1500, 3, 1, 0}), 2);
  expect_equal(days_between("standard", {2000, 2, 28, 0}, {2000, 3, 1, 0}), 2);
  expect_equal(days_between("noleap", {850, 1, 1, 0}, {2100, 1, 1, 0}), 1250 * 365);
  expect_equal(days_between("360_day", {850, 1, 1, 0}, {2100, 1, 1, 0}), 1250 * 360);
  expect_equal(days_between("noleap", {2012, 2, 28, 0}, {2012, 3, 1, 0}), 1);
  expect_equal(days_between("360_day", {2012, 2, 30, 0}, {2012, 3, 1, 0}), 1);

  expect_refused("standard", {2009, 2, 29, 0});
  expect_refused("standard", {1582, 10, 10, 0});
  expect_refused("noleap", {2012, 2, 29, 0});
  expect_refused("360_day", {2012, 1, 31, 0});
  expect_refused("standard", {2012, 13, 1, 0});
  expect_refused("standard", {2012, 0, 1, 0});
  expect_refused("standard", {2012, 1, 0, 0});
  expect_refused("standard", {2012, 1, 1, 86400});
  expect_refused("standard", {2012, 1, 1, -1});
  expect_refused("standard", {10000, 1, 1, 0});

  for (const char *name : {"standard", "proleptic_gregorian", "noleap", "360_day"}) {
    const Calendar calendar = Calendar::named(name);
    landbc_date before{};
    for (int64_t day = calendar.year_begin(1400); day < calendar.year_begin(2101);
         day += landbc::kSecondsPerDay) {
      const landbc_date date = calendar.date(day + 86399);
      if (!calendar.exists(date) || calendar.seconds(date) != day + 86399) {
        expect(false, std::string(name) + " does not come back from " + landbc::iso(date));
        break;
      }
      const bool later = date.year > before.year || date.month > before.month || date.day > before.day;
      if (!later) expect(false, std::string(name) + " does not go on at " + landbc::iso(date));
      before = date;
    }
    expect_equal(before.year, 2100);
  }
  return failures;
}
