// A map of a vegetation series as the engine keeps it: 32767 steps of the variable's range in 16 bits a
// pixel of land, -1 where there is no value. The numbers are the state: what the emulator sees of its past
// and what the host gets are made of them, so that a run continued from them gives the same bits.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "pixel_map.h"

namespace landbc {

constexpr int16_t kNoValue = -1;
using SeriesMap = PixelMap<int16_t>;

class SeriesScale {
 public:
  SeriesScale(double lower, double upper) : lower_(lower), step_((upper - lower) / 32767.0) {}

  double value(int16_t number) const { return lower_ + step_ * number; }

  // float32 to int16, any shape and device; values are clipped to the range, NaN becomes kNoValue.
  at::Tensor numbers(const at::Tensor &values) const;
  // int16 to float32 and to 1 (uint8) where there is a value; 0 where there is none. On the CPU in one pass.
  void values(const at::Tensor &numbers, at::Tensor &values, at::Tensor &known) const;
  void values_anywhere(const at::Tensor &numbers, at::Tensor &values, at::Tensor &known) const;
  // `numbers` of a tile's core (row, col) from its values, kNoValue where `active` (uint8) is 0; one
  // bool where they are, false if an active value is NaN. On the CPU in one pass.
  at::Tensor put(const at::Tensor &values, const at::Tensor &active, at::Tensor &numbers) const;
  at::Tensor put_anywhere(const at::Tensor &values, const at::Tensor &active, at::Tensor &numbers) const;

 private:
  double lower_, step_;
};

}  // namespace landbc
