// A map of whole numbers on the canvas that holds memory for land alone. The canvas is cut into blocks of
// 16 x 16 pixels; those with a pixel that may change (live ones) are held by every map, the others once for
// all maps of a kind, and of these the ones of a single value take no block at all. On an accelerator a map
// is a plain tensor, from which tiles are views.
#pragma once

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "canvas.h"

namespace landbc {

constexpr int64_t kBlock = 16;

// act(block row, block col, first row, row behind the last, first col, col behind the last) of each block of
// a rectangle of the canvas.
template <class Act>
void each_block(int64_t row, int64_t col, int64_t rows, int64_t cols, const Act &act) {
  for (int64_t block_row = row / kBlock; block_row * kBlock < row + rows; ++block_row) {
    const int64_t top = std::max(row, block_row * kBlock);
    const int64_t bottom = std::min(row + rows, (block_row + 1) * kBlock);
    for (int64_t block_col = col / kBlock; block_col * kBlock < col + cols; ++block_col) {
      const int64_t left = std::max(col, block_col * kBlock);
      const int64_t right = std::min(col + cols, (block_col + 1) * kBlock);
      act(block_row, block_col, top, bottom, left, right);
    }
  }
}

// Which blocks of the canvas are live.
class LiveBlocks {
 public:
  // `active` (row, col) over the canvas's region, not 0 where a pixel may change.
  LiveBlocks(const Canvas &canvas, const std::vector<uint8_t> &active);

  const Canvas &canvas() const { return canvas_; }
  int64_t rows() const { return rows_; }
  int64_t cols() const { return cols_; }
  int64_t count() const { return count_; }
  // The number of the block among the live ones, or -1.
  int32_t slot(int64_t block_row, int64_t block_col) const {
    return slot_[static_cast<std::size_t>(block_row * cols_ + block_col)];
  }
  std::size_t bytes() const { return slot_.size() * sizeof(int32_t); }

 private:
  Canvas canvas_;
  int64_t rows_, cols_, count_ = 0;
  std::vector<int32_t> slot_;
};

// Number: uint8_t or int16_t.
template <class Number>
class PixelMap {
 public:
  PixelMap() = default;
  // `values` (row, col) over the canvas's region, `beyond` outside of it.
  PixelMap(std::shared_ptr<const LiveBlocks> blocks, const std::vector<Number> &values, Number beyond,
           c10::Device device);
  // A copy has memory of its own, also where the map is a tensor, whose own copies are the same memory.
  PixelMap(const PixelMap &other);
  PixelMap &operator=(const PixelMap &other);
  PixelMap(PixelMap &&) noexcept = default;
  PixelMap &operator=(PixelMap &&) noexcept = default;
  ~PixelMap() = default;

  bool defined() const { return blocks_ != nullptr; }
  // A map of the same values where nothing changes, and of `value` in live blocks.
  PixelMap like(Number value) const;
  // Gives back the memory of live blocks: good for `like` and `room` from then on.
  void forget();
  // Takes over what another of its kind has in live blocks.
  void take(const PixelMap &other);

  // The rectangle of the canvas that begins at (row, col) and has the extents of `room`; written there, or a
  // view where the map is a plain tensor.
  at::Tensor rectangle(int64_t row, int64_t col, const at::Tensor &room) const;
  // The other way; what lies in blocks that are not live stays.
  void put(int64_t row, int64_t col, const at::Tensor &values);
  // Values by position on the canvas (row * columns + col); those put must lie in live blocks.
  void pick(const std::vector<int64_t> &positions, Number *values) const;
  void put(const std::vector<int64_t> &positions, const Number *values);
  // (row, col) over the region; kept as they are beyond the canvas.
  void over_region(std::vector<Number> &values) const;
  void take_region(const std::vector<Number> &values);
  // Round the globe the canvas repeats columns: makes them those of the region again.
  void repeat_columns();

  at::Tensor room(int64_t rows, int64_t cols) const;
  c10::Device device() const { return device_; }
  // Of its own, and of what all of its kind share.
  std::size_t bytes() const;
  std::size_t shared_bytes() const;

 private:
  // Blocks that never change: `place` of each block of the canvas, -1 - i for value i of `single`.
  struct Still {
    std::vector<int32_t> place;
    std::vector<Number> pool, single;
  };
  static constexpr std::size_t kPixels = kBlock * kBlock;

  void read(int64_t row, int64_t col, int64_t rows, int64_t cols, Number *to, int64_t stride) const;
  void write(int64_t row, int64_t col, int64_t rows, int64_t cols, const Number *from, int64_t stride);
  void make_still(const std::vector<Number> &values, Number beyond);

  std::shared_ptr<const LiveBlocks> blocks_;
  std::shared_ptr<const Still> still_;
  std::vector<Number> live_;
  at::Tensor plain_;  // on an accelerator, the whole
  c10::Device device_{c10::kCPU};
};

}  // namespace landbc
