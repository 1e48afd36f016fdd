// The frame on which every field lies ready for the network: the extended window, continued so far that each
// tile of the global lattice, with its halo, is a plain rectangle of it. Tiles are then views, and nothing is
// copied to assemble their inputs. Beyond the extended window fields repeat its edge (or go round the globe);
// that is a function of the position alone, so that the choice of the tile core cannot change a result.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
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

  Axis rows, cols;                // 1 km
  Axis coarse_rows, coarse_cols;  // 0.25 degree

  // The part of a map (row, col) on the canvas that lies in the extended window.
  at::Tensor inside(const at::Tensor &map) const;
  // Where pixels of the extended window, by their index in it, lie in a map on the canvas, flattened.
  at::Tensor positions(const at::Tensor &index) const;
  // Round the globe the canvas repeats columns: makes them those of the extended window again.
  void repeat_columns(const at::Tensor &map) const;

  // Lays a field over the extended window on the canvas, along dimensions `dimension` and `dimension + 1`.
  static void lay(const at::Tensor &field, const at::Tensor &canvas, int64_t dimension, const Axis &rows,
                  const Axis &cols);
  // The same, but leaves what lies beyond the extended window as it is.
  static void lay_inside(const at::Tensor &field, const at::Tensor &canvas, const Axis &rows,
                         const Axis &cols);
};

}  // namespace landbc
