// An emulator's static inputs, among them the class maps that other emulators of the bundle make, as numbers.
// On the CPU the bundle's file is where they lie: a tile's part is read when its turn comes, and nothing is
// held between updates. An accelerator keeps what it was sent: a tile's part is read when its first turn
// comes, while the device is still busy with the tiles before.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "bundle_file.h"
#include "canvas.h"
#include "card.h"
#include "pixel_map.h"
#include "tiles.h"
#include "transfer.h"

namespace landbc {

// The latest class map of a quantity on the canvas; null where no emulator makes it.
using MapOf = std::function<const PixelMap<uint8_t> *(const std::string &quantity)>;

// A tile's part of (row, col, variable) on the canvas as the network's (1, variable, row, col), without a
// copy.
at::Tensor channels_of(const at::Tensor &canvas, const Tile &tile, int64_t size);
// A tile's part of (row, col) on the canvas, without a copy.
inline at::Tensor plane_of(const at::Tensor &canvas, const Tile &tile, int64_t size) {
  return canvas.narrow(0, tile.row, size).narrow(1, tile.col, size);
}

class StaticFields {
 public:
  // `size` pixels along a tile. BUNDLE if a field cannot be read.
  StaticFields(const Bundle &bundle, const Window &region, const Card &card,
               const std::vector<std::string> &made, const Canvas &canvas, int64_t size, c10::Device device);

  // Takes the class maps as they are now.
  void refresh(const MapOf &map_of);

  // (1, variable, row, col), channels_last; it holds until the next call. BUNDLE.
  at::Tensor of(const Tile &tile);
  // After the last tile: gives back what reading holds.
  void rest() const { file_.close(); }

 private:
  at::Tensor part(const std::string &name, int64_t row, int64_t col, int64_t rows, int64_t cols) const;
  // Reads a field's part of a tile into (row, col).
  void read(const std::string &name, const Tile &tile, const at::Tensor &to) const;
  void send(const Tile &tile);

  BundleFile file_;
  Window extended_, region_;
  Canvas canvas_;
  int64_t size_;
  std::vector<std::pair<int64_t, std::string>> fields_;  // channel, name
  std::vector<std::pair<int64_t, std::string>> maps_;    // channel, quantity
  std::vector<const PixelMap<uint8_t> *> now_;           // of `maps_`
  at::Tensor values_;  // (row, col, variable) of a tile; on an accelerator, of the canvas
  at::Tensor codes_;   // room for a tile of a class map
  Upload upload_;
  std::set<std::pair<int64_t, int64_t>> sent_;  // first row and column of the tiles that an accelerator holds
  mutable std::vector<float> read_;
};

}  // namespace landbc
