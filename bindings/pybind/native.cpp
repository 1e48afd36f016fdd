// The engine's kernels on numpy arrays, without copies: what preparation computes with them is what
// the coupled run computes.

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <cstdint>
#include <stdexcept>
#include <string>

#include "define_clip.h"
#include "define_quota.h"
#include "overlap.h"

namespace py = pybind11;

namespace {

// C-contiguous and of exactly this type: anything else is refused rather than copied.
template <class T>
using Array = py::array_t<T, py::array::c_style>;

void require(bool holds, const std::string &sentence) {
  if (!holds) throw std::invalid_argument(sentence);
}

void check_csr(const Array<int64_t> &start, const Array<int32_t> &index, const Array<double> &weight,
               int64_t columns) {
  require(start.ndim() == 1 && index.ndim() == 1 && weight.ndim() == 1,
          "start, index and weight must have one dimension");
  require(start.size() > 0, "start must hold one number more than there are rows");
  require(index.size() == weight.size(), "index and weight must be of one length");
  const int64_t *const first = start.data();
  require(first[0] >= 0 && first[start.size() - 1] <= index.size(), "start points outside index");
  for (py::ssize_t i = 1; i < start.size(); ++i) require(first[i - 1] <= first[i], "start must not decrease");
  const int32_t *const column = index.data();
  for (py::ssize_t k = 0; k < index.size(); ++k)
    require(column[k] >= 0 && column[k] < columns, "index points outside the fields");
}

py::array_t<double> apply_csr(const Array<int64_t> &start, const Array<int32_t> &index,
                              const Array<double> &weight, const Array<double> &fields) {
  require(fields.ndim() == 2, "fields must be (column, field)");
  check_csr(start, index, weight, fields.shape(0));
  const int64_t rows = start.size() - 1;
  const int64_t width = fields.shape(1);
  py::array_t<double> out({rows, width});
  {
    double *const result = out.mutable_data();
    const py::gil_scoped_release released;
    landbc::apply_csr(start.data(), index.data(), weight.data(), fields.data(), width, 0, rows, result);
  }
  return out;
}

py::array_t<double> class_areas(const Array<int64_t> &start, const Array<int32_t> &index,
                                const Array<double> &weight, const Array<uint8_t> &codes, int64_t classes) {
  require(codes.ndim() == 1, "codes must have one dimension");
  require(classes > 0 && classes < 256, "classes must be 1 ... 255");
  check_csr(start, index, weight, codes.size());
  const int64_t rows = start.size() - 1;
  py::array_t<double> out({rows, classes});
  {
    double *const result = out.mutable_data();
    const py::gil_scoped_release released;
    landbc::class_areas(start.data(), index.data(), weight.data(), codes.data(), classes, 0, rows, result);
  }
  return out;
}

}  // namespace

PYBIND11_MODULE(_native, module) {
  module.doc() =
      "The engine's kernels on numpy arrays, without copies (wrong types and layouts are refused).";
  module.def("apply_csr", &apply_csr, py::arg("start").noconvert(), py::arg("index").noconvert(),
             py::arg("weight").noconvert(), py::arg("fields").noconvert(),
             "Weighted sums: out[i, v] = sum of weight[k] * fields[index[k], v] over k = start[i] ... "
             "start[i + 1] - 1.\n\n"
             "start int64 (rows + 1), index int32 (n), weight float64 (n), fields float64 (columns, fields) "
             "-> float64 (rows, fields).");
  module.def("class_areas", &class_areas, py::arg("start").noconvert(), py::arg("index").noconvert(),
             py::arg("weight").noconvert(), py::arg("codes").noconvert(), py::arg("classes"),
             "Area per class: out[i, c] = sum of weight[k] where codes[index[k]] == c; codes of classes or "
             "more are left out.\n\n"
             "start int64 (rows + 1), index int32 (n), weight float64 (n), codes uint8 (columns) -> float64 "
             "(rows, classes).");
  define_clip(module);
  define_quota(module);
}
