// How much of each pixel a polygon covers: its edges are cut at the grid's meridians and parallels, and the
// pieces summed as clip.h says.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "outline.h"

namespace landbc {

// Coverage of one polygon over the part of the window that its bounding box meets.
class Coverage {
 public:
  void reset(int64_t column, int64_t width, int64_t row, int64_t rows);

  // Shades whole columns.
  void add_everywhere();

  void add(const Edge &edge);

  // The fractions of row `row`, to be called from the southernmost row to the northernmost.
  void fractions(int64_t row, double *out);

 private:
  void walk(const Edge &edge, double x0, double y0, double x1, double y1);
  void cross_rows(const Edge &edge, int64_t i, double column, double xa, double ya, double xb, double yb);
  void add_piece(const Edge &edge, int64_t row, int64_t i, double column, double x0, double y0, double x1,
                 double y1);

  int64_t column_ = 0, width_ = 0, row_ = 0, rows_ = 0;
  std::vector<double> below_, shade_, inside_;
};

}  // namespace landbc
