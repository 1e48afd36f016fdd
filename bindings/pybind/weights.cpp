#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include "class_areas.h"
#include "define_weights.h"
#include "gather.h"
#include "scatter.h"

namespace py = pybind11;

namespace {

// C-contiguous and of exactly this type: anything else is refused rather than copied.
template <class T>
using Array = py::array_t<T, py::array::c_style>;

void require(bool holds, const std::string &sentence) {
  if (!holds) throw std::invalid_argument(sentence);
}

// Checked once, so that applying them needs no checks.
landbc::Overlaps checked(const Array<int32_t> &pixel, const Array<int32_t> &cell, const Array<double> &area,
                         int64_t pixels, int64_t cells) {
  require(pixel.ndim() == 1 && cell.ndim() == 1 && area.ndim() == 1,
          "pixel, cell and area must have one dimension");
  require(pixel.size() == cell.size() && pixel.size() == area.size(),
          "pixel, cell and area must be of one length");
  require(pixels >= 0 && pixels < INT32_MAX && cells >= 0 && cells < INT32_MAX,
          "pixels and cells must be 0 ... 2147483646");
  const landbc::Overlaps overlaps{pixel.data(), cell.data(), area.data(), area.size(), pixels, cells};
  for (int64_t k = 0; k < overlaps.count; ++k) {
    require(overlaps.pixel[k] >= (k > 0 ? overlaps.pixel[k - 1] : 0) && overlaps.pixel[k] < pixels,
            "pixel must ascend within 0 ... pixels - 1");
    require(overlaps.cell[k] >= 0 && overlaps.cell[k] < cells, "cell must lie within 0 ... cells - 1");
    require(overlaps.area[k] > 0, "area must be positive");
  }
  return overlaps;
}

template <class T>
void check_fields(const Array<T> &fields, int64_t rows) {
  require(fields.ndim() == 2 && fields.shape(0) == rows,
          "fields must be (" + std::to_string(rows) + ", any number)");
}

// The caller's array, or a new one.
Array<double> result(const std::optional<Array<double>> &out, int64_t rows, int64_t width) {
  if (!out) return Array<double>({rows, width});
  require(out->ndim() == 2 && out->shape(0) == rows && out->shape(1) == width && out->writeable(),
          "out must be (" + std::to_string(rows) + ", " + std::to_string(width) + ") and writeable");
  return *out;
}

template <class T>
Array<double> gather(const landbc::Gather &weights, int64_t cells, const Array<T> &fields,
                     const std::optional<Array<double>> &out) {
  check_fields(fields, cells);
  const int64_t width = fields.shape(1);
  Array<double> pixels = result(out, weights.pixels(), width);
  const T *const values = fields.data();
  double *const to = pixels.mutable_data();
  const py::gil_scoped_release released;
  if constexpr (std::is_same_v<T, double>) {
    weights.apply(values, values, width, 0, weights.pixels(), to);
  } else {
    const std::vector<double> widened(values, values + cells * width);
    weights.apply(widened.data(), widened.data(), width, 0, weights.pixels(), to);
  }
  return pixels;
}

template <class T>
Array<double> scatter(const landbc::Scatter &weights, const Array<T> &fields,
                      const std::optional<Array<double>> &out) {
  check_fields(fields, weights.pixels());
  const int64_t width = fields.shape(1);
  Array<double> cells = result(out, weights.cells(), width);
  const T *const values = fields.data();
  double *const to = cells.mutable_data();
  const py::gil_scoped_release released;
  weights.apply(values, width, to);
  return cells;
}

Array<double> class_areas(const landbc::ClassAreas &areas, int64_t pixels, const Array<uint8_t> &codes,
                          int64_t classes) {
  require(codes.ndim() == 1 && codes.shape(0) == pixels, "codes must be (" + std::to_string(pixels) + ")");
  require(classes > 0 && classes < 256, "classes must be 1 ... 255");
  Array<double> cells({areas.cells(), classes});
  const uint8_t *const from = codes.data();
  double *const to = cells.mutable_data();
  const py::gil_scoped_release released;
  areas.sum(from, classes, 0, areas.cells(), to);
  return cells;
}

// The engine's weights know the other side only by number.
struct CheckedGather {
  landbc::Gather weights;
  int64_t cells;
};
struct CheckedClassAreas {
  landbc::ClassAreas areas;
  int64_t pixels;
};

}  // namespace

void define_weights(py::module_ &module) {
  const auto fields = py::arg("fields").noconvert();
  const auto out = py::arg("out").noconvert() = py::none();
  py::class_<CheckedGather>(module, "Gather",
                            "Mesh -> pixels: means over the cells of each pixel, weighted by area.")
      .def(py::init([](const Array<int32_t> &pixel, const Array<int32_t> &cell, const Array<double> &area,
                       int64_t pixels, int64_t cells) {
             return CheckedGather{landbc::Gather(checked(pixel, cell, area, pixels, cells)), cells};
           }),
           py::arg("pixel").noconvert(), py::arg("cell").noconvert(), py::arg("area").noconvert(),
           py::arg("pixels"), py::arg("cells"),
           "pixel int32 (n), ascending, cell int32 (n), area float64 (n), positive.")
      .def(
          "apply",
          [](const CheckedGather &self, const Array<double> &values, const std::optional<Array<double>> &to) {
            return gather(self.weights, self.cells, values, to);
          },
          fields, out,
          "fields float64 or float32 (cells, fields) -> float64 (pixels, fields), NaN where no cell is.")
      .def(
          "apply",
          [](const CheckedGather &self, const Array<float> &values, const std::optional<Array<double>> &to) {
            return gather(self.weights, self.cells, values, to);
          },
          fields, out);
  py::class_<landbc::Scatter>(module, "Scatter",
                              "Pixels -> mesh: sums over the pixels of each cell, weighted by area.")
      .def(py::init([](const Array<int32_t> &pixel, const Array<int32_t> &cell, const Array<double> &area,
                       int64_t pixels,
                       int64_t cells) { return landbc::Scatter(checked(pixel, cell, area, pixels, cells)); }),
           py::arg("pixel").noconvert(), py::arg("cell").noconvert(), py::arg("area").noconvert(),
           py::arg("pixels"), py::arg("cells"),
           "pixel int32 (n), ascending, cell int32 (n), area float64 (n), positive.")
      .def("apply", &scatter<double>, fields, out,
           "fields float64 or float32 (pixels, fields) -> float64 (cells, fields).")
      .def("apply", &scatter<float>, fields, out);
  py::class_<CheckedClassAreas>(module, "ClassAreas", "Area of each class in each cell.")
      .def(py::init([](const Array<int32_t> &pixel, const Array<int32_t> &cell, const Array<double> &area,
                       int64_t pixels, int64_t cells) {
             const landbc::Overlaps overlaps = checked(pixel, cell, area, pixels, cells);
             const std::vector<uint8_t> everywhere(static_cast<std::size_t>(pixels), 1);
             return CheckedClassAreas{landbc::ClassAreas(overlaps, everywhere), pixels};
           }),
           py::arg("pixel").noconvert(), py::arg("cell").noconvert(), py::arg("area").noconvert(),
           py::arg("pixels"), py::arg("cells"),
           "pixel int32 (n), ascending, cell int32 (n), area float64 (n), positive.")
      .def(
          "sum",
          [](const CheckedClassAreas &self, const Array<uint8_t> &codes, int64_t classes) {
            return class_areas(self.areas, self.pixels, codes, classes);
          },
          py::arg("codes").noconvert(), py::arg("classes"),
          "codes uint8 (pixels) -> float64 (cells, classes); codes of classes or more are left out.");
}
