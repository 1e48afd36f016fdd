// Class maps with given numbers of pixels in each cell, as functions of the Python module.
#pragma once

#include <pybind11/pybind11.h>

// Adds `quota_counts` and `allocate_quota` to the module.
void define_quota(pybind11::module_ &module);
