// The exact clipping of polygons as a function of the Python module.
#pragma once

#include <pybind11/pybind11.h>

// Adds `clip_polygons` to the module.
void define_clip(pybind11::module_ &module);
