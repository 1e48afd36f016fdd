// The class map on the canvas, one byte a pixel of land, on the handle's device; unknown beyond the extended
// window.
// An update writes a new map while every tile still sees the old one; nothing is current until it is
// committed.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>

#include "canvas.h"
#include "changing_pixels.h"
#include "conservation.h"
#include "domain.h"
#include "pixel_map.h"
#include "tile_check.h"
#include "tiles.h"

namespace landbc {

class State {
 public:
  // `changing`: the pixels that may change where they are known.
  State(const Domain &domain, const ChangingPixels &changing, int64_t size, c10::Device device);

  // Begins a change from the current map; several years may follow each other within it.
  void begin() noexcept;
  // Begins a year: what was written becomes what tiles see.
  void begin_year();
  // A tile's part of what tiles see, (row, col), uint8; and 1 where it is known. They hold until the next
  // call.
  struct Seen {
    at::Tensor codes, known;
  };
  Seen seen(const Tile &tile) const;
  // Takes the classes of a tile's core from its logits (1, K, H, W), within the demand.
  void put(const Tile &tile, const at::Tensor &logits, const Conservation &conservation, TileCheck &check);
  // Ends a year, when every tile and halo of what was written is there.
  void end_year() { maps_[written_].repeat_columns(); }
  // Another map (row, col) over the region as the current one; its pixels are known where they were.
  void restore(const std::vector<uint8_t> &codes);
  // Makes what was written current.
  void commit() noexcept { current_ = written_; }

  // On the canvas: what was written since the change began, and what is current.
  PixelMap<uint8_t> &written() { return maps_[written_]; }
  const PixelMap<uint8_t> &written() const { return maps_[written_]; }
  const PixelMap<uint8_t> &current() const { return maps_[current_]; }

  size_t bytes() const;

 private:
  // A tile's core with room for each of the maps that an update looks at.
  struct Core {
    at::Tensor active, before, after;
  };

  const ChangingPixels &changing_;
  std::array<PixelMap<uint8_t>, 3> maps_;  // the third only where two years follow each other in one step
  at::Tensor tile_, known_;                // room for a tile
  Core room_;
  size_t current_ = 0, seen_ = 0, written_ = 0;
};

}  // namespace landbc
