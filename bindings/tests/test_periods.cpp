// Years, months and dekads: each moment lies in the period that its date says, and periods follow each other.
#include "expect.h"
#include "periods.h"

int main() {
  using landbc::Calendar;
  using landbc::Periods;
  using landbc::Step;
  for (const char *name : {"standard", "proleptic_gregorian", "noleap", "360_day"}) {
    const Calendar calendar = Calendar::named(name);
    for (const Step step : {Step::year, Step::month, Step::dekad}) {
      const Periods periods(calendar, step);
      const int64_t last = periods.holding(calendar.year_begin(1600));
      int64_t period = periods.holding(calendar.year_begin(1580));
      expect_equal(period, periods.first_of(1580));
      for (; period < last; ++period) {
        const int64_t begin = periods.begin(period);
        const int64_t end = periods.end(period);
        if (end == begin) continue;  // the dekad that the reform of 1582 swallowed
        const bool found = periods.holding(begin) == period && periods.holding(end - 1) == period;
        expect(end > begin && found, std::string(name) + " period " + std::to_string(period));
      }
    }
  }
  const Calendar calendar = Calendar::named("standard");
  const Periods dekads(calendar, Step::dekad);
  const auto days = [&](const landbc_date &date) {
    const int64_t period = dekads.holding(calendar.seconds(date));
    return (dekads.end(period) - dekads.begin(period)) / landbc::kSecondsPerDay;
  };
  expect_equal(days({2012, 2, 1, 0}), 10);
  expect_equal(days({2012, 2, 20, 86399}), 10);
  expect_equal(days({2012, 2, 21, 0}), 9);
  expect_equal(days({2013, 2, 28, 0}), 8);
  expect_equal(days({2013, 1, 31, 0}), 11);
  expect(calendar.whole_month(calendar.seconds({2012, 2, 1, 0}), calendar.seconds({2012, 3, 1, 0})),
         "February");
  expect(calendar.whole_month(calendar.seconds({2012, 12, 1, 0}), calendar.seconds({2013, 1, 1, 0})),
         "December");
  expect(!calendar.whole_month(calendar.seconds({2012, 2, 1, 0}), calendar.seconds({2012, 2, 29, 0})),
         "28 days");
  expect(!calendar.whole_month(calendar.seconds({2012, 2, 2, 0}), calendar.seconds({2012, 3, 2, 0})),
         "29 days");
  return failures;
}
