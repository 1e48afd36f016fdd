// The class map over the extended window, one byte a pixel, on the handle's device. An update writes a new map while every tile still
// sees the old one; nothing is current until it is committed.
#pragma once

#include <ATen/core/Tensor.h>

#include "domain.h"
#include "tiles.h"

namespace landbc {

class State {
 public:
  State(const Domain &domain, c10::Device device);

  // Begins a change from the current map; several years may follow each other within it.
  void begin();
  // Begins a year: what was written becomes what tiles see.
  void begin_year();
  // What tiles see: (row, col), uint8.
  const at::Tensor &seen() const { return maps_[seen_]; }
  // Takes the classes of one tile from its logits (1, K, H, W): the largest, the lowest code winning a tie; active pixels only.
  // MODEL if a logit is NaN.
  void put(const Tile &tile, const at::Tensor &logits);
  // What was written, on the host.
  at::Tensor written() const;
  // Makes what was written current.
  void commit() noexcept { current_ = written_; }

  // The current map on the host.
  at::Tensor current() const;

 private:
  size_t other(size_t a, size_t b) const;

  at::Tensor maps_[3];
  at::Tensor active_;
  size_t current_ = 0, seen_ = 0, written_ = 0;
};

}  // namespace landbc
