// The host's cells: as it orders them, and as the mesh does. Everything within the engine goes by slots, the
// host's cells in the mesh's order, so that no result depends on the host's order.
#pragma once

#include <cstdint>
#include <vector>

#include "mesh.h"

namespace landbc {

struct HostCells {
  std::vector<int64_t> id;        // as the host orders them
  std::vector<int64_t> slot;      // of each
  std::vector<int64_t> position;  // of each slot in the mesh, ascending

  int64_t count() const { return static_cast<int64_t>(id.size()); }
};

// CELLS if an id is unknown or repeated.
HostCells locate_cells(const Mesh &mesh, const std::vector<int64_t> &ids);

// The mesh position whose inputs serve each position of the mesh: its own where `given`, else the nearest
// given cell's (by the distance of centres, the lower id on a tie). CELLS if cells are absent and `nearest`
// is not set, or none is given.
std::vector<int64_t> stand_ins(const Mesh &mesh, const std::vector<uint8_t> &given, bool nearest);

}  // namespace landbc
