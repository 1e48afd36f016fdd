// Mesh -> pixels: each pixel's mean of the cells that it shares, weighted by their areas in it. Most pixels
// lie in one cell, and of these only that cell's number is kept; the others have rows of cells and weights,
// of which pixels beside each other that share alike (along a cell's edge) have one. A pixel's terms are
// summed in the order of its cells, in double precision, so that the result depends neither on the number of
// threads nor on the host's order of cells. The engine and the Python module share it.
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

  int64_t pixels() const { return pixels_; }
  std::size_t bytes() const;

  // out[pixel - first, v] for pixels first ... last - 1, from `values` (cell, width) and the same in Out
  // (`rounded`). NaN where no cell is.
  template <class In, class Out>
  void apply(const In *values, const Out *rounded, int64_t width, int64_t first, int64_t last,
             Out *out) const {
    const Fields<In, Out> fields{values, rounded, width};
    int32_t owners[kTogether];
    std::size_t run = first < last ? run_at(first) : 0;
    for (int64_t pixel = first; pixel < last; pixel += kTogether) {
      const int64_t end = std::min(pixel + kTogether, last);
      for (int64_t at = pixel; at < end;) {
        while (run_begin_[run + 1] <= at) ++run;
        const int64_t until = std::min<int64_t>(run_begin_[run + 1], end);
        std::fill(owners + (at - pixel), owners + (until - pixel), run_owner_[run]);
        at = until;
      }
      some_pixels(fields, owners, end - pixel, out + (pixel - first) * width);
    }
  }

  // The cell that holds the whole pixel, else -1 - its row among the shared pixels, else kNoCell; for runs of
  // pixels, run r from begin[r] to begin[r + 1] - 1.
  const std::vector<int32_t> &run_begin() const { return run_begin_; }
  const std::vector<int32_t> &run_owner() const { return run_owner_; }
  // Rows of shared pixels: row r has entries start[r] ... start[r + 1] - 1; the weights of a row sum to one.
  const std::vector<int64_t> &start() const { return start_; }
  const std::vector<int32_t> &cell() const { return cell_; }
  const std::vector<double> &weight() const { return weight_; }

 private:
  bool repeats_last_row(std::size_t begin) const;

  template <class In, class Out>
  struct Fields {
    const In *values;
    const Out *rounded;
    int64_t width;
  };

  // Pixels whose results stay in the nearest cache until all their fields are there.
  static constexpr int64_t kTogether = 32;

  std::size_t run_at(int64_t pixel) const {
    const auto after = std::upper_bound(run_begin_.begin(), run_begin_.end(), pixel);
    return static_cast<std::size_t>(after - run_begin_.begin()) - 1;
  }

  template <class In, class Out>
  void some_pixels(const Fields<In, Out> &fields, const int32_t *owners, int64_t count, Out *to) const {
    int64_t v = 0;
    for (; v + 16 <= fields.width; v += 16) put<16>(fields, v, owners, count, to);
    if (v + 8 <= fields.width) {
      put<8>(fields, v, owners, count, to);
      v += 8;
    }
    for (; v + 4 <= fields.width; v += 4) put<4>(fields, v, owners, count, to);
    if (v + 3 == fields.width) return put<3>(fields, v, owners, count, to);
    if (v + 2 == fields.width) return put<2>(fields, v, owners, count, to);
    if (v + 1 == fields.width) return put<1>(fields, v, owners, count, to);
  }

  // W fields side by side, from field v on: one look at a pixel's cells serves them all.
  template <int64_t W, class In, class Out>
  void put(const Fields<In, Out> &fields, int64_t v, const int32_t *owners, int64_t count, Out *to) const {
    to += v;
    for (int64_t i = 0; i < count; ++i, to += fields.width) {
      const int32_t owner = owners[i];
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

  int64_t pixels_;
  std::vector<int32_t> run_begin_, run_owner_;
  std::vector<int64_t> start_;
  std::vector<int32_t> cell_;
  std::vector<double> weight_;
};

}  // namespace landbc
