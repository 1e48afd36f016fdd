// A map of a vegetation series as the engine keeps it: 32768 steps of the variable's range in 16 bits a
// pixel, -1 where there is no value. The numbers are the state: what the emulator sees of its past and what
// the host gets are made of them, so that a run continued from them gives the same bits.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace landbc {

constexpr int16_t kNoValue = -1;

class SeriesScale {
 public:
  SeriesScale(double lower, double upper) : lower_(lower), step_((upper - lower) / 32767.0) {}

  double value(int16_t number) const { return lower_ + step_ * number; }

  // int16 <-> float32, any shape and device; values are clipped to the range, NaN becomes kNoValue.
  at::Tensor numbers(const at::Tensor &values) const;
  // 0 where there is no value.
  at::Tensor values(const at::Tensor &numbers) const;

 private:
  double lower_, step_;
};

}  // namespace landbc
