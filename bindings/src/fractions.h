// Class fractions and known coverage of the native cells, from the class map over the window.
#pragma once

#include <cstdint>
#include <vector>

#include "class_areas.h"
#include "domain.h"
#include "mesh.h"

namespace landbc {

// Cells in the mesh's order.
struct Fractions {
  std::vector<double> land_use;  // (cell, class); a row sums to 1, or is 0 where no pixel is known
  std::vector<double> coverage;  // (cell): known overlap area / cell area
};

class FractionMaker {
 public:
  // Only pixels of the window count, not those of its margin.
  FractionMaker(const Domain &domain, const Mesh &mesh, int64_t classes);

  // `codes` over the extended window.
  void make(const uint8_t *codes, Fractions &out) const;

 private:
  ClassAreas areas_;
  std::vector<double> cell_area_;
  int64_t classes_;
};

}  // namespace landbc
