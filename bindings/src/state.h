// The class map on the canvas, one byte a pixel of land, on the handle's device; unknown beyond the extended
// window.
// An update writes a new map while every tile still sees the old one; nothing is current until it is
// committed.
#pragma once

#include <ATen/core/Tensor.h>

#include "canvas.h"
#include "changing_pixels.h"
#include "conservation.h"
#include "domain.h"
#include "staged_map.h"
#include "tile_check.h"
#include "tiles.h"

namespace landbc {

class State {
 public:
  // `changing`: the pixels that may change where they are known.
  State(const Domain &domain, const ChangingPixels &changing, int64_t size, c10::Device device);

  // Begins a change from the current map; several years may follow each other within it.
  void begin() noexcept { map_.begin(); }
  // Begins a year: what was written becomes what tiles see.
  void begin_year() { map_.begin_year(); }
  // A tile's part of what tiles see, (row, col), uint8; and 1 where it is known. They hold until the next
  // call.
  struct Seen {
    at::Tensor codes, known;
  };
  Seen seen(const Tile &tile) const;
  // Takes the classes of a tile's core from its logits (1, K, H, W), of the whole tile or without as many
  // pixels at each edge, within the demand.
  void put(const Tile &tile, const at::Tensor &logits, const Conservation &conservation, TileCheck &check);
  // Ends a year, when every tile and halo of what was written is there.
  void end_year() { map_.written().repeat_columns(); }
  // Another map (row, col) over the region as the current one; its pixels are known where they were.
  void restore(const std::vector<uint8_t> &codes);
  // Makes what was written current.
  void commit() noexcept { map_.commit(); }

  // On the canvas: what tiles see, what was written since the change began, and what is current.
  const PixelMap<uint8_t> &seen() const { return map_.seen(); }
  PixelMap<uint8_t> &written() { return map_.written(); }
  const PixelMap<uint8_t> &written() const { return map_.written(); }
  const PixelMap<uint8_t> &current() const { return map_.current(); }

  size_t bytes() const { return map_.bytes(); }

 private:
  // A tile's core with room for each of the maps that an update looks at.
  struct Core {
    at::Tensor active, before, after;
  };

  const ChangingPixels &changing_;
  StagedMap map_;
  at::Tensor tile_, known_;  // room for a tile
  Core room_;
};

}  // namespace landbc
