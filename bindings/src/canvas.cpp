#include "canvas.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace landbc {
namespace {

int64_t floor_divide(int64_t a, int64_t b) { return a >= 0 ? a / b : -((-a + b - 1) / b); }

Axis make_axis(int64_t begin, int64_t end, int64_t window_begin, int64_t extent, bool periodic) {
  Axis axis{begin, end - begin, window_begin - begin, extent, {}};
  for (int64_t i = 0; i < axis.length; ++i) {
    int64_t source = i - axis.offset;
    bool outside = false;
    if (periodic) {
      source = (source % extent + extent) % extent;
    } else if (source < 0 || source >= extent) {
      outside = true;
      source = source < 0 ? 0 : extent - 1;
    }
    if (!axis.segments.empty() && axis.segments.back().outside == outside) {
      Segment &last = axis.segments.back();
      if (source == (outside ? last.source : last.source + last.length)) {
        ++last.length;
        continue;
      }
    }
    axis.segments.push_back({i, source, 1, outside});
  }
  return axis;
}

Axis fine_axis(int64_t first, int64_t extent, int64_t core, int64_t halo, bool periodic) {
  const int64_t begin = first / core * core - halo;
  const int64_t end = (first + extent + core - 1) / core * core + halo;
  return make_axis(begin, end, first, extent, periodic);
}

Axis coarse_axis(const Axis &fine, int64_t first, bool periodic) {
  const int64_t begin = floor_divide(fine.begin, kCoarse);
  const int64_t end = floor_divide(fine.begin + fine.length - 1, kCoarse) + 1;
  return make_axis(begin, end, first / kCoarse, fine.extent / kCoarse, periodic);
}

// What an axis has in `length` pixels from `begin` on, counted from there.
std::vector<Segment> cut(const Axis &axis, int64_t begin, int64_t length) {
  std::vector<Segment> parts;
  for (const Segment &segment : axis.segments) {
    const int64_t first = std::max(begin, segment.destination);
    const int64_t last = std::min(begin + length, segment.destination + segment.length);
    if (first >= last) continue;
    const int64_t skipped = segment.outside ? 0 : first - segment.destination;
    parts.push_back({first - begin, segment.source + skipped, last - first, segment.outside});
  }
  return parts;
}

}  // namespace

// Columns are counted on beyond the dateline; the lattice goes on with them, for 36000 is a multiple of 16
// and of 25.
Canvas::Canvas(const Window &extended, int64_t core, int64_t halo)
    : margin(halo),
      rows(fine_axis(extended.row, extended.rows, core, halo, false)),
      cols(fine_axis(extended.col, extended.cols, core, halo, extended.periodic())),
      coarse_rows(coarse_axis(rows, extended.row, false)),
      coarse_cols(coarse_axis(cols, extended.col, extended.periodic())) {}

std::vector<int64_t> Canvas::positions(const std::vector<int64_t> &index) const {
  std::vector<int64_t> result;
  result.reserve(index.size());
  for (const int64_t i : index)
    result.push_back((i / cols.extent + rows.offset) * cols.length + i % cols.extent + cols.offset);
  return result;
}

void Canvas::lay(const at::Tensor &field, const at::Tensor &canvas, int64_t dimension, const Axis &rows,
                 const Axis &cols) {
  for (const Segment &r : rows.segments) {
    const at::Tensor from = field.narrow(dimension, r.source, r.outside ? 1 : r.length);
    const at::Tensor to = canvas.narrow(dimension, r.destination, r.length);
    for (const Segment &c : cols.segments) {
      to.narrow(dimension + 1, c.destination, c.length)
          .copy_(from.narrow(dimension + 1, c.source, c.outside ? 1 : c.length));
    }
  }
}

std::vector<Segment> Canvas::cut_rows(int64_t begin, int64_t length) const {
  return cut(rows, begin, length);
}
std::vector<Segment> Canvas::cut_cols(int64_t begin, int64_t length) const {
  return cut(cols, begin, length);
}

void Canvas::lay_tile(const Part &field, int64_t row, int64_t col, const at::Tensor &tile) const {
  const std::vector<Segment> across = cut_cols(col, tile.size(1));
  for (const Segment &r : cut_rows(row, tile.size(0))) {
    const at::Tensor to = tile.narrow(0, r.destination, r.length);
    for (const Segment &c : across) {
      to.narrow(1, c.destination, c.length)
          .copy_(field(r.source, c.source, r.outside ? 1 : r.length, c.outside ? 1 : c.length));
    }
  }
}

}  // namespace landbc
