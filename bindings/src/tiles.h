// Tiles of the global lattice: cores of a multiple of 400 pixels counted from 90 N, 180 W, and a halo around
// each.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "canvas.h"
#include "domain.h"

namespace landbc {

// Where a tile lies on the canvas.
struct Tile {
  int64_t row, col;                                  // of the tile's first pixel
  int64_t coarse_row, coarse_col;                    // of its 0.25 degree block's first cell
  int64_t core_row, core_col, core_rows, core_cols;  // its core, as far as that lies in the extended window
};

class Tiling {
 public:
  // Tells of a tile, by where its core begins on the global grid, whether it is this process's.
  using Mine = std::function<bool(int64_t, int64_t)>;

  // Only tiles of this process whose core holds an active pixel are kept, row by row.
  Tiling(const Domain &domain, const Canvas &canvas, int64_t core, int64_t halo, const Mine &mine);

  const std::vector<Tile> &tiles() const { return tiles_; }
  int64_t size() const { return size_; }                // pixels along a tile
  int64_t coarse_size() const { return coarse_size_; }  // 0.25 degree cells along its block
  // The block's row (column) of each tile row (column): the same for every tile, for cores are multiples
  // of 25.
  const std::vector<int64_t> &coarse_index() const { return coarse_index_; }

 private:
  std::vector<Tile> tiles_;
  int64_t size_;
  int64_t coarse_size_;
  std::vector<int64_t> coarse_index_;
};

}  // namespace landbc
