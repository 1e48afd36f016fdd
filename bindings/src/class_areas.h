// The area of each class in each mesh cell. Pixels beside each other in a cell that share the same area with
// it are kept as one run and counted, eight classes in one word; sums over a cell's runs are made in the
// order of its pixels and compensated, so that they depend neither on the number of threads nor on the order
// of cells.
#pragma once

#include <cstdint>
#include <vector>

#include "overlap.h"

namespace landbc {

class ClassAreas {
 public:
  // Only overlaps of pixels with inside[pixel] != 0.
  ClassAreas(const Overlaps &overlaps, const std::vector<uint8_t> &inside);

  int64_t cells() const { return static_cast<int64_t>(start_.size()) - 1; }

  // Pixels beside each other in a cell that share the same area with it.
  struct Run {
    int32_t pixel;
    int32_t length;
    double area;  // of each pixel
  };
  // A cell's, in the order of its pixels: from first to last, without that.
  const Run *first_run(int64_t cell) const { return runs_.data() + start_[static_cast<std::size_t>(cell)]; }
  const Run *last_run(int64_t cell) const { return first_run(cell + 1); }

  // areas[cell, c] = area of the cell's pixels of class c, for cells first ... last - 1 and at most 255
  // classes. Other codes are left out.
  void sum(const uint8_t *codes, int64_t classes, int64_t first, int64_t last, double *areas) const;

  std::size_t bytes() const { return runs_.capacity() * sizeof(Run) + start_.size() * sizeof(int64_t); }

 private:
  // What a byte counts.
  static constexpr int32_t kLongest = 255;

  static void count_eight(const uint8_t *codes, const Run &run, int64_t lowest, double *areas);

  std::vector<int64_t> start_;
  std::vector<Run> runs_;
};

}  // namespace landbc
