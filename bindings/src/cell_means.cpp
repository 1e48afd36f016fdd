#include "cell_means.h"

namespace landbc {

using std::size_t;

CellMeans::CellMeans(const Mesh &mesh, const std::vector<uint8_t> &land)
    : start_(mesh.cell_id.size() + 1, 0), coverage_(mesh.cell_id.size()) {
  const auto counted = [&](size_t k) { return land[static_cast<size_t>(mesh.overlap_pixel[k])] != 0; };
  const size_t overlaps = mesh.overlap_pixel.size();
  for (size_t k = 0; k < overlaps; ++k) {
    if (counted(k)) ++start_[static_cast<size_t>(mesh.overlap_cell[k]) + 1];
  }
  for (size_t c = 1; c < start_.size(); ++c) start_[c] += start_[c - 1];
  pixel_.resize(start_.back());
  area_.resize(start_.back());
  std::vector<size_t> next(start_.begin(), start_.end() - 1);
  for (size_t k = 0; k < overlaps; ++k) {
    if (!counted(k)) continue;
    const size_t at = next[static_cast<size_t>(mesh.overlap_cell[k])]++;
    pixel_[at] = mesh.overlap_pixel[k];
    area_[at] = mesh.overlap_area[k];
  }
  for (size_t c = 0; c < coverage_.size(); ++c) {
    double sum = 0.0;
    double lost = 0.0;
    for (size_t k = start_[c]; k < start_[c + 1]; ++k) add_term(area_[k], sum, lost);
    coverage_[c] = (sum + lost) / mesh.cell_area[c];
  }
}

}  // namespace landbc
