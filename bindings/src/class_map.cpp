#include "class_map.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <atomic>
#include <cstdint>

#include "domain.h"

namespace landbc {

at::Tensor choose_classes_anywhere(const at::Tensor &logits, const at::Tensor &active,
                                   const at::Tensor &before, const at::Tensor &after) {
  const at::Tensor changes = active.to(at::kBool).logical_and(before.ne(kUnknown));
  const auto [largest, code] = logits.max(0);
  after.copy_(at::where(changes, code.to(at::kByte), before));
  // NaN is the largest of all to `max`.
  return largest.isnan().logical_and_(changes).any().logical_not_();
}

at::Tensor choose_classes(const at::Tensor &logits, const at::Tensor &active, const at::Tensor &before,
                          const at::Tensor &after) {
  if (!logits.is_cpu()) return choose_classes_anywhere(logits, active, before, after);
  const int64_t classes = logits.size(0);
  const int64_t rows = logits.size(1);
  const int64_t cols = logits.size(2);
  const int64_t class_step = logits.stride(0);
  const int64_t col_step = logits.stride(2);
  const auto *const first_logit = logits.const_data_ptr<float>();
  const auto *const first_active = active.const_data_ptr<uint8_t>();
  const auto *const first_before = before.const_data_ptr<uint8_t>();
  auto *const first_after = after.mutable_data_ptr<uint8_t>();
  std::atomic<bool> sound{true};
  at::parallel_for(0, rows, 32, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const float *logit = first_logit + row * logits.stride(1);
      const uint8_t *const changes = first_active + row * active.stride(0);
      const uint8_t *const old = first_before + row * before.stride(0);
      uint8_t *const out = first_after + row * after.stride(0);
      for (int64_t col = 0; col < cols; ++col, logit += col_step) {
        if (changes[col] == 0 || old[col] == kUnknown) {
          out[col] = old[col];
          continue;
        }
        float largest = logit[0];
        int64_t code = 0;
        bool number = largest == largest;
        for (int64_t c = 1; c < classes; ++c) {
          const float value = logit[c * class_step];
          number = number && value == value;
          if (value > largest) {
            largest = value;
            code = c;
          }
        }
        out[col] = static_cast<uint8_t>(code);
        if (!number) sound.store(false, std::memory_order_relaxed);
      }
    }
  });
  return at::scalar_tensor(sound.load(), at::kBool);
}

}  // namespace landbc
