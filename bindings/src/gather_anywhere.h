// `Gather` by tensor operations, for any device, where all stays that does not change: cells and pixels are
// sent there once. The terms of a pixel that cells share are added in the same order as in its loop for the
// CPU, one operation after the other.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "gather.h"

namespace landbc {

class GatherAnywhere {
 public:
  GatherAnywhere(const Gather &gather, c10::Device device);

  // All that a pixel may have (row, width) float32, from `values` (cell, width) float64 on the device.
  at::Tensor table(const at::Tensor &values) const;
  // Which of the table's rows each pixel has; int32.
  const at::Tensor &row_of_pixel() const { return row_of_pixel_; }

 private:
  // Of each shared pixel with so many cells: its number, one cell and that one's weight.
  struct Terms {
    at::Tensor shared, cell, weight;
  };

  int64_t shared_;
  std::vector<Terms> terms_;
  at::Tensor row_of_pixel_;
};

}  // namespace landbc
