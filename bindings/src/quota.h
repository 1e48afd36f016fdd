// Exact demands for label maps: how many pixels of a 0.25 degree cell each class takes, and the class map
// that is most probable among those with exactly these numbers. The engine and the Python module share them.
//
// The map is the optimum of a transportation problem (pixels to classes, each pixel once, each class as often
// as demanded), found by successive shortest paths over the classes: from the unconstrained optimum, one unit
// after the other goes from a class with too many pixels to one with too few along the cheapest chain of
// reassignments (Ahuja, Magnanti and Orlin 1993, Network Flows, ch. 9.7). Logits are taken as multiples of
// 2^-20, so that sums are exact and the result depends on nothing but the cell. Among equal costs the lower
// code and the lower pixel move first.
#pragma once

#include <cstdint>
#include <vector>

namespace landbc {

enum class ConservationMode { off, delta, absolute };

// Pixels of a cell by class. `anchor` (class): those of the map from which change is counted. `then`, `now`
// (class): the scenario's fractions at that map's year and at the year wanted, of whatever they are fractions
// of; only their ratios count. Classes with given[class] == 0 are unknown to the scenario and keep their
// pixels; the others share what the map gives to all of them. absolute: in proportion to `now`. delta: by the
// change of shares since then; a class loses no more than it has, and gains no more than others lose.
// Fractions of a pixel go to the largest remainders, the lowest code first. Where the given fractions sum to
// zero nothing changes.
void quota_counts(ConservationMode mode, int64_t classes, const int32_t *anchor, const double *then,
                  const double *now, const uint8_t *given, int32_t *counts);

// A cell's pixels within larger arrays; steps in elements. codes: the most probable class of each active
// pixel on entry, the class that it takes on return.
struct CellView {
  const float *logits;
  int64_t class_step, row_step, col_step;
  const uint8_t *active;
  int64_t active_row_step;
  uint8_t *codes;
  int64_t codes_row_step;
};

// Keeps its memory from cell to cell.
class QuotaAllocator {
 public:
  explicit QuotaAllocator(int64_t classes);

  // `counts` (class) must sum to the active pixels of the cell, rows * cols <= 1024; false (and the cell is
  // untouched) if it does not. Logits of active pixels must be numbers.
  bool allocate(const CellView &cell, int64_t rows, int64_t cols, const int32_t *counts);

 private:
  void read(const CellView &cell);
  bool shortest_path(const int32_t *counts);
  void move(int64_t pixel, int64_t from, int64_t to);
  void renew(int64_t from, int64_t to);
  int64_t key(int64_t pixel, int64_t from, int64_t to) const;

  int64_t classes_;
  std::vector<int64_t> place_row_, place_col_;  // of each active pixel
  std::vector<uint8_t> class_of_;
  std::vector<int64_t> score_;  // (pixel, class)
  std::vector<int32_t> held_;   // pixels by class
  // (from, to): the cheapest pixel to reassign, as cost * 1024 + pixel; heaps are made when the first of them
  // is taken, and drop pixels that have left `from` when these come up.
  std::vector<int64_t> cheapest_;
  std::vector<std::vector<int64_t>> heap_;
  std::vector<uint8_t> has_heap_;
  std::vector<int64_t> distance_, parent_, path_, moved_;
  int64_t sink_ = 0;
};

}  // namespace landbc
