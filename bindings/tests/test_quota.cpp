// Small cells against trying every map: no map with the demanded numbers is more probable.
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "expect.h"
#include "quota.h"

namespace {

constexpr int64_t kRows = 2;
constexpr int64_t kCols = 4;
constexpr int64_t kClasses = 3;

// Best sum of logits over all maps with these counts; logits are whole numbers, sums exact.
double best_of_all(const std::vector<float> &logits, const std::vector<int32_t> &counts) {
  double best = -1e30;
  int64_t maps = 1;
  for (int64_t i = 0; i < kRows * kCols; ++i) maps *= kClasses;
  for (int64_t map = 0; map < maps; ++map) {
    std::vector<int32_t> held(kClasses, 0);
    double sum = 0.0;
    int64_t rest = map;
    for (int64_t p = 0; p < kRows * kCols; ++p, rest /= kClasses) {
      ++held[static_cast<size_t>(rest % kClasses)];
      sum += logits[static_cast<size_t>(rest % kClasses * kRows * kCols + p)];
    }
    if (held == counts && sum > best) best = sum;
  }
  return best;
}

void every_map_is_beaten() {
  std::mt19937 random(1);
  landbc::QuotaAllocator allocator(kClasses);
  const std::vector<uint8_t> active(kRows * kCols, 1);
  for (int trial = 0; trial < 40; ++trial) {
    std::vector<float> logits(kClasses * kRows * kCols);
    for (float &value : logits) value = static_cast<float>(random() % 7);
    std::vector<int32_t> counts(kClasses, 0);
    for (int64_t p = 0; p < kRows * kCols; ++p) ++counts[random() % kClasses];
    std::vector<uint8_t> codes(kRows * kCols, 0);
    for (size_t p = 0; p < codes.size(); ++p) {
      for (uint8_t c = 1; c < kClasses; ++c) {
        if (logits[c * codes.size() + p] > logits[codes[p] * codes.size() + p]) codes[p] = c;
      }
    }
    const landbc::CellView cell{logits.data(), kRows * kCols, kCols,        1,
                                active.data(), kCols,         codes.data(), kCols};
    expect(allocator.allocate(cell, kRows, kCols, counts.data()), "the counts sum to the active pixels");
    std::vector<int32_t> held(kClasses, 0);
    double sum = 0.0;
    for (size_t p = 0; p < codes.size(); ++p) {
      ++held[codes[p]];
      sum += logits[codes[p] * codes.size() + p];
    }
    expect(held == counts, "the counts are those demanded");
    expect_equal(sum, best_of_all(logits, counts));
    counts[0] += 1;
    expect(!allocator.allocate(cell, kRows, kCols, counts.data()), "counts that do not fit are refused");
  }
}

}  // namespace

int main() {
  every_map_is_beaten();
  return failures;
}
