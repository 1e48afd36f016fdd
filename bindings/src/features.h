// The inputs of one tile, cut from fields over the extended window into buffers that are made once. Every tensor lies on the handle's
// device; 1 km fields are (row, col, variable), which the network sees as channels_last.
#pragma once

#include <ATen/core/Tensor.h>

#include "model_runtime.h"
#include "scenario.h"
#include "tiles.h"

namespace landbc {

class Features {
 public:
  Features(const Domain &domain, const Tiling &tiling, int64_t climate_variables, int64_t scenario_channels, c10::Device device);

  // Where the update puts its climate (row, col, variable) and scenario (channel, lat, lon), float32.
  void set_climate(const at::Tensor &host);
  void set_scenario(const at::Tensor &host);

  // Inputs of one tile, whose prior comes from `state` (row, col), uint8. Valid until the next call.
  const EmulatorInputs &assemble(const Tile &tile, const at::Tensor &state);

 private:
  at::Tensor statics_, climate_, scenario_;                    // over the extended window
  at::Tensor tile_statics_, tile_climate_, tile_scenario_, tile_prior_;  // over a tile
  EmulatorInputs inputs_;
};

}  // namespace landbc
