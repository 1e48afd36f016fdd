#include "state.h"

#include <ATen/ATen.h>

#include "class_map.h"

namespace landbc {

State::State(const Domain &domain, const ChangingPixels &changing, int64_t size, c10::Device device)
    : changing_(changing) {
  maps_[0] = PixelMap<uint8_t>(changing.blocks(), domain.codes, kUnknown, device);
  maps_[1] = maps_[0];
  tile_ = maps_[0].room(size, size);
  known_ = at::empty({size, size}, tile_.options().dtype(at::kBool));
  room_ = {changing.room(size, size), maps_[0].room(size, size), maps_[0].room(size, size)};
}

void State::begin() noexcept {
  seen_ = current_;
  written_ = current_;
}

void State::begin_year() {
  seen_ = written_;
  // One of the maps that is neither current nor seen.
  written_ = current_ == seen_ ? (seen_ == 0 ? 1 : 0) : 3 - current_ - seen_;
  if (!maps_[written_].defined()) maps_[written_] = maps_[seen_];
  maps_[written_].take(maps_[seen_]);
}

State::Seen State::seen(const Tile &tile) const {
  const at::Tensor codes = maps_[seen_].rectangle(tile.row, tile.col, tile_);
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
  const at::Tensor cut = logits[0]
                             .narrow(1, tile.core_row - tile.row, tile.core_rows)
                             .narrow(2, tile.core_col - tile.col, tile.core_cols);
  const at::Tensor active = core(changing_, room_.active);
  const at::Tensor after = room_.after.narrow(0, 0, tile.core_rows).narrow(1, 0, tile.core_cols);
  check.take(tile, choose_classes(cut, active, core(maps_[seen_], room_.before), after));
  if (conservation.on()) {
    // Its search runs on the processor, wherever the classes were chosen, and wants numbers.
    check.settle();
    conservation.apply(tile, cut, active, after);
  }
  maps_[written_].put(tile.core_row, tile.core_col, after);
}

void State::restore(const std::vector<uint8_t> &codes) { maps_[current_].take_region(codes); }

size_t State::bytes() const {
  size_t all = maps_[0].shared_bytes();
  for (const PixelMap<uint8_t> &map : maps_) all += map.bytes();
  return all;
}

}  // namespace landbc
