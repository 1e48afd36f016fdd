// The inputs of a tile: views of fields that lie ready on the canvas, on the handle's device. 1 km fields are
// (row, col, variable), which the network sees as channels_last; nothing is copied.
#pragma once

#include <ATen/core/Tensor.h>

#include "canvas.h"
#include "model_runtime.h"
#include "state.h"
#include "tiles.h"

namespace landbc {

class Features {
 public:
  Features(const Domain &domain, const Canvas &canvas, const Tiling &tiling, c10::Device device);

  // Climate on the canvas (row, col, variable), on the device, and scenario over the extended window
  // (channel, lat, lon), on the host; float32.
  void set_climate(const at::Tensor &canvas) { climate_ = canvas; }
  void set_scenario(const at::Tensor &host);
  // 1 forwards, -1 backwards, by one year.
  void set_direction(int32_t direction);

  EmulatorInputs of(const Tile &tile, const State &state) const;

 private:
  Canvas canvas_;
  c10::Device device_;
  int64_t size_, coarse_size_;
  at::Tensor statics_, climate_, scenario_;
  at::Tensor coarse_index_, time_;
};

}  // namespace landbc
