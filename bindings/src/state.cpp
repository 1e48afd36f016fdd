#include "state.h"

#include <ATen/ATen.h>

#include "error.h"

namespace landbc {

State::State(const Domain &domain, c10::Device device) {
  const int64_t rows = domain.extended.rows;
  const int64_t cols = domain.extended.cols;
  const auto upload = [&](const std::vector<uint8_t> &bytes) {
    at::Tensor map = at::empty({rows, cols}, at::TensorOptions().dtype(at::kByte).device(device));
    map.copy_(at::from_blob(const_cast<uint8_t *>(bytes.data()), {rows, cols}, at::kByte));
    return map;
  };
  for (at::Tensor &map : maps_) map = upload(domain.land_use);
  active_ = upload(domain.active).to(at::kBool);
}

size_t State::other(size_t a, size_t b) const {
  for (size_t i = 0; i < 3; ++i) {
    if (i != a && i != b) return i;
  }
  return 0;
}

void State::begin() {
  seen_ = current_;
  written_ = current_;
}

void State::begin_year() {
  seen_ = written_;
  written_ = other(current_, seen_);
  maps_[written_].copy_(maps_[seen_]);
}

void State::put(const Tile &tile, const at::Tensor &logits) {
  const int64_t rows = tile.last_row - tile.first_row;
  const int64_t cols = tile.last_col - tile.first_col;
  const auto [largest, code] = logits[0].narrow(1, tile.core_row, rows).narrow(2, tile.core_col, cols).max(0);
  if (largest.isnan().any().item<bool>()) {
    fail(LANDBC_ERROR_MODEL, "the emulator gave NaN in the tile whose core begins at row ", tile.first_row, ", column ", tile.first_col,
         " of the extended window; look at the climate inputs of the year just ended");
  }
  const auto core = [&](const at::Tensor &map) { return map.narrow(0, tile.first_row, rows).narrow(1, tile.first_col, cols); };
  core(maps_[written_]).copy_(at::where(core(active_), code.to(at::kByte), core(maps_[seen_])));
}

at::Tensor State::written() const { return maps_[written_].to(at::kCPU); }

at::Tensor State::current() const { return maps_[current_].to(at::kCPU); }

}  // namespace landbc
