#pragma once

#include <pybind11/pybind11.h>

void define_quota(pybind11::module_ &module);
