// Passes over a field of the host: is every value usable and possible; and its values, converted, by slot.
#pragma once

#include <cstdint>

#include "landbc.h"
#include "units.h"

namespace landbc {

// Numbers that are handled at a time: they stay in the nearest cache.
constexpr int64_t kChunk = 512;

// Whether every value is finite, before and after the conversion, and within low ... high. Reads only.
bool all_sound(const landbc_field &field, int64_t cells, const Conversion &convert, double low, double high);

// What was found where not all are.
struct Passed {
  int64_t unusable = 0;         // NaN or infinite, before or after the conversion
  int64_t first_unusable = -1;  // the host's number of the first such cell
  int64_t outside = 0;          // beyond low ... high
};

// Puts the values down, slot s at `values[s]`; `slot` says the slot of each of the host's cells, null where
// they are in order already. Unusable values are put down as NaN.
Passed pass_over(const landbc_field &field, int64_t cells, const Conversion &convert, double low, double high,
                 const int64_t *slot, double *values);

// Sound values of the slots first ... first + count - 1: where they stand already, or put down in `room`.
// `cell` says the host's cell of each slot, null where they are in order already.
const double *converted(const landbc_field &field, const Conversion &convert, const int64_t *cell,
                        int64_t first, int64_t count, double *room);

}  // namespace landbc
