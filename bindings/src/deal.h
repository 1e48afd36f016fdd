// How the tiles are dealt to ranks: those with land, row by row, in shares of equal work (every tile costs
// the same forward pass). A rank's tiles lie in a strip of rows; it holds the fields of that strip and its
// halo.
#pragma once

#include <cstdint>
#include <vector>

#include "bundle.h"

namespace landbc {

class Deal {
 public:
  // A core with land, as far as it lies in the extended window (rows and columns are counted in it).
  struct Core {
    int64_t row, col, rows, cols;
    int rank;
  };

  Deal(const Bundle &bundle, int64_t core, int ranks);

  // The strip that a rank holds: all columns.
  Window region(int rank) const;

  // In the order of tiles.
  const std::vector<Core> &cores() const { return cores_; }

  // The rank of the tile whose core holds a pixel of the extended window, -1 where it has no land.
  int owner(int64_t row, int64_t col) const;

  // The rank of the tile with the core that begins at a place of the global grid (columns counted on beyond
  // the dateline), -1 as above.
  int owner_of_core(int64_t global_row, int64_t global_col) const;

 private:
  Window extended_;
  int64_t core_, halo_;
  int64_t first_row_, first_col_, cols_;  // of the lattice
  std::vector<int> owner_;                // (lattice row, lattice column)
  std::vector<Core> cores_;
};

}  // namespace landbc
