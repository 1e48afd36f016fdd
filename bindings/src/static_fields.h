// An emulator's static inputs on the canvas, among them the class maps that other emulators of the bundle
// make, as numbers; and views of tiles.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "canvas.h"
#include "card.h"
#include "domain.h"
#include "tiles.h"

namespace landbc {

// The latest class map of a quantity on the canvas; null where no emulator makes it.
using MapOf = std::function<const at::Tensor *(const std::string &quantity)>;

// A tile's part of (row, col, variable) on the canvas as the network's (1, variable, row, col), without a
// copy.
at::Tensor channels_of(const at::Tensor &canvas, const Tile &tile, int64_t size);
// A tile's part of (row, col) on the canvas, without a copy.
inline at::Tensor plane_of(const at::Tensor &canvas, const Tile &tile, int64_t size) {
  return canvas.narrow(0, tile.row, size).narrow(1, tile.col, size);
}

class StaticFields {
 public:
  StaticFields(const Domain &domain, const Card &card, const Canvas &canvas, c10::Device device);

  // Takes the class maps as they are now.
  void refresh(const MapOf &map_of);

  at::Tensor of(const Tile &tile, int64_t size) const { return channels_of(fields_, tile, size); }

 private:
  at::Tensor fields_;                                  // (row, col, variable)
  std::vector<std::pair<int64_t, std::string>> maps_;  // channel, quantity
};

}  // namespace landbc
