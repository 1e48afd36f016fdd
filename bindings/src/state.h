// The class map on the canvas, one byte a pixel, on the handle's device; unknown beyond the extended window.
// An update writes a new map while every tile still sees the old one; nothing is current until it is
// committed.
#pragma once

#include <ATen/core/Tensor.h>

#include "canvas.h"
#include "conservation.h"
#include "domain.h"
#include "tiles.h"

namespace landbc {

class State {
 public:
  State(const Domain &domain, const Canvas &canvas, c10::Device device);

  // Begins a change from the current map; several years may follow each other within it.
  void begin() noexcept;
  // Begins a year: what was written becomes what tiles see.
  void begin_year();
  // What tiles see, on the canvas (row, col), uint8; and 1 where it is known, which never changes.
  const at::Tensor &seen() const { return maps_[seen_]; }
  const at::Tensor &known() const { return known_; }
  // Takes the classes of a tile's core from its logits (1, K, H, W), within the demand. MODEL if a logit is
  // NaN.
  void put(const Tile &tile, const at::Tensor &logits, const Conservation &conservation);
  // Ends a year, when every tile and halo of what was written is there.
  void end_year() const { canvas_.repeat_columns(maps_[written_]); }
  // Another map (row, col) over the region as the current one; its pixels are known where they were.
  void restore(const std::vector<uint8_t> &codes);
  // Makes what was written current.
  void commit() noexcept { current_ = written_; }

  // On the canvas: what was written since the change began, and what is current.
  at::Tensor &written() { return maps_[written_]; }
  const at::Tensor &written() const { return maps_[written_]; }
  const at::Tensor &current() const { return maps_[current_]; }

 private:
  Canvas canvas_;
  at::Tensor maps_[3];
  at::Tensor active_, known_;
  size_t current_ = 0, seen_ = 0, written_ = 0;
};

}  // namespace landbc
