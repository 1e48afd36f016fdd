// Where a moment lies between the middles of two steps of a series, so that a host gets a value at every
// coupling interval that does not jump from month to month.
#pragma once

#include <cstdint>

#include "landbc.h"
#include "periods.h"

namespace landbc {

// Two steps that follow each other, and the weight of the first; that of the second is 1 - weight.
struct Between {
  int64_t first, second;
  double weight;
};

// mid_step: the middles of the calendar's own steps on both sides of `begin`. ctsm: as CTSM's
// SatellitePhenologyMod (subroutine interpMonthlyVeg): by the day of the month that holds `end`, as a whole
// day, in a month of 31, 28, 31 ... days whatever the calendar (on 29 February it extrapolates).
Between place_between(const Periods &periods, const Calendar &calendar, int64_t begin, int64_t end,
                      landbc_interpolation kind);

}  // namespace landbc
