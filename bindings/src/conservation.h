// Keeps each 0.25 degree cell's class counts to the scenario's demand (bundle.json, 'conservation' and
// 'demand'). Change is counted from the bundle's own map and the scenario of its year, not from year to year,
// so that fractions of a pixel are not lost over decades and nothing needs to be carried.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "bundle.h"
#include "canvas.h"
#include "card.h"
#include "domain.h"
#include "quota.h"
#include "scenario.h"
#include "tiles.h"

namespace landbc {

class Conservation {
 public:
  // BUNDLE if 'demand' names a class that the card lacks, or a scenario variable that is no input.
  Conservation(const Bundle &bundle, const Card &card, const Domain &domain, const Canvas &canvas,
               const Scenario &scenario);

  bool on() const { return mode_ != ConservationMode::off; }
  // Makes the demand of `year`; TIME beyond the scenario.
  void set_year(const Scenario &scenario, int32_t year, bool hold);
  // Moves the classes of a tile's core, on entry those of the largest logits, to the demand. logits (class,
  // row, col), active and codes (row, col) of the core, on one device, which the processor waits for.
  void apply(const Tile &tile, const at::Tensor &logits, const at::Tensor &active,
             const at::Tensor &codes) const;

 private:
  ConservationMode mode_;
  int64_t classes_;
  int64_t cell_cols_ = 0;                          // of the region
  int64_t row_offset_ = 0, col_offset_ = 0;        // of the region on the canvas, pixels
  std::vector<std::vector<std::string>> members_;  // scenario variables by class
  std::vector<uint8_t> given_;
  std::vector<int32_t> anchor_, counts_;  // (cell, class)
  std::vector<double> then_;
};

}  // namespace landbc
