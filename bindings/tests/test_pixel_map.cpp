// Maps in blocks give what a plain array of the canvas gives, whatever is read, put, picked or repeated, in
// memory or in a scratch file; so do the bits of what may change.
#include <ATen/ATen.h>

#include <random>

#include "changing_pixels.h"
#include "expect.h"
#include "past_map.h"
#include "pixel_map.h"

namespace {

using landbc::Canvas;
using landbc::ChangingPixels;
using landbc::kGlobalCols;
using landbc::LiveBlocks;
using landbc::PixelMap;
using landbc::Window;

constexpr uint8_t kBeyond = 255;

// The canvas as a plain array, laid by hand: what lies beyond the region has one value.
class Plain {
 public:
  Plain(const Canvas &canvas, const std::vector<uint8_t> &values)
      : canvas_(canvas), all_(static_cast<size_t>(canvas.rows.length * canvas.cols.length), kBeyond) {
    for (int64_t row = 0; row < canvas.rows.length; ++row) {
      for (int64_t col = 0; col < canvas.cols.length; ++col) {
        const int64_t y = row - canvas.rows.offset;
        int64_t x = col - canvas.cols.offset;
        if (canvas.cols.extent == kGlobalCols) x = (x + kGlobalCols) % kGlobalCols;
        if (y < 0 || y >= canvas.rows.extent || x < 0 || x >= canvas.cols.extent) continue;
        at(row, col) = values[static_cast<size_t>(y * canvas.cols.extent + x)];
      }
    }
  }

  uint8_t &at(int64_t row, int64_t col) { return all_[static_cast<size_t>(row * canvas_.cols.length + col)]; }

 private:
  const Canvas &canvas_;
  std::vector<uint8_t> all_;
};

void compare(const PixelMap<uint8_t> &map, Plain &plain, int64_t row, int64_t col, int64_t rows,
             int64_t cols) {
  const at::Tensor found = map.rectangle(row, col, map.room(rows, cols));
  const auto view = found.accessor<uint8_t, 2>();
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t c = 0; c < cols; ++c) expect_equal(int{view[r][c]}, int{plain.at(row + r, col + c)});
  }
}

// As an emulator of a series makes them: no value where nothing changes.
void test_past(const std::shared_ptr<const LiveBlocks> &blocks, const std::vector<uint8_t> &active) {
  std::vector<int16_t> numbers(active.size());
  for (size_t p = 0; p < numbers.size(); ++p)
    numbers[p] = active[p] != 0 ? static_cast<int16_t>(p % 32768) : landbc::kNoValue;
  const landbc::SeriesMap map(blocks, numbers, landbc::kNoValue, c10::kCPU);
  const auto file = landbc::ScratchFile::make(landbc::PastMap::size(*blocks));
  const Canvas &canvas = blocks->canvas();
  landbc::PastMap first(blocks, map), second(blocks, map.like(7));
  second.set_aside(file);
  {
    landbc::PastMap gone(blocks, map.like(9));
    gone.set_aside(file);
  }
  first.set_aside(file);  // where `gone` was
  expect(!first.in_memory(), "it was set aside");
  const auto whole = [&](const auto &of) {
    return of.rectangle(0, 0, map.room(canvas.rows.length, canvas.cols.length));
  };
  expect(whole(first).equal(whole(map)), "the same from the file");
  expect(whole(second).equal(whole(map.like(7))), "each has its own place");
  expect(whole(first.copy(map.like(landbc::kNoValue))).equal(whole(map)), "the same in memory again");
  const at::Tensor part = first.rectangle(canvas.rows.offset + 9, canvas.cols.offset + 21, map.room(37, 70));
  expect(part.equal(whole(map).narrow(0, canvas.rows.offset + 9, 37).narrow(1, canvas.cols.offset + 21, 70)),
         "a part");
}

void test_changing(const std::shared_ptr<const LiveBlocks> &blocks, const std::vector<uint8_t> &active) {
  const ChangingPixels changing(blocks, active, c10::kCPU);
  expect(changing.over_region() == active, "as it was given");
  const PixelMap<uint8_t> map(blocks, active, 0, c10::kCPU);
  const Canvas &canvas = blocks->canvas();
  for (const int64_t rows : {canvas.rows.length, int64_t{77}}) {
    const at::Tensor found = changing.rectangle(canvas.rows.length - rows, 3, changing.room(rows, 501));
    expect(found.equal(map.rectangle(canvas.rows.length - rows, 3, map.room(rows, 501))), "as the bytes");
  }
}

void test_region(const Window &region, uint32_t seed) {
  const Canvas canvas(region, 400, 112);
  std::mt19937 random(seed);
  std::vector<uint8_t> active(static_cast<size_t>(region.pixels()), 0);
  std::vector<uint8_t> values(active.size());
  const auto place = [&](int64_t row, int64_t col) { return static_cast<size_t>(row * region.cols + col); };
  // Two islands, one of a single pixel; blocks of one value and of many around them.
  for (int64_t row = 0; row < region.rows; ++row) {
    for (int64_t col = 0; col < region.cols; ++col) {
      active[place(row, col)] = (row > 30 && row < 60 && col < 45) || (row == 10 && col == 77) ? 1 : 0;
      values[place(row, col)] = static_cast<uint8_t>(row < 20 ? 7 : random() % 9);
    }
  }
  const auto blocks = std::make_shared<const LiveBlocks>(canvas, active);
  test_changing(blocks, active);
  test_past(blocks, active);
  PixelMap<uint8_t> map(blocks, values, kBeyond, c10::kCPU);
  Plain plain(canvas, values);
  expect(map.bytes() + map.shared_bytes() < values.size() * 2, "no more than land takes");
  compare(map, plain, 0, 0, 200, 300);
  const int64_t top = canvas.rows.offset;
  const int64_t left = canvas.cols.offset;
  compare(map, plain, top + 7, left + 3, 61, 71);

  // Only what may change is taken; a second map of the kind keeps its own.
  PixelMap<uint8_t> other = map.like(3);
  other.take(map);
  at::Tensor put = at::full({50, 60}, 5, at::kByte);
  const at::Tensor before = map.rectangle(top + 25, left, map.room(50, 60)).clone();
  put = at::where(at::from_blob(active.data(), {region.rows, region.cols}, at::kByte)
                      .narrow(0, 25, 50)
                      .narrow(1, 0, 60)
                      .to(at::kBool),
                  put, before);
  map.put(top + 25, left, put);
  compare(other, plain, top, left, 100, 100);
  for (int64_t row = 25; row < 75; ++row) {
    for (int64_t col = 0; col < 60; ++col) {
      if (active[place(row, col)] != 0) plain.at(top + row, left + col) = 5;
    }
  }
  compare(map, plain, top, left, 100, 100);

  const std::vector<int64_t> index{region.cols * 40 + 12, region.cols * 10 + 77, region.cols * 31};
  const std::vector<int64_t> positions = canvas.positions(index);
  std::vector<uint8_t> picked(index.size());
  map.pick(positions, picked.data());
  for (size_t i = 0; i < index.size(); ++i)
    expect_equal(int{picked[i]}, int{plain.at(top + index[i] / region.cols, left + index[i] % region.cols)});
  const std::vector<uint8_t> given{1, 2, 3};
  map.put(positions, given.data());
  for (size_t i = 0; i < index.size(); ++i)
    plain.at(top + index[i] / region.cols, left + index[i] % region.cols) = given[i];
  compare(map, plain, top, left, 100, 100);

  std::vector<uint8_t> over(values.size(), 99);
  map.over_region(over);
  for (const int64_t i : index)
    expect_equal(int{over[static_cast<size_t>(i)]},
                 int{plain.at(top + i / region.cols, left + i % region.cols)});
  if (region.cols != kGlobalCols) return;
  // Round the globe the columns beside the dateline lie on both sides.
  map.repeat_columns();
  const int64_t beyond = left + region.cols;
  const at::Tensor seen = map.rectangle(top + 31, beyond, map.room(1, 20));
  expect_equal(int{seen.accessor<uint8_t, 2>()[0][0]}, 3);
}

}  // namespace

int main() {
  test_region(Window{4000, 18000, 100, 150}, 1);
  test_region(Window{3975, 17950, 125, 475}, 2);
  test_region(Window{4000, 0, 100, kGlobalCols}, 3);
  return failures;
}
