#include "hidden_state.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cstring>

#include "error.h"
#include "pack.h"
#include "transfer.h"

namespace landbc {
namespace {

// Cells are numbered along rows that are twice as long as the globe's, for columns are counted on beyond the
// dateline.
constexpr int64_t kTwoTurns = 2 * kGlobalCols;

std::vector<int64_t> sorted_once(std::vector<int64_t> numbers) {
  std::sort(numbers.begin(), numbers.end());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  return numbers;
}

}  // namespace

HiddenState::HiddenState(const Distribution &distribution, const Canvas &canvas,
                         const std::vector<Tile> &tiles, const std::vector<uint8_t> &active, int64_t channels,
                         int64_t pixels, c10::Device device)
    : distribution_(distribution),
      canvas_(canvas),
      channels_(channels),
      pixels_(pixels),
      rows_(canvas.rows.length / pixels),
      cols_(canvas.cols.length / pixels),
      device_(device) {
  if (channels == 0) return;
  const Window &extended = distribution.extended();
  if (extended.periodic() && extended.col % pixels != 0) {
    fail(LANDBC_ERROR_BUNDLE, "a window round the globe must begin at a multiple of ", pixels,
         " columns for this emulator, not at ", extended.col);
  }
  const int64_t width = canvas.cols.extent;
  std::vector<uint8_t> mask(static_cast<size_t>(rows_ * cols_), 0);
  for (const Tile &tile : tiles) {
    for (int64_t row = tile.core_row; row < tile.core_row + tile.core_rows; ++row) {
      for (int64_t col = tile.core_col; col < tile.core_col + tile.core_cols; ++col) {
        const int64_t at = (row - canvas.rows.offset) * width + col - canvas.cols.offset;
        if (active[static_cast<size_t>(at)] == 0) continue;
        mask[static_cast<size_t>(row / pixels * cols_ + col / pixels)] = 1;
      }
    }
  }
  changing_ = at::tensor(at::ArrayRef<uint8_t>(mask), at::kByte).view({rows_, cols_}).to(device_);
  std::vector<std::pair<int64_t, int>> cells;
  for (const int64_t pixel : distribution.halo()) {
    const int64_t row = extended.row + pixel / extended.cols;
    const int64_t col = extended.col + pixel % extended.cols;
    cells.emplace_back(row / pixels * kTwoTurns + col / pixels, distribution.owner(pixel));
  }
  std::sort(cells.begin(), cells.end());
  cells.erase(std::unique(cells.begin(), cells.end()), cells.end());
  for (const auto &[cell, rank] : cells) {
    halo_.push_back(cell);
    halo_owners_.push_back(rank);
  }
  if (extended.periodic()) {
    std::vector<int64_t> column;
    const int64_t first = canvas.cols.offset / pixels;
    const int64_t extent = canvas.cols.extent / pixels;
    for (int64_t c = 0; c < cols_; ++c) column.push_back(first + ((c - first) % extent + extent) % extent);
    column_ = at::tensor(column, at::kLong).to(device_);
  }
}

void HiddenState::connect() {
  Team &team = distribution_.team();
  if (channels_ == 0 || team.size() == 1) return;
  halos_.emplace(team, halo_, halo_owners_, [](int64_t cell) { return cell; });
  halo_taken_ = positions(halo_);
  halo_given_ = positions(halos_->given());
}

std::vector<int64_t> HiddenState::own() const {
  const at::Tensor mask = changing_.to(at::kCPU);
  const auto *const cells = mask.const_data_ptr<uint8_t>();
  std::vector<int64_t> numbers;
  for (int64_t row = 0; row < rows_; ++row) {
    for (int64_t col = 0; col < cols_; ++col) {
      if (cells[row * cols_ + col] == 0) continue;
      numbers.push_back((canvas_.rows.begin / pixels_ + row) * kTwoTurns + canvas_.cols.begin / pixels_ +
                        col);
    }
  }
  return numbers;
}

at::Tensor HiddenState::positions(const std::vector<int64_t> &numbers) const {
  std::vector<int64_t> at;
  for (const int64_t number : numbers) {
    const int64_t row = number / kTwoTurns - canvas_.rows.begin / pixels_;
    const int64_t col = number % kTwoTurns - canvas_.cols.begin / pixels_;
    at.push_back(row * cols_ + col);
  }
  return at::tensor(at, at::kLong).to(device_);
}

at::Tensor HiddenState::zeros() const {
  return at::zeros({channels_, rows_, cols_}, at::TensorOptions().dtype(at::kFloat).device(device_));
}

at::Tensor HiddenState::of(const at::Tensor &state, const Tile &tile, int64_t size) const {
  if (channels_ == 0)
    return at::zeros({1, 0, size / pixels_, size / pixels_},
                     at::TensorOptions().dtype(at::kFloat).device(device_));
  return state.narrow(1, tile.row / pixels_, size / pixels_)
      .narrow(2, tile.col / pixels_, size / pixels_)
      .contiguous()
      .unsqueeze(0);
}

at::Tensor HiddenState::put(const at::Tensor &state, const Tile &tile, int64_t core, int64_t halo,
                            const at::Tensor &given) const {
  if (channels_ == 0) return at::ones({}, at::TensorOptions().dtype(at::kBool).device(device_));
  const int64_t edge = halo / pixels_;
  const int64_t size = core / pixels_;
  const auto part = [&](const at::Tensor &all, int64_t dimension, int64_t row, int64_t col) {
    return all.narrow(dimension, row, size).narrow(dimension + 1, col, size);
  };
  const int64_t row = tile.row / pixels_ + edge;
  const int64_t col = tile.col / pixels_ + edge;
  const at::Tensor changes = part(changing_, 0, row, col).to(at::kBool);
  const at::Tensor values = part(given[0], 1, edge, edge);
  part(state, 1, row, col).copy_(at::where(changes, values, at::zeros_like(values)));
  return values.isfinite().logical_or(changes.logical_not()).all();
}

at::Tensor HiddenState::pick(const at::Tensor &state, const at::Tensor &positions) const {
  return download(state.view({channels_, -1}).index_select(1, positions).t().contiguous());
}

void HiddenState::exchange_halos(at::Tensor &state) const {
  if (channels_ == 0) return;
  if (halos_) {
    const at::Tensor given = pick(state, halo_given_);
    at::Tensor taken = at::empty({halo_taken_.size(0), channels_}, at::kFloat);
    halos_->move_listed(static_cast<const uint8_t *>(given.const_data_ptr()),
                        static_cast<size_t>(channels_) * sizeof(float),
                        static_cast<uint8_t *>(taken.mutable_data_ptr()));
    state.view({channels_, -1}).index_copy_(1, halo_taken_, taken.t().to(device_));
  }
  if (column_.defined()) state = state.index_select(2, column_);
}

HiddenState::Cells HiddenState::collect(const at::Tensor &state) const {
  Cells all;
  if (channels_ == 0) return all;
  const auto width = static_cast<size_t>(channels_);
  const std::vector<int64_t> computed = own();
  const at::Tensor here = pick(state, positions(computed));
  const auto numbers = unpack<int64_t>(distribution_.team().collect(pack(computed)));
  const auto values = unpack<float>(
      distribution_.team().collect(pack(here.const_data_ptr<float>(), static_cast<size_t>(here.numel()))));
  all.number = sorted_once(numbers);
  all.values.resize(values.size());
  for (size_t i = 0; i < numbers.size(); ++i) {
    const auto to = std::lower_bound(all.number.begin(), all.number.end(), numbers[i]) - all.number.begin();
    std::copy_n(values.begin() + static_cast<std::ptrdiff_t>(i * width), width,
                all.values.begin() + to * static_cast<std::ptrdiff_t>(width));
  }
  return all;
}

at::Tensor HiddenState::from(const Cells &cells) const {
  at::Tensor state = zeros();
  if (channels_ == 0) return state;
  std::vector<int64_t> here;
  std::vector<int64_t> index;
  for (size_t i = 0; i < cells.number.size(); ++i) {
    const int64_t row = cells.number[i] / kTwoTurns - canvas_.rows.begin / pixels_;
    const int64_t col = cells.number[i] % kTwoTurns - canvas_.cols.begin / pixels_;
    if (row < 0 || row >= rows_ || col < 0 || col >= cols_) continue;
    here.push_back(cells.number[i]);
    index.push_back(static_cast<int64_t>(i));
  }
  const at::Tensor values = at::from_blob(const_cast<float *>(cells.values.data()),
                                          {static_cast<int64_t>(cells.number.size()), channels_}, at::kFloat)
                                .index_select(0, at::tensor(index, at::kLong));
  state.view({channels_, -1}).index_copy_(1, positions(here), values.t().to(device_));
  return column_.defined() ? state.index_select(2, column_) : state;
}

}  // namespace landbc
