// The pixels that may change: those of the window that are known and land. A bit each, in live blocks alone;
// on an accelerator a byte each, as the kernels there want them.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "pixel_map.h"

namespace landbc {

class ChangingPixels {
 public:
  // `active` (row, col) over the canvas's region, not 0 where a pixel may change; `blocks` are made of it.
  ChangingPixels(std::shared_ptr<const LiveBlocks> blocks, const std::vector<uint8_t> &active,
                 c10::Device device);

  const std::shared_ptr<const LiveBlocks> &blocks() const { return blocks_; }
  // As PixelMap's: 1 where a pixel may change, else 0.
  at::Tensor room(int64_t rows, int64_t cols) const;
  at::Tensor rectangle(int64_t row, int64_t col, const at::Tensor &room) const;
  // (row, col) over the region.
  std::vector<uint8_t> over_region() const;

 private:
  // A block's row, its first pixel in the lowest bit.
  using Row = uint16_t;
  static_assert(8 * sizeof(Row) == kBlock);

  void read(int64_t row, int64_t col, int64_t rows, int64_t cols, uint8_t *to, int64_t stride) const;

  std::shared_ptr<const LiveBlocks> blocks_;
  std::vector<Row> rows_;  // (slot, row of the block)
  at::Tensor plain_;       // on an accelerator, the whole canvas
  c10::Device device_;
};

}  // namespace landbc
