// Stem area of a year known by hand and of one without season; the last twelve months of months and of
// dekads.
#include "expect.h"
#include "leaf_year.h"
#include "stem_area.h"

namespace {

using landbc::LeafYear;
using landbc::MonthlyValues;
using landbc::stem_area;

void stem_area_is_that_of_a_calculation_by_hand() {
  MonthlyValues leaves{};
  leaves[5] = leaves[6] = leaves[7] = 4.0;  // June ... August; all fall in September
  const MonthlyValues stems = {0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 4.25, 2.125, 1.0625, 0.53125};
  expect(stem_area(leaves, 0.5, 0.5) == stems, "what falls, and half of what was there");
  const MonthlyValues crops = {0.05, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05, 4.0, 0.05, 0.05, 0.05};
  expect(stem_area(leaves, 0.0, 0.05) == crops, "nothing is kept of crops");
  MonthlyValues even{};
  even.fill(3.0);
  MonthlyValues least{};
  least.fill(0.5);
  expect(stem_area(even, 0.5, 0.5) == least, "nothing falls");
}

void december_is_januarys_past() {
  const MonthlyValues leaves = {1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9};
  const MonthlyValues stems = stem_area(leaves, 0.9, 0.1);
  expect(stems[0] == 0.9 * stems[11] + 8.0, "over the turn of the year");
  expect(stems[11] == 0.9 * stems[10], "and within it");
}

void months_take_their_places() {
  std::vector<double> mean_year(24);
  for (size_t i = 0; i < mean_year.size(); ++i) mean_year[i] = static_cast<double>(i);
  LeafYear year(mean_year, 12, 12 * 2000 + 3);
  expect_equal(year.month(), 2u);
  expect(year.months() == mean_year, "as it was given");
  year.add({12 * 2000 + 3, {5.0, 6.0}});
  expect_equal(year.month(), 3u);
  mean_year[6] = 5.0;
  mean_year[7] = 6.0;
  expect(year.months() == mean_year, "April is the run's");
}

void a_month_of_dekads_is_their_mean() {
  LeafYear year(std::vector<double>(12, 1.0), 36, 36 * 2000 + 1);  // begins on 11 January
  expect_equal(year.month(), 11u);
  year.add({36 * 2000 + 1, {2.0}});
  expect(year.months()[0] == 1.0 && year.month() == 11, "not finished");
  LeafYear other(std::vector<double>(12, 1.0), 36, 36 * 2000 + 2);
  other.go_on(year.months(), year.begun(), year.begun_steps());
  for (LeafYear *one : {&year, &other}) {
    one->add({36 * 2000 + 2, {3.0}});
    expect(one->months()[0] == 2.5 && one->month() == 0, "the mean of the two that there are");
    one->add({36 * 2000 + 3, {4.0}});
    expect(one->months()[1] == 1.0 && one->begun_steps() == 1, "February has begun");
  }
}

}  // namespace

int main() {
  stem_area_is_that_of_a_calculation_by_hand();
  december_is_januarys_past();
  months_take_their_places();
  a_month_of_dekads_is_their_mean();
  return failures;
}
