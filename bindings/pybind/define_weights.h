// Overlap weights ready to be applied, as classes of the Python module.
#pragma once

#include <pybind11/pybind11.h>

// Adds `Gather`, `Scatter` and `ClassAreas` to the module.
void define_weights(pybind11::module_ &module);
