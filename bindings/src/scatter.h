// Pixels -> mesh: sums over the pixels of each cell, weighted by the area that they share. Pixels beside each
// other in a cell that share the same area with it are kept as one run; their values are added, then
// weighted. Runs follow each other as the pixels lie in memory, and the sums of cells are compensated (Kahan
// 1965, Commun. ACM 8, 40), so that cells of millions of pixels lose no digits.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "overlap.h"

namespace landbc {

// Adds a term to a sum of many, with the digits lost before, and keeps those lost now.
inline void add_term(double term, double &sum, double &lost) {
  const double wanted = term + lost;
  const double after = sum + wanted;
  lost = wanted - (after - sum);
  sum = after;
}

class Scatter {
 public:
  explicit Scatter(const Overlaps &overlaps);

  int64_t pixels() const { return pixels_; }
  int64_t cells() const { return cells_; }

  // out[cell, v] = sum of area * values[pixel, v]; `values` is (pixel, width).
  template <class In>
  void apply(const In *values, int64_t width, double *out) const {
    const auto size = static_cast<std::size_t>(cells_ * width);
    std::fill_n(out, size, 0.0);
    std::vector<double> lost(size, 0.0);
    for (const Run &run : runs_) {
      const In *const from = values + run.pixel * width;
      double *const sum = out + run.cell * width;
      double *const rest = lost.data() + run.cell * width;
      int64_t v = 0;
      for (; v + 16 <= width; v += 16) add<16>(run, from + v, width, sum + v, rest + v);
      for (; v + 4 <= width; v += 4) add<4>(run, from + v, width, sum + v, rest + v);
      for (; v < width; ++v) add<1>(run, from + v, width, sum + v, rest + v);
    }
    for (std::size_t i = 0; i < size; ++i) out[i] += lost[i];
  }

 private:
  struct Run {
    int32_t pixel;
    int32_t length;
    int32_t cell;
    double area;  // of each pixel
  };
  // Adding so many values loses no digits that matter.
  static constexpr int32_t kLongest = 32;

  // W fields side by side: one look at a run serves them all.
  template <int64_t W, class In>
  static void add(const Run &run, const In *from, int64_t width, double *sum, double *lost) {
    double total[W] = {};
    for (int32_t i = 0; i < run.length; ++i, from += width) {
      for (int64_t v = 0; v < W; ++v) total[v] += static_cast<double>(from[v]);
    }
    for (int64_t v = 0; v < W; ++v) add_term(run.area * total[v], sum[v], lost[v]);
  }

  int64_t pixels_, cells_;
  std::vector<Run> runs_;
};

}  // namespace landbc
