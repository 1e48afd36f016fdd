#include "features.h"

#include <ATen/ATen.h>

namespace landbc {
Features::Features(const Bundle &bundle, const Window &region, const Card &card,
                   const std::vector<std::string> &made, const Canvas &canvas, const Tiling &tiling,
                   c10::Device device)
    : canvas_(canvas),
      coarse_size_(tiling.coarse_size()),
      statics_(bundle, region, card, made, canvas, tiling.size(), device) {
  coarse_index_ = at::tensor(tiling.coarse_index(), at::kLong).to(device);
  time_ = at::ones({1, 2}, at::TensorOptions().dtype(at::kFloat).device(device));
}

void Features::set_direction(int32_t direction) { time_.select(1, 0).fill_(direction); }

void Features::set_scenario(const at::Tensor &field) {
  scenario_ =
      at::empty({field.size(0), canvas_.coarse_rows.length, canvas_.coarse_cols.length}, field.options());
  Canvas::lay(field, scenario_, 1, canvas_.coarse_rows, canvas_.coarse_cols);
}

std::vector<at::Tensor> Features::of(const Tile &tile, const at::Tensor &climate, const State &state) {
  const State::Seen seen = state.seen(tile);
  const at::Tensor block = scenario_.narrow(1, tile.coarse_row, coarse_size_)
                               .narrow(2, tile.coarse_col, coarse_size_)
                               .contiguous();
  return {statics_.of(tile),       climate,       block.unsqueeze(0),
          coarse_index_,           coarse_index_, seen.codes.unsqueeze(0),
          seen.known.unsqueeze(0), time_};
}

}  // namespace landbc
