// Means, sums, minima and maxima over months, from intervals that do not divide them, against the same
// counted hour by hour.
#include <cmath>
#include <limits>

#include "accumulator.h"
#include "error.h"
#include "expect.h"

namespace {

// `values` (variable, cell), handed over cell by cell.
void take_in(landbc::Accumulator &accumulator, int64_t begin, int64_t end, const std::vector<double> &values,
             size_t cells) {
  accumulator.reserve(begin, end);
  accumulator.open(begin, end);
  for (size_t at = 0; at < values.size(); ++at)
    accumulator.add(at / cells, at % cells, 1, values.data() + at);
  accumulator.close();
}

}  // namespace

int main() {
  using landbc::Accumulator;
  using landbc::Calendar;
  using landbc::Periods;
  using landbc::Statistic;
  using landbc::Step;
  constexpr int64_t kHour = 3600;
  const Calendar calendar = Calendar::named("noleap");
  const Periods months(calendar, Step::month);
  // Of five variables all but the first.
  Accumulator accumulator(months, {Statistic::mean, Statistic::sum, Statistic::minimum, Statistic::maximum},
                          {1, 2, 3, 4}, 2);
  const int64_t january = months.first_of(2001);
  const int64_t begin = months.begin(january);
  const int64_t step = 37 * kHour;
  const int64_t count = (months.begin(january + 3) - begin) / step + 1;
  double mean[3] = {};
  double sum[3] = {};
  double low[3] = {1e9, 1e9, 1e9};
  double high[3] = {-1e9, -1e9, -1e9};
  for (int64_t i = 0; i < count; ++i) {
    const double value = std::sin(static_cast<double>(i)) + 0.1;
    const int64_t from = begin + i * step;
    take_in(accumulator, from, from + step,
            {-9.0, -9.0, value, 2 * value, value, 2 * value, value, 2 * value, value, 2 * value}, 2);
    for (int64_t hour = from; hour < from + step; hour += kHour) {
      const int64_t month = months.holding(hour) - january;
      if (month > 2) continue;
      mean[month] +=
          value / static_cast<double>((months.end(january + month) - months.begin(january + month)) / kHour);
      sum[month] += value / 37.0;
      low[month] = std::min(low[month], value);
      high[month] = std::max(high[month], value);
    }
  }
  for (int64_t month = 0; month < 3; ++month) {
    const auto result = accumulator.result(january + month);
    const double expected[] = {mean[month], sum[month], low[month], high[month]};
    for (size_t v = 0; v < 4; ++v) {
      expect(std::abs(result[v] - expected[v]) < 1e-12,
             "month " + std::to_string(month) + ", " + std::to_string(v));
      expect(std::abs(result[4 + v] - 2 * expected[v]) < 1e-12, "second cell");
    }
  }

  // The first period began late: a sum is that of the whole month at the rate so far, a mean is what was
  // given.
  Accumulator late(months, {Statistic::mean, Statistic::sum}, {0, 1}, 1);
  const int64_t from = months.begin(january) + 21 * landbc::kSecondsPerDay;
  take_in(late, from, months.end(january), {4.0, 5.0}, 1);
  expect_equal(late.result(january)[0], 4.0);
  expect(std::abs(late.result(january)[1] - 5.0 * 31 / 10) < 1e-12, "a late sum");

  late.keep(january + 1, std::numeric_limits<int64_t>::max());
  expect(late.sums().empty(), "nothing is forgotten");
  try {
    late.result(january);
    expect(false, "an empty period has a result");
  } catch (const landbc::Error &error) {
    expect_equal(error.status(), LANDBC_ERROR_INTERNAL);
  }
  return failures;
}
