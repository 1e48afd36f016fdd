#include "series_map.h"

#include <ATen/ATen.h>

namespace landbc {

at::Tensor SeriesScale::numbers(const at::Tensor &values) const {
  const at::Tensor steps = values.to(at::kDouble).sub(lower_).div(step_).round().clamp(0.0, 32767.0);
  return at::where(values.isnan(), at::full_like(steps, static_cast<double>(kNoValue)), steps).to(at::kShort);
}

at::Tensor SeriesScale::values(const at::Tensor &numbers) const {
  const at::Tensor values = numbers.to(at::kDouble).mul(step_).add(lower_).to(at::kFloat);
  return at::where(numbers.ge(0), values, at::zeros_like(values));
}

}  // namespace landbc
