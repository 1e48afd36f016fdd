#include "cell_means.h"

#include <limits>

namespace landbc {

using std::size_t;

CellMeans::CellMeans(const Mesh &mesh, const std::vector<uint8_t> &land)
    : start_(mesh.cell_id.size() + 1, 0), coverage_(mesh.cell_id.size()) {
  // The overlaps by cell; a cell's pixels stay in order.
  const auto counted = [&](size_t k) { return land[static_cast<size_t>(mesh.overlap_pixel[k])] != 0; };
  const size_t overlaps = mesh.overlap_pixel.size();
  std::vector<size_t> begin(start_.size(), 0);
  for (size_t k = 0; k < overlaps; ++k) {
    if (counted(k)) ++begin[static_cast<size_t>(mesh.overlap_cell[k]) + 1];
  }
  for (size_t c = 1; c < begin.size(); ++c) begin[c] += begin[c - 1];
  std::vector<size_t> order(begin.back());
  std::vector<size_t> next(begin.begin(), begin.end() - 1);
  for (size_t k = 0; k < overlaps; ++k) {
    if (counted(k)) order[next[static_cast<size_t>(mesh.overlap_cell[k])]++] = k;
  }
  for (size_t c = 0; c < coverage_.size(); ++c) {
    double sum = 0.0;
    double lost = 0.0;
    for (size_t i = begin[c]; i < begin[c + 1]; ++i) {
      const int32_t pixel = mesh.overlap_pixel[order[i]];
      const double area = mesh.overlap_area[order[i]];
      add_term(area, sum, lost);
      const bool goes_on = runs_.size() > start_[c] && runs_.back().area == area &&
                           runs_.back().pixel + runs_.back().length == pixel &&
                           runs_.back().length < std::numeric_limits<int32_t>::max();
      if (goes_on) {
        ++runs_.back().length;
      } else {
        runs_.push_back({pixel, 1, area});
      }
    }
    coverage_[c] = (sum + lost) / mesh.cell_area[c];
    start_[c + 1] = runs_.size();
  }
  runs_.shrink_to_fit();
}

}  // namespace landbc
