#include "tiles.h"

#include <algorithm>

namespace landbc {
namespace {

// The core of the n-th tile along an axis, cut to the extended window.
struct Cut {
  int64_t begin, length;
};

Cut cut_core(const Axis &axis, int64_t core_begin, int64_t core) {
  const int64_t begin = std::max(core_begin, axis.offset);
  const int64_t end = std::min(core_begin + core, axis.offset + axis.extent);
  return {begin, end - begin};
}

bool any_active(const Domain &domain, const Canvas &canvas, const Tile &tile) {
  const int64_t first_row = tile.core_row - canvas.rows.offset;
  const int64_t first_col = tile.core_col - canvas.cols.offset;
  for (int64_t row = first_row; row < first_row + tile.core_rows; ++row) {
    const auto begin = domain.active.begin() + row * domain.region.cols + first_col;
    if (std::any_of(begin, begin + tile.core_cols, [](uint8_t a) { return a != 0; })) return true;
  }
  return false;
}

}  // namespace

Tiling::Tiling(const Domain &domain, const Canvas &canvas, int64_t core, int64_t halo, const Mine &mine)
    : size_(core + 2 * halo) {
  // The canvas may reach further around the cores than these tiles do.
  const int64_t spare = canvas.margin - halo;
  const int64_t first_row = canvas.coarse_rows.begin * kCoarse;
  const int64_t first_col = canvas.coarse_cols.begin * kCoarse;
  const auto cell = [](int64_t pixel) { return pixel / kCoarse; };  // of pixels counted from a cell's first
  const int64_t row_shift = canvas.rows.begin - first_row;
  const int64_t col_shift = canvas.cols.begin - first_col;
  const int64_t first_cell = cell(row_shift + spare);
  for (int64_t i = 0; i < size_; ++i) coarse_index_.push_back(cell(row_shift + spare + i) - first_cell);
  coarse_size_ = coarse_index_.back() + 1;

  for (int64_t row = spare; row + size_ + spare <= canvas.rows.length; row += core) {
    const Cut rows = cut_core(canvas.rows, row + halo, core);
    for (int64_t col = spare; col + size_ + spare <= canvas.cols.length; col += core) {
      const Cut cols = cut_core(canvas.cols, col + halo, core);
      if (rows.length <= 0 || cols.length <= 0) continue;
      const Tile tile{row,        col,        cell(row_shift + row), cell(col_shift + col),
                      rows.begin, cols.begin, rows.length,           cols.length};
      if (!mine(canvas.rows.begin + row + halo, canvas.cols.begin + col + halo)) continue;
      if (any_active(domain, canvas, tile)) tiles_.push_back(tile);
    }
  }
}

}  // namespace landbc
