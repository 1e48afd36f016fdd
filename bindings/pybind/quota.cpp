#include "quota.h"

#include <pybind11/numpy.h>

#include <cstdint>
#include <stdexcept>
#include <string>

#include "define_quota.h"
#include "window.h"

namespace py = pybind11;

namespace {

using landbc::kCoarse;

template <class T>
using Array = py::array_t<T, py::array::c_style>;

landbc::ConservationMode mode_of(const std::string &name) {
  if (name == "off") return landbc::ConservationMode::off;
  if (name == "delta") return landbc::ConservationMode::delta;
  if (name == "absolute") return landbc::ConservationMode::absolute;
  throw std::invalid_argument("conservation is off, delta or absolute, not '" + name + "'");
}

py::array_t<int32_t> quota_counts(const std::string &mode, const Array<int32_t> &anchor,
                                  const Array<double> &then, const Array<double> &now,
                                  const Array<uint8_t> &given) {
  if (anchor.ndim() != 2 || then.ndim() != 2 || now.ndim() != 2 || given.ndim() != 1)
    throw std::invalid_argument("anchor, then and now must be (cell, class), given (class)");
  const int64_t cells = anchor.shape(0);
  const int64_t classes = anchor.shape(1);
  for (const auto *fractions : {&then, &now}) {
    if (fractions->shape(0) != cells || fractions->shape(1) != classes || given.shape(0) != classes)
      throw std::invalid_argument("anchor, then, now and given must be of the same cells and classes");
  }
  const landbc::ConservationMode wanted = mode_of(mode);
  py::array_t<int32_t> counts({cells, classes});
  int32_t *const out = counts.mutable_data();
  {
    const py::gil_scoped_release released;
    for (int64_t i = 0; i < cells * classes; i += classes) {
      landbc::quota_counts(wanted, classes, anchor.data() + i, then.data() + i, now.data() + i, given.data(),
                           out + i);
    }
  }
  return counts;
}

// The first cell whose counts do not fit, or -1.
int64_t allocate_quota(const Array<float> &logits, const Array<uint8_t> &active, const Array<int32_t> &counts,
                       Array<uint8_t> &codes) {
  if (logits.ndim() != 3 || active.ndim() != 2 || codes.ndim() != 2 || counts.ndim() != 3)
    throw std::invalid_argument(
        "logits must be (class, row, col), active and codes (row, col), counts (cell row, cell column, "
        "class)");
  const int64_t classes = logits.shape(0);
  const int64_t rows = logits.shape(1);
  const int64_t cols = logits.shape(2);
  const bool fits = active.shape(0) == rows && active.shape(1) == cols && codes.shape(0) == rows &&
                    codes.shape(1) == cols && counts.shape(2) == classes;
  if (!fits || rows != counts.shape(0) * kCoarse || cols != counts.shape(1) * kCoarse || classes > 255)
    throw std::invalid_argument("the arrays must be of the same whole cells of 25 x 25 pixels");
  uint8_t *const out = codes.mutable_data();
  for (int64_t p = 0; p < rows * cols; ++p) {
    if (active.data()[p] != 0 && out[p] >= classes)
      throw std::invalid_argument("an active pixel holds a code that is no class");
  }
  const py::gil_scoped_release released;
  landbc::QuotaAllocator allocator(classes);
  const int64_t cells = counts.shape(1);
  for (int64_t cell = 0; cell < counts.shape(0) * cells; ++cell) {
    const int64_t first = cell / cells * kCoarse * cols + cell % cells * kCoarse;
    const landbc::CellView view{logits.data() + first, rows * cols, cols,        1,
                                active.data() + first, cols,        out + first, cols};
    if (!allocator.allocate(view, kCoarse, kCoarse, counts.data() + cell * classes)) return cell;
  }
  return -1;
}

}  // namespace

void define_quota(py::module_ &module) {
  module.def("quota_counts", &quota_counts, py::arg("mode"), py::arg("anchor").noconvert(),
             py::arg("then").noconvert(), py::arg("now").noconvert(), py::arg("given").noconvert(),
             "Pixels that each class takes in each cell.\n\n"
             "mode off, delta or absolute; anchor int32, then, now float64 (cells, classes); given uint8 "
             "(classes) -> int32 (cells, classes), with the row sums of anchor.");
  module.def(
      "allocate_quota", &allocate_quota, py::arg("logits").noconvert(), py::arg("active").noconvert(),
      py::arg("counts").noconvert(), py::arg("codes").noconvert(),
      "The most probable class map with exactly these numbers of pixels in each cell, written into "
      "codes.\n\n"
      "logits float32 (class, row, col), active uint8 (row, col), counts int32 (cell row, cell column, "
      "class), codes uint8 (row, col) with the argmax on entry -> -1, or the first cell whose counts do "
      "not sum to its active pixels; later cells are then untouched.");
}
