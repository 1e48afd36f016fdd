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
  // Takes the classes of single pixels, by their index in the region, from elsewhere into what was written.
  void put_pixels(const at::Tensor &index, const at::Tensor &codes);
  // What was written at such pixels, and over a tile's core, on the host.
  at::Tensor written_at(const at::Tensor &index) const;
  at::Tensor current_core(const Tile &tile) const { return core_on_host(maps_[current_], tile); }
  at::Tensor written_core(const Tile &tile) const { return core_on_host(maps_[written_], tile); }
  // Another map (row, col) over the region as the current one; its pixels are known where they were.
  void restore(const std::vector<uint8_t> &codes);
  // Makes what was written current.
  void commit() noexcept { current_ = written_; }

  // Over the region (row, col), on the host: what was written, and what is current.
  at::Tensor written() const { return on_host(maps_[written_]); }
  at::Tensor current() const { return on_host(maps_[current_]); }

 private:
  at::Tensor inside(const at::Tensor &canvas) const;
  at::Tensor on_host(const at::Tensor &canvas) const;
  at::Tensor core_on_host(const at::Tensor &map, const Tile &tile) const;
  at::Tensor on_canvas(const at::Tensor &index) const;

  Canvas canvas_;
  at::Tensor maps_[3];
  at::Tensor active_, known_;
  size_t current_ = 0, seen_ = 0, written_ = 0;
};

}  // namespace landbc
