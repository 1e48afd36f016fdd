#include "past_map.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace landbc {

using std::size_t;

namespace {

constexpr size_t kPixels = kBlock * kBlock;

// The live blocks of a row of blocks lie beside each other: the first one's slot, and how many there are.
struct Run {
  size_t slot = 0, count = 0;
};

Run run_of(const LiveBlocks &blocks, int64_t block_row, int64_t first_col, int64_t last_col) {
  Run run;
  for (int64_t block_col = first_col; block_col <= last_col; ++block_col) {
    const int32_t slot = blocks.slot(block_row, block_col);
    if (slot < 0) continue;
    if (run.count++ == 0) run.slot = static_cast<size_t>(slot);
  }
  return run;
}

}  // namespace

size_t PastMap::size(const LiveBlocks &blocks) {
  return static_cast<size_t>(blocks.count()) * kPixels * sizeof(int16_t);
}

void PastMap::set_aside(const std::shared_ptr<ScratchFile> &file) {
  const Canvas &canvas = blocks_->canvas();
  auto place = std::make_unique<ScratchFile::Place>(file);
  const at::Tensor line = map_->room(kBlock, canvas.cols.length);
  const auto *const pixels = line.const_data_ptr<int16_t>();
  for (int64_t block_row = 0; block_row < blocks_->rows(); ++block_row) {
    const Run run = run_of(*blocks_, block_row, 0, blocks_->cols() - 1);
    if (run.count == 0) continue;
    const int64_t rows = std::min(kBlock, canvas.rows.length - block_row * kBlock);
    map_->rectangle(block_row * kBlock, 0, line.narrow(0, 0, rows));
    row_.assign(run.count * kPixels, kNoValue);
    for (int64_t block_col = 0; block_col < blocks_->cols(); ++block_col) {
      const int32_t slot = blocks_->slot(block_row, block_col);
      if (slot < 0) continue;
      int16_t *const block = row_.data() + (static_cast<size_t>(slot) - run.slot) * kPixels;
      const int64_t first = block_col * kBlock;
      const int64_t cols = std::min(kBlock, canvas.cols.length - first);
      for (int64_t r = 0; r < rows; ++r)
        std::copy_n(pixels + r * canvas.cols.length + first, cols, block + r * kBlock);
    }
    place->write(run.slot * kPixels * sizeof(int16_t), row_.data(), row_.size() * sizeof(int16_t));
  }
  row_ = std::vector<int16_t>();
  place_ = std::move(place);
  map_.reset();
}

at::Tensor PastMap::rectangle(int64_t row, int64_t col, const at::Tensor &room) const {
  if (map_) return map_->rectangle(row, col, room);
  const int64_t rows = room.size(0);
  const int64_t cols = room.size(1);
  const int64_t stride = room.stride(0);
  auto *const to = room.mutable_data_ptr<int16_t>();
  int64_t row_at_hand = -1;
  Run run;
  each_block(
      row, col, rows, cols,
      [&](int64_t block_row, int64_t block_col, int64_t top, int64_t bottom, int64_t left, int64_t right) {
        if (block_row != row_at_hand) {
          row_at_hand = block_row;
          run = run_of(*blocks_, block_row, block_col, (col + cols - 1) / kBlock);
          row_.resize(run.count * kPixels);
          if (run.count > 0)
            place_->read(run.slot * kPixels * sizeof(int16_t), row_.data(), row_.size() * sizeof(int16_t));
        }
        const int32_t slot = blocks_->slot(block_row, block_col);
        int16_t *line = to + (top - row) * stride + left - col;
        const int64_t width = right - left;
        if (slot < 0) {
          for (int64_t r = top; r < bottom; ++r, line += stride) std::fill_n(line, width, kNoValue);
          return;
        }
        const int16_t *block = row_.data() + (static_cast<size_t>(slot) - run.slot) * kPixels +
                               top % kBlock * kBlock + left % kBlock;
        for (int64_t r = top; r < bottom; ++r, line += stride, block += kBlock)
          std::copy_n(block, width, line);
      });
  return room;
}

SeriesMap PastMap::copy(const SeriesMap &empty) const {
  SeriesMap map = empty;
  const Canvas &canvas = blocks_->canvas();
  for (int64_t row = 0; row < canvas.rows.length; row += kBlock) {
    const int64_t rows = std::min(kBlock, canvas.rows.length - row);
    map.put(row, 0, rectangle(row, 0, map.room(rows, canvas.cols.length)));
  }
  return map;
}

}  // namespace landbc
