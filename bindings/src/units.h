// Conversions between units that are exact by definition; everything else is refused.
#pragma once

#include <string>

namespace landbc {

struct Conversion {
  double divisor = 1.0;
  double offset = 0.0;

  double operator()(double value) const { return value / divisor + offset; }
};

// From the host's unit to the card's. FIELD_UNIT, listing what is accepted for `field`.
Conversion conversion(const std::string &field, const std::string &from, const std::string &to);

}  // namespace landbc
