// `Gather` by tensor operations, for any device. The terms of a pixel are added in the same order as in its
// loop for the CPU, one operation after the other.
#pragma once

#include <ATen/core/Tensor.h>

#include "gather.h"

namespace landbc {

// `values` (cell, width) float64 -> (pixel, width) float32, on the device of `values`.
at::Tensor gather_anywhere(const Gather &gather, const at::Tensor &values);

}  // namespace landbc
