// The host's native mesh (mesh.nc): its cells, and the areas that cells and pixels share. One set of areas
// serves both ways, so that what goes from the mesh to 1 km and back is conserved by construction.
#pragma once

#include <cstdint>
#include <vector>

#include "bundle.h"
#include "overlap.h"

namespace landbc {

struct Mesh {
  std::vector<int64_t> cell_id;            // ascending
  std::vector<double> cell_area;           // m2
  std::vector<double> cell_lon, cell_lat;  // centres, degrees
  std::vector<int32_t> overlap_pixel;      // index in the extended window; ascending, then by cell
  std::vector<int32_t> overlap_cell;
  std::vector<double> overlap_area;  // m2

  int64_t cells() const { return static_cast<int64_t>(cell_id.size()); }
  // Views of the overlaps with an extended window of so many pixels.
  Overlaps overlaps(int64_t pixels) const {
    return {overlap_pixel.data(),
            overlap_cell.data(),
            overlap_area.data(),
            static_cast<int64_t>(overlap_area.size()),
            pixels,
            cells()};
  }
};

// BUNDLE if ids or overlaps are out of order or range, or a pixel is not covered.
Mesh read_mesh(const Bundle &bundle);

// The overlaps of some cells only, given by ascending position; they are numbered anew in that order.
Mesh cells_of(const Mesh &mesh, const std::vector<int64_t> &positions);

}  // namespace landbc
