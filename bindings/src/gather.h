// Mesh -> pixels: each pixel's mean of the cells that it shares, weighted by their areas in it. Most pixels
// lie in one cell, and of these only that cell's number is kept; the others have rows of cells and weights. A
// pixel's terms are summed in the order of its cells, in double precision, so that the result depends neither
// on the number of threads nor on the host's order of cells. The engine and the Python module share it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "overlap.h"

namespace landbc {

class Gather {
 public:
  static constexpr int32_t kNoCell = std::numeric_limits<int32_t>::min();

  explicit Gather(const Overlaps &overlaps);

  int64_t pixels() const { return static_cast<int64_t>(owner_.size()); }

  // out[pixel - first, v] for pixels first ... last - 1, from `values` (cell, width) and the same in Out
  // (`rounded`). NaN where no cell is.
  template <class In, class Out>
  void apply(const In *values, const Out *rounded, int64_t width, int64_t first, int64_t last,
             Out *out) const {
    const Fields<In, Out> fields{values, rounded, width};
    for (int64_t pixel = first; pixel < last; pixel += kTogether) {
      some_pixels(fields, pixel, std::min(pixel + kTogether, last), out + (pixel - first) * width);
    }
  }

  // The cell that holds the whole pixel, else -1 - its row among the shared pixels, else kNoCell.
  const std::vector<int32_t> &owner() const { return owner_; }
  // Shared pixels: row r has entries start[r] ... start[r + 1] - 1; the weights of a row sum to one.
  const std::vector<int64_t> &start() const { return start_; }
  const std::vector<int32_t> &cell() const { return cell_; }
  const std::vector<double> &weight() const { return weight_; }

 private:
  template <class In, class Out>
  struct Fields {
    const In *values;
    const Out *rounded;
    int64_t width;
  };

  // Pixels whose results stay in the nearest cache until all their fields are there.
  static constexpr int64_t kTogether = 32;

  template <class In, class Out>
  void some_pixels(const Fields<In, Out> &fields, int64_t first, int64_t last, Out *to) const {
    int64_t v = 0;
    for (; v + 16 <= fields.width; v += 16) put<16>(fields, v, first, last, to);
    if (v + 8 <= fields.width) {
      put<8>(fields, v, first, last, to);
      v += 8;
    }
    for (; v + 4 <= fields.width; v += 4) put<4>(fields, v, first, last, to);
    if (v + 3 == fields.width) return put<3>(fields, v, first, last, to);
    if (v + 2 == fields.width) return put<2>(fields, v, first, last, to);
    if (v + 1 == fields.width) return put<1>(fields, v, first, last, to);
  }

  // W fields side by side, from field v on: one look at a pixel's cells serves them all.
  template <int64_t W, class In, class Out>
  void put(const Fields<In, Out> &fields, int64_t v, int64_t first, int64_t last, Out *to) const {
    to += v;
    for (int64_t pixel = first; pixel < last; ++pixel, to += fields.width) {
      const int32_t owner = owner_[static_cast<std::size_t>(pixel)];
      if (owner >= 0) {
        std::copy_n(fields.rounded + owner * fields.width + v, W, to);
      } else if (owner == kNoCell) {
        std::fill_n(to, W, std::numeric_limits<Out>::quiet_NaN());
      } else {
        share<W>(fields, v, -1 - static_cast<int64_t>(owner), to);
      }
    }
  }

  template <int64_t W, class In, class Out>
  void share(const Fields<In, Out> &fields, int64_t v, int64_t row, Out *to) const {
    double sum[W] = {};
    const auto end = static_cast<std::size_t>(start_[static_cast<std::size_t>(row) + 1]);
    for (auto k = static_cast<std::size_t>(start_[static_cast<std::size_t>(row)]); k < end; ++k) {
      const In *const from = fields.values + cell_[k] * fields.width + v;
      for (int64_t i = 0; i < W; ++i) sum[i] += weight_[k] * static_cast<double>(from[i]);
    }
    for (int64_t i = 0; i < W; ++i) to[i] = static_cast<Out>(sum[i]);
  }

  std::vector<int32_t> owner_;
  std::vector<int64_t> start_;
  std::vector<int32_t> cell_;
  std::vector<double> weight_;
};

}  // namespace landbc
