#include "overlap.h"

using std::size_t;

namespace landbc {

Csr gather_weights(const std::vector<int32_t> &pixel, const std::vector<int32_t> &cell,
                   const std::vector<double> &area, int64_t pixels) {
  Csr csr;
  csr.start.assign(static_cast<size_t>(pixels) + 1, 0);
  csr.index = cell;
  csr.weight = area;
  for (const int32_t p : pixel) ++csr.start[static_cast<size_t>(p) + 1];
  for (size_t p = 0; p < static_cast<size_t>(pixels); ++p) csr.start[p + 1] += csr.start[p];
  for (size_t p = 0; p < static_cast<size_t>(pixels); ++p) {
    double total = 0.0;
    for (auto k = static_cast<size_t>(csr.start[p]); k < static_cast<size_t>(csr.start[p + 1]); ++k)
      total += area[k];
    for (auto k = static_cast<size_t>(csr.start[p]); k < static_cast<size_t>(csr.start[p + 1]); ++k)
      csr.weight[k] /= total;
  }
  return csr;
}

Csr scatter_areas(const std::vector<int32_t> &pixel, const std::vector<int32_t> &cell,
                  const std::vector<double> &area, int64_t cells, const std::vector<uint8_t> &inside) {
  Csr csr;
  csr.start.assign(static_cast<size_t>(cells) + 1, 0);
  for (size_t k = 0; k < pixel.size(); ++k) {
    if (inside[static_cast<size_t>(pixel[k])] != 0) ++csr.start[static_cast<size_t>(cell[k]) + 1];
  }
  for (size_t c = 0; c < static_cast<size_t>(cells); ++c) csr.start[c + 1] += csr.start[c];
  csr.index.resize(static_cast<size_t>(csr.start.back()));
  csr.weight.resize(csr.index.size());
  std::vector<int64_t> next(csr.start.begin(), csr.start.end() - 1);
  for (size_t k = 0; k < pixel.size(); ++k) {
    if (inside[static_cast<size_t>(pixel[k])] == 0) continue;
    const auto at = static_cast<size_t>(next[static_cast<size_t>(cell[k])]++);
    csr.index[at] = pixel[k];
    csr.weight[at] = area[k];
  }
  return csr;
}

}  // namespace landbc
