#include "clip.h"

#include <pybind11/numpy.h>

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "define_clip.h"
#include "window.h"

namespace py = pybind11;

namespace {

using Degrees = py::array_t<double, py::array::c_style>;

py::tuple clip_polygons(const Degrees &lon, const Degrees &lat, bool parallels, int64_t row, int64_t col,
                        int64_t rows, int64_t cols) {
  if (lon.ndim() != 2 || lat.ndim() != 2 || lon.shape(0) != lat.shape(0) || lon.shape(1) != lat.shape(1))
    throw std::invalid_argument("lon and lat must both be (polygons, corners)");
  if (row < 0 || rows <= 0 || row > landbc::kGlobalRows || rows > landbc::kGlobalRows - row || col < 0 ||
      col >= landbc::kGlobalCols || cols <= 0 || cols > landbc::kGlobalCols)
    throw std::invalid_argument("the window does not lie on the 18000 x 36000 grid");
  py::array_t<int32_t> owner({rows, cols});
  int32_t *const owners = owner.mutable_data();
  std::vector<landbc::Overlap> found;
  py::tuple clash = py::make_tuple(-1, -1, -1);
  try {
    const py::gil_scoped_release released;
    std::fill(owners, owners + rows * cols, -1);
    found = landbc::clip_polygons({lon.data(), lat.data(), lon.shape(0), lon.shape(1), parallels},
                                  {row, col, rows, cols}, owners);
  } catch (const landbc::PolygonsOverlap &overlap) {
    clash = py::make_tuple(overlap.first, overlap.second, overlap.pixel);
  }
  const auto n = static_cast<py::ssize_t>(found.size());
  py::array_t<int32_t> pixel(n);
  py::array_t<int32_t> polygon(n);
  py::array_t<double> fraction(n);
  for (py::ssize_t k = 0; k < n; ++k) {
    const landbc::Overlap &overlap = found[static_cast<std::size_t>(k)];
    pixel.mutable_data()[k] = overlap.pixel;
    polygon.mutable_data()[k] = overlap.polygon;
    fraction.mutable_data()[k] = overlap.fraction;
  }
  return py::make_tuple(owner, pixel, polygon, fraction, clash);
}

}  // namespace

void define_clip(py::module_ &module) {
  module.def("clip_polygons", &clip_polygons, py::arg("lon").noconvert(), py::arg("lat").noconvert(),
             py::arg("parallels"), py::arg("row"), py::arg("col"), py::arg("rows"), py::arg("cols"),
             "Exact overlaps of polygons with the pixels of a window of the 0.01 degree grid.\n\n"
             "lon, lat float64 (polygons, corners), degrees, counter-clockwise; with parallels, edges "
             "between corners of one latitude follow it.\n"
             "-> owner int32 (rows, cols), the polygon that holds the whole pixel or -1; pixel int32, "
             "polygon int32, fraction float64 (overlaps), of all other pixels, by pixel, then polygon; "
             "(first, second, pixel) of polygons that overlap one another, -1 where none do.");
}
