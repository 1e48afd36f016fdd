#include "pixel_map.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "transfer.h"

namespace landbc {

using std::size_t;

namespace {

int64_t blocks_along(const Axis &axis) { return (axis.length + kBlock - 1) / kBlock; }

}  // namespace

LiveBlocks::LiveBlocks(const Canvas &canvas, const std::vector<uint8_t> &active)
    : canvas_(canvas),
      rows_(blocks_along(canvas.rows)),
      cols_(blocks_along(canvas.cols)),
      slot_(static_cast<size_t>(rows_ * cols_), -1) {
  canvas_.each_inside(
      [&](int64_t row, int64_t col, int64_t from_row, int64_t from_col, int64_t rows, int64_t cols) {
        for (int64_t r = 0; r < rows; ++r) {
          const uint8_t *const line = active.data() + (from_row + r) * canvas_.cols.extent + from_col;
          int32_t *const slots = slot_.data() + (row + r) / kBlock * cols_;
          for (int64_t c = 0; c < cols; ++c) {
            if (line[c] != 0) slots[(col + c) / kBlock] = 0;
          }
        }
      });
  for (int32_t &slot : slot_) {
    if (slot == 0) slot = static_cast<int32_t>(count_++);
  }
}

template <class Number>
PixelMap<Number>::PixelMap(std::shared_ptr<const LiveBlocks> blocks, const std::vector<Number> &values,
                           Number beyond, c10::Device device)
    : blocks_(std::move(blocks)), device_(device) {
  const Canvas &canvas = blocks_->canvas();
  if (!device_.is_cpu()) {
    plain_ = at::full({canvas.rows.length, canvas.cols.length}, beyond,
                      at::TensorOptions().dtype(c10::CppTypeToScalarType<Number>::value).device(device_));
  } else {
    live_.assign(static_cast<size_t>(blocks_->count()) * kPixels, beyond);
    make_still(values, beyond);
  }
  take_region(values);
}

template <class Number>
PixelMap<Number>::PixelMap(const PixelMap &other)
    : blocks_(other.blocks_),
      still_(other.still_),
      live_(other.live_),
      plain_(other.plain_.defined() ? other.plain_.clone() : at::Tensor()),
      device_(other.device_) {}

template <class Number>
PixelMap<Number> &PixelMap<Number>::operator=(const PixelMap &other) {
  return *this = PixelMap(other);
}

// Block by block, so that no second map of the whole canvas is ever needed.
template <class Number>
void PixelMap<Number>::make_still(const std::vector<Number> &values, Number beyond) {
  auto still = std::make_shared<Still>();
  const Canvas &canvas = blocks_->canvas();
  const auto sources = [](const Axis &axis) {
    std::vector<int64_t> from(static_cast<size_t>(axis.length), -1);
    for (const Segment &segment : axis.segments) {
      for (int64_t i = 0; i < segment.length && !segment.outside; ++i)
        from[static_cast<size_t>(segment.destination + i)] = segment.source + i;
    }
    return from;
  };
  const std::vector<int64_t> row_from = sources(canvas.rows);
  const std::vector<int64_t> col_from = sources(canvas.cols);
  still->place.assign(static_cast<size_t>(blocks_->rows() * blocks_->cols()), 0);
  each_block(
      0, 0, canvas.rows.length, canvas.cols.length,
      [&](int64_t block_row, int64_t block_col, int64_t top, int64_t bottom, int64_t left, int64_t right) {
        if (blocks_->slot(block_row, block_col) >= 0) return;
        std::array<Number, kPixels> block;
        block.fill(beyond);
        for (int64_t r = top; r < bottom; ++r) {
          for (int64_t c = left; c < right; ++c) {
            const int64_t y = row_from[static_cast<size_t>(r)];
            const int64_t x = col_from[static_cast<size_t>(c)];
            if (y < 0 || x < 0) continue;
            block[static_cast<size_t>((r % kBlock) * kBlock + c % kBlock)] =
                values[static_cast<size_t>(y * canvas.cols.extent + x)];
          }
        }
        int32_t &place = still->place[static_cast<size_t>(block_row * blocks_->cols() + block_col)];
        const bool single =
            std::all_of(block.begin(), block.end(), [&](Number n) { return n == block.front(); });
        if (single) {
          const auto known = std::find(still->single.begin(), still->single.end(), block.front());
          place = -1 - static_cast<int32_t>(known - still->single.begin());
          if (known == still->single.end()) still->single.push_back(block.front());
        } else {
          place = static_cast<int32_t>(still->pool.size() / kPixels);
          still->pool.insert(still->pool.end(), block.begin(), block.end());
        }
      });
  still->pool.shrink_to_fit();
  still_ = std::move(still);
}

template <class Number>
PixelMap<Number> PixelMap<Number>::like(Number value) const {
  PixelMap map;
  map.blocks_ = blocks_;
  map.still_ = still_;
  map.device_ = device_;
  if (device_.is_cpu()) {
    map.live_.assign(static_cast<size_t>(blocks_->count()) * kPixels, value);
  } else {
    map.plain_ = room(blocks_->canvas().rows.length, blocks_->canvas().cols.length).fill_(value);
  }
  return map;
}

template <class Number>
void PixelMap<Number>::forget() {
  live_ = std::vector<Number>();
  plain_.reset();
}

template <class Number>
void PixelMap<Number>::take(const PixelMap &other) {
  if (plain_.defined()) {
    plain_.copy_(other.plain_);
  } else {
    std::copy(other.live_.begin(), other.live_.end(), live_.begin());
  }
}

template <class Number>
at::Tensor PixelMap<Number>::room(int64_t rows, int64_t cols) const {
  return at::empty({rows, cols},
                   at::TensorOptions().dtype(c10::CppTypeToScalarType<Number>::value).device(device_));
}

template <class Number>
void PixelMap<Number>::read(int64_t row, int64_t col, int64_t rows, int64_t cols, Number *to,
                            int64_t stride) const {
  each_block(
      row, col, rows, cols,
      [&](int64_t block_row, int64_t block_col, int64_t top, int64_t bottom, int64_t left, int64_t right) {
        Number *line = to + (top - row) * stride + left - col;
        const auto width = static_cast<size_t>(right - left);
        const Number *block = nullptr;
        if (const int32_t slot = blocks_->slot(block_row, block_col); slot >= 0) {
          block = live_.data() + static_cast<size_t>(slot) * kPixels;
        } else {
          const int32_t place = still_->place[static_cast<size_t>(block_row * blocks_->cols() + block_col)];
          if (place < 0) {
            for (int64_t r = top; r < bottom; ++r, line += stride)
              std::fill_n(line, width, still_->single[static_cast<size_t>(-1 - place)]);
            return;
          }
          block = still_->pool.data() + static_cast<size_t>(place) * kPixels;
        }
        block += (top % kBlock) * kBlock + left % kBlock;
        for (int64_t r = top; r < bottom; ++r, line += stride, block += kBlock)
          std::copy_n(block, width, line);
      });
}

template <class Number>
void PixelMap<Number>::write(int64_t row, int64_t col, int64_t rows, int64_t cols, const Number *from,
                             int64_t stride) {
  each_block(
      row, col, rows, cols,
      [&](int64_t block_row, int64_t block_col, int64_t top, int64_t bottom, int64_t left, int64_t right) {
        const int32_t slot = blocks_->slot(block_row, block_col);
        if (slot < 0) return;
        const Number *line = from + (top - row) * stride + left - col;
        Number *block =
            live_.data() + static_cast<size_t>(slot) * kPixels + (top % kBlock) * kBlock + left % kBlock;
        for (int64_t r = top; r < bottom; ++r, line += stride, block += kBlock)
          std::copy_n(line, static_cast<size_t>(right - left), block);
      });
}

template <class Number>
at::Tensor PixelMap<Number>::rectangle(int64_t row, int64_t col, const at::Tensor &room) const {
  const int64_t rows = room.size(0);
  const int64_t cols = room.size(1);
  if (plain_.defined()) return plain_.narrow(0, row, rows).narrow(1, col, cols);
  read(row, col, rows, cols, room.mutable_data_ptr<Number>(), room.stride(0));
  return room;
}

template <class Number>
void PixelMap<Number>::put(int64_t row, int64_t col, const at::Tensor &values) {
  if (plain_.defined()) {
    plain_.narrow(0, row, values.size(0)).narrow(1, col, values.size(1)).copy_(values);
  } else {
    write(row, col, values.size(0), values.size(1), values.const_data_ptr<Number>(), values.stride(0));
  }
}

template <class Number>
void PixelMap<Number>::pick(const std::vector<int64_t> &positions, Number *values) const {
  const int64_t cols = blocks_->canvas().cols.length;
  if (plain_.defined()) {
    const at::Tensor index = at::tensor(positions, at::kLong).to(device_);
    const at::Tensor picked = download(plain_.view({-1}).index_select(0, index));
    std::copy_n(picked.const_data_ptr<Number>(), positions.size(), values);
    return;
  }
  for (size_t i = 0; i < positions.size(); ++i)
    read(positions[i] / cols, positions[i] % cols, 1, 1, values + i, 1);
}

template <class Number>
void PixelMap<Number>::put(const std::vector<int64_t> &positions, const Number *values) {
  const int64_t cols = blocks_->canvas().cols.length;
  if (plain_.defined()) {
    const at::Tensor host = at::from_blob(const_cast<Number *>(values),
                                          {static_cast<int64_t>(positions.size())}, plain_.scalar_type());
    plain_.view({-1}).index_put_({at::tensor(positions, at::kLong).to(device_)}, host.to(device_));
    return;
  }
  for (size_t i = 0; i < positions.size(); ++i)
    write(positions[i] / cols, positions[i] % cols, 1, 1, values + i, 1);
}

template <class Number>
void PixelMap<Number>::over_region(std::vector<Number> &values) const {
  const int64_t extent = blocks_->canvas().cols.extent;
  const at::Tensor host = plain_.defined() ? download(plain_) : at::Tensor();
  blocks_->canvas().each_inside([&](int64_t row, int64_t col, int64_t to_row, int64_t to_col, int64_t rows,
                                    int64_t cols) {
    // What is repeated beside the dateline may not be up to date.
    if (col != to_col + blocks_->canvas().cols.offset) return;
    Number *const to = values.data() + to_row * extent + to_col;
    if (!host.defined()) return read(row, col, rows, cols, to, extent);
    for (int64_t r = 0; r < rows; ++r)
      std::copy_n(host.const_data_ptr<Number>() + (row + r) * host.stride(0) + col, cols, to + r * extent);
  });
}

template <class Number>
void PixelMap<Number>::take_region(const std::vector<Number> &values) {
  const Canvas &canvas = blocks_->canvas();
  const at::Tensor host =
      at::from_blob(const_cast<Number *>(values.data()), {canvas.rows.extent, canvas.cols.extent},
                    c10::CppTypeToScalarType<Number>::value);
  const at::Tensor field = host.to(device_);
  canvas.each_inside(
      [&](int64_t row, int64_t col, int64_t from_row, int64_t from_col, int64_t rows, int64_t cols) {
        put(row, col, field.narrow(0, from_row, rows).narrow(1, from_col, cols));
      });
}

template <class Number>
void PixelMap<Number>::repeat_columns() {
  const Axis &cols = blocks_->canvas().cols;
  if (cols.extent != kGlobalCols) return;
  const int64_t rows = blocks_->canvas().rows.length;
  for (const Segment &segment : cols.segments) {
    const int64_t own = cols.offset + segment.source;
    if (own == segment.destination) continue;
    put(0, segment.destination, rectangle(0, own, room(rows, segment.length)).clone());
  }
}

template <class Number>
size_t PixelMap<Number>::bytes() const {
  return plain_.defined() ? plain_.nbytes() : live_.capacity() * sizeof(Number);
}

template <class Number>
size_t PixelMap<Number>::shared_bytes() const {
  return still_ ? still_->place.size() * sizeof(int32_t) + still_->pool.capacity() * sizeof(Number) : 0;
}

template class PixelMap<uint8_t>;
template class PixelMap<int16_t>;

}  // namespace landbc
