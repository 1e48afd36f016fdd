#include "tile_check.h"

#include <ATen/ATen.h>

#include <utility>

#include "error.h"
#include "transfer.h"

namespace landbc {

TileCheck::TileCheck(const Canvas &canvas, std::string emulator, std::string step)
    : canvas_(canvas), emulator_(std::move(emulator)), step_(std::move(step)) {}

void TileCheck::take(const Tile &tile, const at::Tensor &sound) {
  tiles_.push_back(tile);
  sound_.push_back(sound);
  if (sound.is_cpu()) settle();
}

void TileCheck::settle() {
  if (tiles_.empty()) return;
  const at::Tensor host = download(at::stack(sound_));
  const std::vector<Tile> tiles = std::exchange(tiles_, {});
  sound_.clear();
  for (std::size_t i = 0; i < tiles.size(); ++i) {
    if (host.const_data_ptr<bool>()[i]) continue;
    fail(LANDBC_ERROR_MODEL, emulator_, " gave NaN in the tile whose core begins at row ",
         canvas_.rows.begin + tiles[i].core_row, ", column ",
         (canvas_.cols.begin + tiles[i].core_col) % kGlobalCols,
         " of the 1 km grid; look at the climate inputs of the ", step_, " just ended");
  }
}

}  // namespace landbc
