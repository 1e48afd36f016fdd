// The two directions of the overlap areas, as plain kernels on compressed rows (CSR). Sums run in stored
// order in double precision, one row after the other, so that the result depends neither on the number of
// threads nor on the caller's order of cells. The engine and the Python module share them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace landbc {

// Rows of (column, weight): row i holds entries start[i] ... start[i + 1] - 1.
struct Csr {
  std::vector<int64_t> start;
  std::vector<int32_t> index;
  std::vector<double> weight;

  int64_t rows() const { return static_cast<int64_t>(start.size()) - 1; }
};

// out[i * width + v] = sum over the entries of row i of weight * values[column * width + v], for rows first
// ... last - 1.
template <class Out>
void apply_csr(const int64_t *start, const int32_t *index, const double *weight, const double *values,
               int64_t width, int64_t first, int64_t last, Out *out) {
  for (int64_t row = first; row < last; ++row) {
    for (int64_t v = 0; v < width; ++v) {
      double sum = 0.0;
      for (int64_t k = start[row]; k < start[row + 1]; ++k) sum += weight[k] * values[index[k] * width + v];
      out[row * width + v] = static_cast<Out>(sum);
    }
  }
}

// areas[i * classes + c] = sum of the weights of row i whose column has code c, for rows first ... last - 1.
// Other codes are left out.
inline void class_areas(const int64_t *start, const int32_t *index, const double *weight,
                        const uint8_t *codes, int64_t classes, int64_t first, int64_t last, double *areas) {
  for (int64_t row = first; row < last; ++row) {
    double *const out = areas + row * classes;
    for (int64_t c = 0; c < classes; ++c) out[c] = 0.0;
    for (int64_t k = start[row]; k < start[row + 1]; ++k) {
      const uint8_t code = codes[index[k]];
      if (code < classes) out[code] += weight[k];
    }
  }
}

// Mesh -> pixels: rows are pixels, columns cells, weights shares of the pixel's covered area.
Csr gather_weights(const std::vector<int32_t> &pixel, const std::vector<int32_t> &cell,
                   const std::vector<double> &area, int64_t pixels);

// Pixels -> mesh: rows are cells, columns pixels in ascending order, weights areas; only pixels with
// inside[pixel] != 0.
Csr scatter_areas(const std::vector<int32_t> &pixel, const std::vector<int32_t> &cell,
                  const std::vector<double> &area, int64_t cells, const std::vector<uint8_t> &inside);

}  // namespace landbc
