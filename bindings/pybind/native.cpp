// The engine's kernels on numpy arrays, without copies: what preparation computes with them is what the
// coupled run computes.

#include <pybind11/pybind11.h>

#include "define_clip.h"
#include "define_quota.h"
#include "define_weights.h"

PYBIND11_MODULE(_native, module) {
  module.doc() =
      "The engine's kernels on numpy arrays, without copies (wrong types and layouts are refused).";
  define_weights(module);
  define_clip(module);
  define_quota(module);
}
