// Conversions between units that are exact by definition; everything else is refused. A millimetre of water
// is 1 kg m-2 by the convention of climate data (density 1000 kg m-3).
#pragma once

#include <cstdint>
#include <string>

namespace landbc {

struct Conversion {
  double multiplier = 1.0;
  double divisor = 1.0;
  double offset = 0.0;

  double operator()(double value) const { return value * multiplier / divisor + offset; }
};

// What turns amounts into rates and back: the length of the coupling interval, and whether it is one whole
// month of the calendar.
struct Span {
  int64_t seconds = 0;
  bool whole_month = false;

  bool operator==(const Span &) const = default;
};

// From the host's unit to the card's. FIELD_UNIT, listing what is accepted for `field`.
Conversion conversion(const std::string &field, const std::string &from, const std::string &to,
                      const Span &span);

// The same unit in the way this library writes it: "mm/day" and "mm d^-1" are "mm day-1".
std::string plain_unit(const std::string &unit);

}  // namespace landbc
