#include "tiles.h"

#include <algorithm>

namespace landbc {
namespace {

int64_t floor_divide(int64_t a, int64_t b) { return a >= 0 ? a / b : -((-a + b - 1) / b); }

// Rows (or columns) `begin` ... `begin + length - 1`, counted from the extended window's first, of which there are `extent`.
Segments segments(int64_t begin, int64_t length, int64_t extent, bool periodic) {
  Segments result;
  for (int64_t i = 0; i < length; ++i) {
    int64_t source = begin + i;
    bool outside = false;
    if (periodic) {
      source = (source % extent + extent) % extent;
    } else if (source < 0 || source >= extent) {
      outside = true;
      source = source < 0 ? 0 : extent - 1;
    }
    if (!result.empty() && result.back().outside == outside) {
      Segment &last = result.back();
      if (source == (outside ? last.source : last.source + last.length)) {
        ++last.length;
        continue;
      }
    }
    result.push_back({i, source, 1, outside});
  }
  return result;
}

bool any_active(const Domain &domain, const Tile &tile) {
  for (int64_t row = tile.first_row; row < tile.last_row; ++row) {
    const auto begin = domain.active.begin() + row * domain.extended.cols;
    if (std::any_of(begin + tile.first_col, begin + tile.last_col, [](uint8_t a) { return a != 0; })) return true;
  }
  return false;
}

}  // namespace

Tiling::Tiling(const Domain &domain, int64_t core, int64_t halo) : size_(core + 2 * halo) {
  const Window &w = domain.extended;
  const int64_t coarse_begin = floor_divide(-halo, kCoarse);
  for (int64_t i = 0; i < size_; ++i) coarse_index_.push_back(floor_divide(i - halo, kCoarse) - coarse_begin);
  coarse_size_ = coarse_index_.back() + 1;

  // Columns are counted on beyond the dateline; the lattice goes on with them, for 36000 is a multiple of 16 and 25.
  for (int64_t row = w.row / core * core; row < w.row + w.rows; row += core) {
    for (int64_t col = w.col / core * core; col < w.col + w.cols; col += core) {
      Tile tile;
      tile.rows = segments(row - halo - w.row, size_, w.rows, false);
      tile.cols = segments(col - halo - w.col, size_, w.cols, w.periodic());
      tile.coarse_rows = segments(row / kCoarse + coarse_begin - w.row / kCoarse, coarse_size_, w.rows / kCoarse, false);
      tile.coarse_cols = segments(col / kCoarse + coarse_begin - w.col / kCoarse, coarse_size_, w.cols / kCoarse, w.periodic());
      tile.first_row = std::max<int64_t>(row - w.row, 0);
      tile.first_col = std::max<int64_t>(col - w.col, 0);
      tile.last_row = std::min(row + core - w.row, w.rows);
      tile.last_col = std::min(col + core - w.col, w.cols);
      tile.core_row = halo + tile.first_row - (row - w.row);
      tile.core_col = halo + tile.first_col - (col - w.col);
      if (any_active(domain, tile)) tiles_.push_back(std::move(tile));
    }
  }
}

}  // namespace landbc
