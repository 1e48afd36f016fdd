// Weights applied by the engine's loops, by tensor operations on any device, and by plain sums.
#include <ATen/ATen.h>

#include <cmath>
#include <random>
#include <vector>

#include "class_areas.h"
#include "expect.h"
#include "gather.h"
#include "gather_anywhere.h"

namespace {

constexpr int64_t kRows = 60;
constexpr int64_t kCols = 90;
constexpr int64_t kPixels = kRows * kCols;
constexpr int64_t kCells = 13;

struct Example {
  std::vector<int32_t> pixel, cell;
  std::vector<double> area;

  landbc::Overlaps view() const {
    return {pixel.data(), cell.data(), area.data(), static_cast<int64_t>(area.size()), kPixels, kCells};
  }
};

// Cells of seven columns; every seventh pixel is shared by two or three; the last row lies outside.
Example make_example() {
  Example made;
  for (int32_t p = 0; p < kPixels - kCols; ++p) {
    const auto owner = static_cast<int32_t>((p % kCols) / 7 % kCells);
    const double area = 1e6 + static_cast<double>(p / kCols);
    const int32_t shares = p % 7 != 0 ? 1 : 2 + p / 7 % 2;
    for (int32_t s = 0; s < shares; ++s) {
      if (owner + s >= kCells) continue;
      made.pixel.push_back(p);
      made.cell.push_back(owner + s);
      made.area.push_back(shares == 1 ? area : area * (0.1 + 0.3 * s));
    }
  }
  return made;
}

void test_gather(const Example &example) {
  const landbc::Gather gather(example.view());
  std::mt19937 random(1);
  for (const int64_t width : {1, 2, 3, 5, 8, 16, 33}) {
    std::vector<double> values(static_cast<size_t>(kCells * width));
    for (double &value : values) value = std::uniform_real_distribution<>(200, 300)(random);
    const std::vector<float> rounded(values.begin(), values.end());
    std::vector<float> found(static_cast<size_t>(kPixels * width));
    // in pieces, as threads do it
    for (int64_t row = 0; row < kRows; ++row) {
      gather.apply(values.data(), rounded.data(), width, row * kCols, (row + 1) * kCols,
                   found.data() + row * kCols * width);
    }
    const at::Tensor tensor = at::from_blob(values.data(), {kCells, width}, at::kDouble);
    const landbc::GatherAnywhere anywhere(gather, at::kCPU);
    const at::Tensor other = anywhere.table(tensor).index_select(0, anywhere.row_of_pixel());
    expect(at::from_blob(found.data(), {kPixels, width}).equal(other.nan_to_num(0)) == false,
           "the last row is NaN");
    expect(at::from_blob(found.data(), {kPixels, width}).nan_to_num(-1).equal(other.nan_to_num(-1)),
           "the loop and the tensor operations differ");
    std::vector<double> sum(found.size(), 0.0), area(static_cast<size_t>(kPixels), 0.0);
    for (size_t k = 0; k < example.area.size(); ++k) {
      area[static_cast<size_t>(example.pixel[k])] += example.area[k];
      for (int64_t v = 0; v < width; ++v) {
        sum[static_cast<size_t>(example.pixel[k] * width + v)] +=
            example.area[k] * values[static_cast<size_t>(example.cell[k] * width + v)];
      }
    }
    for (size_t i = 0; i < found.size(); ++i) {
      const double covered = area[i / static_cast<size_t>(width)];
      const double wanted = sum[i] / covered;
      expect(covered > 0 ? std::abs(found[i] - wanted) < 2e-5 : std::isnan(found[i]),
             "not the weighted mean");
    }
  }
}

void test_class_areas(const Example &example) {
  std::vector<uint8_t> inside(static_cast<size_t>(kPixels), 1);
  for (size_t p = 0; p < 40; ++p) inside[p] = 0;
  const landbc::ClassAreas areas(example.view(), inside);
  expect_equal(areas.cells(), kCells);
  std::mt19937 random(2);
  for (const int64_t classes : {1, 7, 8, 9, 20, 255}) {
    std::vector<uint8_t> codes(static_cast<size_t>(kPixels));
    for (uint8_t &code : codes) code = static_cast<uint8_t>(random() % 256 < 100 ? 255 : random() % 12);
    std::vector<double> found(static_cast<size_t>(kCells * classes), -1.0), wanted(found.size(), 0.0);
    areas.sum(codes.data(), classes, 0, 5, found.data());
    areas.sum(codes.data(), classes, 5, kCells, found.data());
    for (size_t k = 0; k < example.area.size(); ++k) {
      const auto pixel = static_cast<size_t>(example.pixel[k]);
      if (inside[pixel] == 0 || codes[pixel] >= classes) continue;
      wanted[static_cast<size_t>(example.cell[k] * classes + codes[pixel])] += example.area[k];
    }
    for (size_t i = 0; i < found.size(); ++i) {
      expect(std::abs(found[i] - wanted[i]) <= 1e-13 * wanted[i], "not the sum of the areas");
    }
  }
}

}  // namespace

int main() {
  const Example example = make_example();
  test_gather(example);
  test_class_areas(example);
  return failures;
}
