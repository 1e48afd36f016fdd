#include "state.h"

#include <ATen/ATen.h>

#include "class_map.h"
#include "error.h"

namespace landbc {

State::State(const Domain &domain, const Canvas &canvas, c10::Device device) : canvas_(canvas) {
  const auto lay = [&](const std::vector<uint8_t> &bytes, uint8_t beyond) {
    const auto options = at::TensorOptions().dtype(at::kByte).device(device);
    at::Tensor map = at::full({canvas.rows.length, canvas.cols.length}, beyond, options);
    const at::Tensor host = at::from_blob(const_cast<uint8_t *>(bytes.data()),
                                          {domain.region.rows, domain.region.cols}, at::kByte);
    Canvas::lay_inside(host.to(device), map, canvas.rows, canvas.cols);
    return map;
  };
  for (at::Tensor &map : maps_) map = lay(domain.codes, kUnknown);
  known_ = maps_[0].ne(kUnknown).to(at::kByte);
  active_ = lay(domain.active, 0).mul_(known_);
}

void State::begin() noexcept {
  seen_ = current_;
  written_ = current_;
}

void State::begin_year() {
  seen_ = written_;
  // One of the three maps that is neither current nor seen.
  written_ = current_ == seen_ ? (seen_ + 1) % 3 : 3 - current_ - seen_;
  maps_[written_].copy_(maps_[seen_]);
}

void State::put(const Tile &tile, const at::Tensor &logits, const Conservation &conservation) {
  const auto core = [&](const at::Tensor &map) {
    return map.narrow(0, tile.core_row, tile.core_rows).narrow(1, tile.core_col, tile.core_cols);
  };
  const at::Tensor cut = logits[0]
                             .narrow(1, tile.core_row - tile.row, tile.core_rows)
                             .narrow(2, tile.core_col - tile.col, tile.core_cols);
  if (!choose_classes(cut, core(active_), core(maps_[seen_]), core(maps_[written_]))) {
    fail(LANDBC_ERROR_MODEL, "the emulator gave NaN in the tile whose core begins at row ",
         canvas_.rows.begin + tile.core_row, ", column ", (canvas_.cols.begin + tile.core_col) % kGlobalCols,
         " of the 1 km grid; look at the climate inputs of the year just ended");
  }
  conservation.apply(tile, cut, core(active_), core(maps_[written_]));
}

void State::restore(const std::vector<uint8_t> &codes) {
  const at::Tensor host = at::from_blob(const_cast<uint8_t *>(codes.data()),
                                        {canvas_.rows.extent, canvas_.cols.extent}, at::kByte);
  Canvas::lay_inside(host.to(maps_[current_].device()), maps_[current_], canvas_.rows, canvas_.cols);
}

}  // namespace landbc
