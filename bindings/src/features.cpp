#include "features.h"

#include <ATen/ATen.h>

namespace landbc {
namespace {

// Copies a window's field into a tile's, along dimensions `row` and `row + 1`.
void cut(const at::Tensor &from, const at::Tensor &to, int64_t row, const Segments &rows, const Segments &cols) {
  for (const Segment &r : rows) {
    const at::Tensor source_rows = from.narrow(row, r.source, r.outside ? 1 : r.length);
    const at::Tensor target_rows = to.narrow(row, r.destination, r.length);
    for (const Segment &c : cols) {
      target_rows.narrow(row + 1, c.destination, c.length).copy_(source_rows.narrow(row + 1, c.source, c.outside ? 1 : c.length));
    }
  }
}

void cut_state(const at::Tensor &state, const at::Tensor &to, const Segments &rows, const Segments &cols) {
  to.fill_(kUnknown);
  for (const Segment &r : rows) {
    for (const Segment &c : cols) {
      if (r.outside || c.outside) continue;
      to.narrow(0, r.destination, r.length)
          .narrow(1, c.destination, c.length)
          .copy_(state.narrow(0, r.source, r.length).narrow(1, c.source, c.length));
    }
  }
}

// (row, col, variable) as the network's (1, variable, row, col), without a copy.
at::Tensor as_channels(const at::Tensor &field) { return field.permute({2, 0, 1}).unsqueeze(0); }

}  // namespace

Features::Features(const Domain &domain, const Tiling &tiling, int64_t climate_variables, int64_t scenario_channels, c10::Device device) {
  const auto reals = at::TensorOptions().dtype(at::kFloat).device(device);
  const auto bytes = at::TensorOptions().dtype(at::kByte).device(device);
  const int64_t rows = domain.extended.rows;
  const int64_t cols = domain.extended.cols;
  const int64_t size = tiling.size();
  const int64_t coarse = tiling.coarse_size();
  const int64_t variables = static_cast<int64_t>(domain.statics.size()) / (rows * cols);

  statics_ = at::empty({rows, cols, variables}, reals);
  statics_.copy_(at::from_blob(const_cast<float *>(domain.statics.data()), {rows, cols, variables}, at::kFloat));
  climate_ = at::zeros({rows, cols, climate_variables}, reals);
  scenario_ = at::zeros({scenario_channels, rows / kCoarse, cols / kCoarse}, reals);

  tile_statics_ = at::zeros({size, size, variables}, reals);
  tile_climate_ = at::zeros({size, size, climate_variables}, reals);
  tile_scenario_ = at::zeros({scenario_channels, coarse, coarse}, reals);
  tile_prior_ = at::full({size, size}, kUnknown, bytes);

  inputs_.statics = as_channels(tile_statics_);
  inputs_.climate = as_channels(tile_climate_);
  inputs_.scenario = tile_scenario_.unsqueeze(0);
  inputs_.scenario_row = at::tensor(tiling.coarse_index(), at::kLong).to(device);
  inputs_.scenario_col = inputs_.scenario_row.clone();
  inputs_.prior = tile_prior_.unsqueeze(0);
  inputs_.visible = at::zeros({1, size, size}, bytes);
  // One year forward.
  inputs_.time = at::ones({1, 2}, reals);
}

void Features::set_climate(const at::Tensor &host) { climate_.copy_(host); }

void Features::set_scenario(const at::Tensor &host) { scenario_.copy_(host); }

const EmulatorInputs &Features::assemble(const Tile &tile, const at::Tensor &state) {
  cut(statics_, tile_statics_, 0, tile.rows, tile.cols);
  cut(climate_, tile_climate_, 0, tile.rows, tile.cols);
  cut(scenario_, tile_scenario_, 1, tile.coarse_rows, tile.coarse_cols);
  cut_state(state, tile_prior_, tile.rows, tile.cols);
  at::ne_out(inputs_.visible, inputs_.prior, kUnknown);
  return inputs_;
}

}  // namespace landbc
