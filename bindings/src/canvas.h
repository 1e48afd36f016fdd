// The frame on which every field lies ready for the network: the extended window, continued so far that each
// tile of the global lattice, with its halo, is a plain rectangle of it. Tiles are then views, and nothing is
// copied to assemble their inputs. Beyond the extended window fields repeat its edge (or go round the globe);
// that is a function of the position alone, so that the choice of the tile core cannot change a result.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <vector>

#include "window.h"

namespace landbc {

// A run of the canvas's rows (or columns) that comes from consecutive ones of the extended window, or repeats
// its edge.
struct Segment {
  int64_t destination;
  int64_t source;
  int64_t length;
  bool outside;  // repeats `source`
};

// One direction of the canvas.
struct Axis {
  int64_t begin;  // on the global grid, counted on beyond the dateline
  int64_t length;
  int64_t offset;  // where the extended window begins
  int64_t extent;  // of the extended window
  std::vector<Segment> segments;
};

struct Canvas {
  Canvas(const Window &extended, int64_t core, int64_t halo);

  int64_t margin;                 // around the cores of its tiles
  Axis rows, cols;                // 1 km
  Axis coarse_rows, coarse_cols;  // 0.25 degree

  // Where pixels of the extended window, by their index in it, lie on the canvas: row * columns + col.
  std::vector<int64_t> positions(const std::vector<int64_t> &index) const;

  // Lays a field over the extended window on the canvas, along dimensions `dimension` and `dimension + 1`.
  static void lay(const at::Tensor &field, const at::Tensor &canvas, int64_t dimension, const Axis &rows,
                  const Axis &cols);
  // A rectangle of a field over the extended window: row, col, rows, cols.
  using Part = std::function<at::Tensor(int64_t, int64_t, int64_t, int64_t)>;
  // The same of the rectangle of the canvas that begins at (row, col) and has the extents of `tile`, of a
  // field that is not at hand as a whole.
  void lay_tile(const Part &field, int64_t row, int64_t col, const at::Tensor &tile) const;
  // Rectangles of the canvas that lie in the extended window: act(canvas row, canvas col, window row, window
  // col, rows, cols).
  template <class Act>
  void each_inside(const Act &act) const {
    for (const Segment &r : rows.segments) {
      for (const Segment &c : cols.segments) {
        if (!r.outside && !c.outside)
          act(r.destination, c.destination, r.source, c.source, r.length, c.length);
      }
    }
  }
  // What `length` rows (columns) from `begin` on come from, counted from there.
  std::vector<Segment> cut_rows(int64_t begin, int64_t length) const;
  std::vector<Segment> cut_cols(int64_t begin, int64_t length) const;
};

}  // namespace landbc
