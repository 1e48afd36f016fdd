// Class fractions and known coverage of the native cells, from the class map over the window.
#pragma once

#include <cstdint>
#include <vector>

#include "class_areas.h"
#include "mesh.h"

namespace landbc {

// Cells in the mesh's order.
struct Fractions {
  std::vector<double> classes;   // (cell, class); a row sums to 1, or is 0 where no pixel is known
  std::vector<double> coverage;  // (cell): known overlap area / cell area
};

class FractionMaker {
 public:
  // Only pixels with inside[pixel] != 0 count: those of the window, not of its margin.
  FractionMaker(const Mesh &mesh, const std::vector<uint8_t> &inside);

  // `codes` of the pixels that the mesh's overlaps count, 0 ... classes - 1 or unknown.
  void make(const uint8_t *codes, int64_t classes, Fractions &out) const;
  // The areas that cells and pixels share; they live as long as this.
  const ClassAreas &areas() const { return areas_; }
  const std::vector<double> &cell_area() const { return cell_area_; }
  size_t bytes() const { return areas_.bytes(); }

 private:
  ClassAreas areas_;
  std::vector<double> cell_area_;
};

}  // namespace landbc
