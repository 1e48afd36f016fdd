#include "series_map.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <atomic>
#include <cmath>

namespace landbc {
namespace {

constexpr int64_t kChunk = 1 << 15;

}  // namespace

at::Tensor SeriesScale::numbers(const at::Tensor &values) const {
  const at::Tensor steps = values.to(at::kDouble).sub(lower_).div(step_).round().clamp(0.0, 32767.0);
  return at::where(values.isnan(), at::full_like(steps, static_cast<double>(kNoValue)), steps).to(at::kShort);
}

void SeriesScale::values_anywhere(const at::Tensor &numbers, at::Tensor &values, at::Tensor &known) const {
  const at::Tensor scaled = numbers.to(at::kDouble).mul(step_).add(lower_).to(at::kFloat);
  const at::Tensor there = numbers.ge(0);
  values.copy_(at::where(there, scaled, at::zeros_like(scaled)));
  known.copy_(there);
}

void SeriesScale::values(const at::Tensor &numbers, at::Tensor &values, at::Tensor &known) const {
  if (!numbers.is_cpu() || !numbers.is_contiguous()) return values_anywhere(numbers, values, known);
  const auto *const from = numbers.const_data_ptr<int16_t>();
  auto *const to = values.mutable_data_ptr<float>();
  auto *const there = known.mutable_data_ptr<uint8_t>();
  at::parallel_for(0, numbers.numel(), kChunk, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      to[i] = from[i] >= 0 ? static_cast<float>(from[i] * step_ + lower_) : 0.0F;
      there[i] = from[i] >= 0 ? 1 : 0;
    }
  });
}

at::Tensor SeriesScale::put_anywhere(const at::Tensor &values, const at::Tensor &active,
                                     at::Tensor &to) const {
  const at::Tensor changes = active.to(at::kBool);
  const at::Tensor found = numbers(values);
  to.copy_(at::where(changes, found, at::full_like(found, kNoValue)));
  return values.isnan().logical_and_(changes).any().logical_not();
}

at::Tensor SeriesScale::put(const at::Tensor &values, const at::Tensor &active, at::Tensor &to) const {
  if (!values.is_cpu() || values.stride(1) != 1) return put_anywhere(values, active, to);
  std::atomic<bool> sound{true};
  at::parallel_for(0, values.size(0), 16, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const float *const from = values.const_data_ptr<float>() + row * values.stride(0);
      const uint8_t *const changes = active.const_data_ptr<uint8_t>() + row * active.stride(0);
      int16_t *const out = to.mutable_data_ptr<int16_t>() + row * to.stride(0);
      bool numbers = true;
      for (int64_t col = 0; col < values.size(1); ++col) {
        const bool number = from[col] == from[col];
        numbers = numbers && (number || changes[col] == 0);
        const double steps = std::nearbyint((static_cast<double>(from[col]) - lower_) / step_);
        const double within = std::min(std::max(steps, 0.0), 32767.0);
        out[col] = changes[col] != 0 && number ? static_cast<int16_t>(within) : kNoValue;
      }
      if (!numbers) sound.store(false, std::memory_order_relaxed);
    }
  });
  return at::scalar_tensor(sound.load(), at::kBool);
}

}  // namespace landbc
