#include "fractions.h"

#include <ATen/Parallel.h>

namespace landbc {

FractionMaker::FractionMaker(const Mesh &mesh, const std::vector<uint8_t> &inside)
    : areas_(mesh.overlaps(static_cast<int64_t>(inside.size())), inside), cell_area_(mesh.cell_area) {}

void FractionMaker::make(const uint8_t *codes, int64_t classes, Fractions &out) const {
  const int64_t cells = areas_.cells();
  out.classes.resize(static_cast<size_t>(cells * classes));
  out.coverage.resize(static_cast<size_t>(cells));
  at::parallel_for(0, cells, 1, [&](int64_t first, int64_t last) {
    areas_.sum(codes, classes, first, last, out.classes.data());
    for (int64_t cell = first; cell < last; ++cell) {
      double *const row = out.classes.data() + cell * classes;
      double known = 0.0;
      for (int64_t c = 0; c < classes; ++c) known += row[c];
      for (int64_t c = 0; c < classes && known > 0.0; ++c) row[c] /= known;
      out.coverage[static_cast<size_t>(cell)] = known / cell_area_[static_cast<size_t>(cell)];
    }
  });
}

}  // namespace landbc
