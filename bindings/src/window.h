// Rectangles of the global 1 km grid (18000 x 36000 pixels of 0.01 degree, row 0 at 90 N, column 0 at 180 W),
// aligned to the 0.25 degree grid. The last column may lie beyond the dateline.
#pragma once

#include <algorithm>
#include <cstdint>

namespace landbc {

constexpr int64_t kGlobalRows = 18000;
constexpr int64_t kGlobalCols = 36000;
constexpr int64_t kCoarse = 25;  // pixels along a 0.25 degree cell

struct Window {
  int64_t row = 0;
  int64_t col = 0;
  int64_t rows = 0;
  int64_t cols = 0;

  bool valid() const {
    const bool aligned =
        row % kCoarse == 0 && col % kCoarse == 0 && rows % kCoarse == 0 && cols % kCoarse == 0;
    return aligned && row >= 0 && rows > 0 && row <= kGlobalRows && rows <= kGlobalRows - row && col >= 0 &&
           col < kGlobalCols && cols > 0 && cols <= kGlobalCols;
  }

  int64_t pixels() const { return rows * cols; }

  // Every column of the globe: the western and the eastern edge are neighbours.
  bool periodic() const { return cols == kGlobalCols; }

  // With `margin` pixels on each side: clipped at the poles, wrapped in longitude.
  Window extended(int64_t margin) const {
    const int64_t first = std::max<int64_t>(row - margin, 0);
    const int64_t last = std::min(row + rows + margin, kGlobalRows);
    const int64_t wide = std::min(cols + 2 * margin, kGlobalCols);
    const int64_t west = periodic() ? col : (col - margin + kGlobalCols) % kGlobalCols;
    return {first, west, last - first, wide};
  }

  // Position of another window's first column, counted from this one's.
  int64_t column_offset(const Window &inner) const { return (inner.col - col + kGlobalCols) % kGlobalCols; }
};

}  // namespace landbc
