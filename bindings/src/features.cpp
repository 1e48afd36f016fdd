#include "features.h"

#include <ATen/ATen.h>

namespace landbc {
namespace {

// A tile's (row, col, variable) as the network's (1, variable, row, col), without a copy.
at::Tensor channels(const at::Tensor &canvas, const Tile &tile, int64_t size) {
  return canvas.narrow(0, tile.row, size).narrow(1, tile.col, size).permute({2, 0, 1}).unsqueeze(0);
}

}  // namespace

Features::Features(const Domain &domain, const Canvas &canvas, const Tiling &tiling, c10::Device device)
    : canvas_(canvas), device_(device), size_(tiling.size()), coarse_size_(tiling.coarse_size()) {
  const auto reals = at::TensorOptions().dtype(at::kFloat).device(device);
  const int64_t rows = domain.region.rows;
  const int64_t cols = domain.region.cols;
  const int64_t variables = static_cast<int64_t>(domain.statics.size()) / (rows * cols);
  const at::Tensor host =
      at::from_blob(const_cast<float *>(domain.statics.data()), {rows, cols, variables}, at::kFloat);
  statics_ = at::empty({canvas.rows.length, canvas.cols.length, variables}, reals);
  Canvas::lay(host.to(device), statics_, 0, canvas.rows, canvas.cols);
  coarse_index_ = at::tensor(tiling.coarse_index(), at::kLong).to(device);
  time_ = at::ones({1, 2}, reals);
}

void Features::set_direction(int32_t direction) { time_.select(1, 0).fill_(direction); }

void Features::set_scenario(const at::Tensor &host) {
  const at::Tensor field = host.to(device_);
  scenario_ =
      at::empty({field.size(0), canvas_.coarse_rows.length, canvas_.coarse_cols.length}, field.options());
  Canvas::lay(field, scenario_, 1, canvas_.coarse_rows, canvas_.coarse_cols);
}

EmulatorInputs Features::of(const Tile &tile, const State &state) const {
  const at::Tensor block = scenario_.narrow(1, tile.coarse_row, coarse_size_)
                               .narrow(2, tile.coarse_col, coarse_size_)
                               .contiguous();
  return {channels(statics_, tile, size_),
          channels(climate_, tile, size_),
          block.unsqueeze(0),
          coarse_index_,
          coarse_index_,
          state.seen().narrow(0, tile.row, size_).narrow(1, tile.col, size_).unsqueeze(0),
          state.known().narrow(0, tile.row, size_).narrow(1, tile.col, size_).unsqueeze(0),
          time_};
}

}  // namespace landbc
