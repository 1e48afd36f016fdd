// Whether an emulator gave numbers, not NaN, tile by tile. The CPU knows at once; a device notes it beside
// its other work and is asked once, when the update is over.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "canvas.h"
#include "tiles.h"

namespace landbc {

class TileCheck {
 public:
  // `emulator` and `step` as they stand in the sentence of the error.
  TileCheck(const Canvas &canvas, std::string emulator, std::string step);

  // `sound`, one bool on the device that made it: false if a number of the tile is NaN. MODEL on the CPU.
  void take(const Tile &tile, const at::Tensor &sound);
  // Waits for the tiles taken so far; names the first that is not sound. MODEL.
  void settle();

 private:
  const Canvas &canvas_;
  std::string emulator_, step_;
  std::vector<Tile> tiles_;
  std::vector<at::Tensor> sound_;
};

}  // namespace landbc
