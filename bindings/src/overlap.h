// What the two directions of the overlap areas are built from: each overlap of a mesh cell with a pixel, by
// pixel, then by cell.
#pragma once

#include <cstdint>

namespace landbc {

// Pixels ascend; indices lie within `pixels` and `cells`; areas (m2) are positive. Not owned.
struct Overlaps {
  const int32_t *pixel;
  const int32_t *cell;
  const double *area;
  int64_t count;
  int64_t pixels;
  int64_t cells;
};

}  // namespace landbc
