// From logits to classes: the largest logit wins, the lowest code on a tie, and only active pixels that are
// known change.
#pragma once

#include <ATen/core/Tensor.h>

namespace landbc {

// logits (class, row, col) float32; active, before, after (row, col) uint8, all on one device. Writes
// `after`; one bool on that device, false if an active pixel has a NaN among its logits.
at::Tensor choose_classes(const at::Tensor &logits, const at::Tensor &active, const at::Tensor &before,
                          const at::Tensor &after);

// The same by tensor operations, for any device; `choose_classes` takes a loop of its own on the CPU, where
// it is several times faster.
at::Tensor choose_classes_anywhere(const at::Tensor &logits, const at::Tensor &active,
                                   const at::Tensor &before, const at::Tensor &after);

}  // namespace landbc
