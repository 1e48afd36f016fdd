#include "state.h"

#include <ATen/ATen.h>

#include "class_map.h"

namespace landbc {

State::State(const Domain &domain, const ChangingPixels &changing, int64_t size, c10::Device device)
    : changing_(changing), map_(PixelMap<uint8_t>(changing.blocks(), domain.codes, kUnknown, device)) {
  tile_ = map_.current().room(size, size);
  known_ = at::empty({size, size}, tile_.options().dtype(at::kBool));
  room_ = {changing.room(size, size), map_.current().room(size, size), map_.current().room(size, size)};
}

State::Seen State::seen(const Tile &tile) const {
  const at::Tensor codes = map_.seen().rectangle(tile.row, tile.col, tile_);
  at::Tensor known = known_;
  at::ne_out(known, codes, kUnknown);
  return {codes, known.view(at::kByte)};
}

void State::put(const Tile &tile, const at::Tensor &logits, const Conservation &conservation,
                TileCheck &check) {
  const auto core = [&](const auto &map, const at::Tensor &room) {
    return map.rectangle(tile.core_row, tile.core_col,
                         room.narrow(0, 0, tile.core_rows).narrow(1, 0, tile.core_cols));
  };
  const int64_t margin = (tile_.size(0) - logits.size(2)) / 2;
  const at::Tensor cut = logits[0]
                             .narrow(1, tile.core_row - tile.row - margin, tile.core_rows)
                             .narrow(2, tile.core_col - tile.col - margin, tile.core_cols);
  const at::Tensor active = core(changing_, room_.active);
  const at::Tensor after = room_.after.narrow(0, 0, tile.core_rows).narrow(1, 0, tile.core_cols);
  check.take(tile, choose_classes(cut, active, core(map_.seen(), room_.before), after));
  if (conservation.on()) {
    // Its search runs on the processor, wherever the classes were chosen, and wants numbers.
    check.settle();
    conservation.apply(tile, cut, active, after);
  }
  map_.written().put(tile.core_row, tile.core_col, after);
}

void State::restore(const std::vector<uint8_t> &codes) { map_.current().take_region(codes); }

}  // namespace landbc
