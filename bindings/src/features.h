// The arguments of an emulator of classes for a tile, on the handle's device. 1 km fields are (row, col,
// variable), which the network sees as channels_last.
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
  Features(const Bundle &bundle, const Window &region, const Card &card, const std::vector<std::string> &made,
           const Canvas &canvas, const Tiling &tiling, c10::Device device);

  // Scenario over the extended window (channel, lat, lon), where the emulator runs; float32.
  void set_scenario(const at::Tensor &field);
  // 1 forwards, -1 backwards, by one year.
  void set_direction(int32_t direction);

  // Takes the class maps that other emulators made.
  void refresh(const MapOf &map_of) { statics_.refresh(map_of); }

  // After the last tile: gives back what reading holds.
  void rest() const { statics_.rest(); }

  // The arguments of `forward` (docs/contracts.md), in their order, with the tile's climate (1, variable,
  // row, col); they hold until the next call.
  std::vector<at::Tensor> of(const Tile &tile, const at::Tensor &climate, const State &state);

 private:
  Canvas canvas_;
  int64_t coarse_size_;
  StaticFields statics_;
  at::Tensor scenario_;
  at::Tensor coarse_index_, time_;
};

}  // namespace landbc
