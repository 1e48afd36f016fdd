// Conversions against the definitions of the units, and refusals where none is exact.
#include <cmath>

#include "error.h"
#include "expect.h"
#include "units.h"

namespace {

constexpr landbc::Span kSixHours{21600, false};
constexpr landbc::Span kMarch{31 * 86400, true};
constexpr landbc::Span kThirtyDays{30 * 86400, false};

void expect_value(double from, const char *unit, const char *card, double to,
                  const landbc::Span &span = kSixHours) {
  const double found = landbc::conversion("x", unit, card, span)(from);
  expect(std::abs(found - to) <= 4e-16 * std::abs(to),
         std::string(unit) + " -> " + card + ": " + std::to_string(found));
}

void expect_refused(const char *unit, const char *card, const std::string &words,
                    const landbc::Span &span = kSixHours) {
  try {
    landbc::conversion("x", unit, card, span);
    expect(false, std::string(unit) + " is taken for " + card);
  } catch (const landbc::Error &error) {
    expect_equal(error.status(), LANDBC_ERROR_FIELD_UNIT);
    expect(std::string(error.what()).find(words) != std::string::npos, error.what());
  }
}

}  // namespace

int main() {
  expect_value(10.0, "degC", "K", 283.15);
  expect_value(283.15, "K", "degree_Celsius", 283.15 - 273.15);
  expect_value(1.0, "mm/day", "kg m-2 s-1", 1.0 / 86400);
  expect_value(1.0, "kg/m2/s", "mm day-1", 86400.0);
  expect_value(3.6, "mm h^-1", "kg m-2 s-1", 0.001);
  expect_value(1013.25, "hPa", "Pa", 101325.0);
  expect_value(42.0, "%", "1", 0.42);
  expect_value(400.0, "ppm", "mol mol-1", 0.0004);
  expect_value(36.0, "km/h", "m s-1", 10.0);
  expect_value(8.64, "MJ m-2 d-1", "W m-2", 100.0);
  // An amount over the interval is a rate, and the other way round.
  expect_value(21.6, "mm", "kg m-2 s-1", 0.001);
  expect_value(0.0216, "m", "kg m-2 s-1", 0.001);
  expect_value(21600.0, "J m-2", "W m-2", 1.0);
  expect_value(0.001, "kg m-2 s-1", "mm", 21.6);
  expect_value(1.0, "mm day-1", "kg m-2", 0.25);
  // A month is as long as the interval, if that is one.
  expect_value(31.0, "mm month-1", "mm day-1", 1.0, kMarch);
  expect_value(31.0, "mm/month", "kg m-2", 31.0, kMarch);
  expect_refused("mm month-1", "kg m-2 s-1", "not one whole month", kThirtyDays);
  expect_refused("mm month-1", "kg m-2 s-1", "not one whole month");
  expect_refused("F", "K", "accepted are 'K', 'degC'");
  expect_refused("K", "kg m-2 s-1", "'mm day-1'");
  expect_refused("m s-1", "kg m-2 s-1", "cannot be converted");
  expect_refused("mm", "K", "cannot be converted");
  expect_refused("", "K", "cannot be converted");
  expect_refused("furlong", "league", "accepted are 'league'");
  expect_value(7.0, "furlong", "furlong", 7.0);
  expect_equal(landbc::plain_unit(" kg.m^-2 * s-1 "), "kg m-2 s-1");
  expect_equal(landbc::plain_unit("W/m2"), "W m-2");
  expect_equal(landbc::plain_unit("1e-6"), "1e-6");
  expect_equal(landbc::plain_unit("1"), "1");
  return failures;
}
