// The loop for the CPU and the tensor operations for every device choose the same classes, in any layout.
#include <ATen/ATen.h>

#include <limits>

#include "class_map.h"
#include "expect.h"

int main() {
  at::manual_seed(1);
  constexpr int64_t kClasses = 8;
  const at::Tensor active = at::randint(0, 2, {90, 70}, at::kByte);
  const at::Tensor before = at::randint(0, kClasses, {90, 70}, at::kByte);
  // Few distinct values: ties are frequent.
  const at::Tensor rounded = at::randint(0, 3, {kClasses, 90, 70}, at::kFloat);
  const at::Tensor channels_last = rounded.permute({1, 2, 0}).contiguous().permute({2, 0, 1});
  at::Tensor plain = at::empty_like(before);
  at::Tensor other = at::empty_like(before);
  for (const at::Tensor &logits : {rounded, channels_last}) {
    expect(landbc::choose_classes(logits, active, before, plain).item<bool>(), "no NaN was given");
    expect(landbc::choose_classes_anywhere(logits, active, before, other).item<bool>(), "no NaN was given");
    expect(plain.equal(other), "the two ways differ");
    for (int64_t row = 0; row < 90; ++row) {
      for (int64_t col = 0; col < 70; ++col) {
        int64_t wanted = before[row][col].item<int64_t>();
        if (active[row][col].item<int64_t>() == 1) {
          wanted = 0;
          for (int64_t c = 1; c < kClasses; ++c) {
            if (logits[c][row][col].item<float>() > logits[wanted][row][col].item<float>()) wanted = c;
          }
        }
        expect_equal(plain[row][col].item<int64_t>(), wanted);
      }
    }
  }
  for (const int64_t code : {0, 5}) {
    at::Tensor broken = rounded.clone();
    broken[code][3][4] = std::numeric_limits<float>::quiet_NaN();
    at::Tensor seen = active.clone();
    for (const int64_t value : {0, 1}) {
      seen[3][4] = value;
      expect_equal(landbc::choose_classes(broken, seen, before, plain).item<bool>(), value == 0);
      expect_equal(landbc::choose_classes_anywhere(broken, seen, before, other).item<bool>(), value == 0);
    }
  }
  return failures;
}
