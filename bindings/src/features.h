// The arguments of an emulator of classes for a tile: views of fields that lie ready on the canvas, on the
// handle's device. 1 km fields are (row, col, variable), which the network sees as channels_last; nothing is
// copied.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "canvas.h"
#include "state.h"
#include "static_fields.h"
#include "tiles.h"

namespace landbc {

class Features {
 public:
  Features(const Domain &domain, const Card &card, const Canvas &canvas, const Tiling &tiling,
           c10::Device device);

  // Climate on the canvas (row, col, variable), on the device, and scenario over the extended window
  // (channel, lat, lon), on the host; float32.
  void set_climate(const at::Tensor &canvas) { climate_ = canvas; }
  void set_scenario(const at::Tensor &host);
  // 1 forwards, -1 backwards, by one year.
  void set_direction(int32_t direction);

  // Takes the class maps that other emulators made.
  void refresh(const MapOf &map_of) { statics_.refresh(map_of); }

  // The arguments of `forward` (docs/contracts.md), in their order.
  std::vector<at::Tensor> of(const Tile &tile, const State &state) const;

 private:
  Canvas canvas_;
  c10::Device device_;
  int64_t size_, coarse_size_;
  StaticFields statics_;
  at::Tensor climate_, scenario_;
  at::Tensor coarse_index_, time_;
};

}  // namespace landbc
