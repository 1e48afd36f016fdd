// Tiles of the global lattice: cores of a multiple of 400 pixels counted from 90 N, 180 W, and a halo around each. Where a tile reaches beyond
// the extended window, every field is continued from the window's edge and the state is unknown. That is a function of the global
// position alone, so that the choice of the core cannot change a result.
#pragma once

#include <cstdint>
#include <vector>

#include "domain.h"

namespace landbc {

// A run of a tile's rows (or columns) that comes from consecutive ones of the extended window, or repeats its edge.
struct Segment {
  int64_t destination;
  int64_t source;
  int64_t length;
  bool outside;  // repeats `source`
};

using Segments = std::vector<Segment>;

struct Tile {
  Segments rows, cols;                // of the 1 km fields
  Segments coarse_rows, coarse_cols;  // of the 0.25 degree block
  int64_t first_row, last_row;        // the core within the extended window: rows first_row ... last_row - 1
  int64_t first_col, last_col;
  int64_t core_row, core_col;         // where that part of the core begins within the tile
};

class Tiling {
 public:
  // Only tiles whose core holds an active pixel are kept, row by row.
  Tiling(const Domain &domain, int64_t core, int64_t halo);

  const std::vector<Tile> &tiles() const { return tiles_; }
  int64_t size() const { return size_; }                // pixels along a tile
  int64_t coarse_size() const { return coarse_size_; }  // 0.25 degree cells along its block
  // The block's row (column) of each tile row (column): the same for every tile, for cores are multiples of 25.
  const std::vector<int64_t> &coarse_index() const { return coarse_index_; }

 private:
  std::vector<Tile> tiles_;
  int64_t size_;
  int64_t coarse_size_;
  std::vector<int64_t> coarse_index_;
};

}  // namespace landbc
