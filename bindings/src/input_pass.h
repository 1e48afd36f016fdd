// One pass over a field of the host: converted, checked, and put in the order of slots.
#pragma once

#include <cstdint>
#include <vector>

#include "landbc.h"
#include "units.h"

namespace landbc {

// Where the values go: slot s at `values[s]`; `slot` says the slot of each of the host's cells, null where
// they are in order already.
struct Destination {
  const int64_t *slot;
  double *values;
};

// What was found on the way.
struct Passed {
  int64_t unusable = 0;         // NaN or infinite, before or after the conversion
  int64_t first_unusable = -1;  // the host's number of the first such cell
  int64_t outside = 0;          // beyond low ... high
};

// Unusable values are put down as NaN.
Passed pass_over(const landbc_field &field, int64_t cells, const Conversion &convert, double low, double high,
                 const Destination &to);

}  // namespace landbc
