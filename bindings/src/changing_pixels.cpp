#include "changing_pixels.h"

#include <ATen/ATen.h>

namespace landbc {

using std::size_t;

ChangingPixels::ChangingPixels(std::shared_ptr<const LiveBlocks> blocks, const std::vector<uint8_t> &active,
                               c10::Device device)
    : blocks_(std::move(blocks)), device_(device) {
  if (!device_.is_cpu()) {
    const PixelMap<uint8_t> map(blocks_, active, 0, device_);
    const Canvas &canvas = blocks_->canvas();
    plain_ = map.rectangle(0, 0, map.room(canvas.rows.length, canvas.cols.length));
    return;
  }
  rows_.assign(static_cast<size_t>(blocks_->count() * kBlock), 0);
  const Canvas &canvas = blocks_->canvas();
  canvas.each_inside([&](int64_t row, int64_t col, int64_t from_row, int64_t from_col, int64_t rows,
                         int64_t cols) {
    each_block(
        row, col, rows, cols,
        [&](int64_t block_row, int64_t block_col, int64_t top, int64_t bottom, int64_t left, int64_t right) {
          const int32_t slot = blocks_->slot(block_row, block_col);
          if (slot < 0) return;
          for (int64_t r = top; r < bottom; ++r) {
            const uint8_t *const line =
                active.data() + (from_row + r - row) * canvas.cols.extent + from_col + left - col;
            Row &bits = rows_[static_cast<size_t>(slot * kBlock + r % kBlock)];
            for (int64_t c = left; c < right; ++c) {
              if (line[c - left] != 0) bits = static_cast<Row>(bits | 1U << (c % kBlock));
            }
          }
        });
  });
}

at::Tensor ChangingPixels::room(int64_t rows, int64_t cols) const {
  return at::empty({rows, cols}, at::TensorOptions().dtype(at::kByte).device(device_));
}

void ChangingPixels::read(int64_t row, int64_t col, int64_t rows, int64_t cols, uint8_t *to,
                          int64_t stride) const {
  each_block(
      row, col, rows, cols,
      [&](int64_t block_row, int64_t block_col, int64_t top, int64_t bottom, int64_t left, int64_t right) {
        const int32_t slot = blocks_->slot(block_row, block_col);
        uint8_t *line = to + (top - row) * stride + left - col;
        for (int64_t r = top; r < bottom; ++r, line += stride) {
          const unsigned bits = slot < 0 ? 0U : rows_[static_cast<size_t>(slot * kBlock + r % kBlock)];
          for (int64_t c = left; c < right; ++c)
            line[c - left] = static_cast<uint8_t>(bits >> (c % kBlock) & 1U);
        }
      });
}

at::Tensor ChangingPixels::rectangle(int64_t row, int64_t col, const at::Tensor &room) const {
  const int64_t rows = room.size(0);
  const int64_t cols = room.size(1);
  if (plain_.defined()) return plain_.narrow(0, row, rows).narrow(1, col, cols);
  read(row, col, rows, cols, room.mutable_data_ptr<uint8_t>(), room.stride(0));
  return room;
}

std::vector<uint8_t> ChangingPixels::over_region() const {
  const Canvas &canvas = blocks_->canvas();
  std::vector<uint8_t> active(static_cast<size_t>(canvas.rows.extent * canvas.cols.extent));
  const at::Tensor region = at::from_blob(active.data(), {canvas.rows.extent, canvas.cols.extent}, at::kByte);
  const at::Tensor found = rectangle(canvas.rows.offset, canvas.cols.offset, region);
  if (!found.is_same(region)) region.copy_(found);
  return active;
}

}  // namespace landbc
