// One update of an emulator of classes: the state of a year becomes that of the next, from the climate of the
// year just ended, the scenario and the static fields, tile by tile.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "canvas.h"
#include "card.h"
#include "conservation.h"
#include "features.h"
#include "gather_anywhere.h"
#include "landbc.h"
#include "model_runtime.h"
#include "phase.h"
#include "scenario.h"
#include "state.h"
#include "tiles.h"
#include "transfer.h"

namespace landbc {

class YearlyUpdate {
 public:
  // `gather` takes climate from the cells to the pixels of the domain's region.
  YearlyUpdate(const PhaseSurroundings &around, const Card &card, const Domain &domain,
               std::unique_ptr<ModelRuntime> model);

  const Canvas &canvas() const { return canvas_; }
  const std::vector<Tile> &tiles() const { return tiling_.tiles(); }
  int64_t tile_size() const { return tiling_.size(); }

  // Runs the model until its optimised form is settled. MODEL if its result has not the extents that the card
  // promises.
  void warm_up(const State &state);

  // Takes the class maps that other emulators made.
  void refresh(const MapOf &map_of) { features_.refresh(map_of); }

  // From one year's state to the next or the last one's; `climate` (cell, variable) goes by the cells of
  // `overlaps`; the new map is written into `state`, uncommitted. TIME beyond the scenario.
  void run(int32_t from, int32_t to, const std::vector<double> &climate, bool hold_scenario, State &state,
           landbc_timings &timings);

 private:
  at::Tensor forward(const std::vector<at::Tensor> &arguments);
  // Takes the cells' climate for the year.
  void take_climate(const std::vector<double> &climate);
  // A tile's climate (1, variable, row, col), channels_last; it holds until the next call.
  at::Tensor climate_of(const Tile &tile);

  std::unique_ptr<ModelRuntime> model_;
  int64_t classes_;
  int64_t halo_;
  c10::Device device_;
  const Gather &gather_;
  Scenario scenario_;
  Canvas canvas_;
  Conservation conservation_;
  Tiling tiling_;
  Features features_;
  Upload upload_;
  std::vector<double> cells_;   // climate (cell, variable)
  std::vector<float> rounded_;  // the same
  at::Tensor climate_;          // (row, col, variable) of a tile
  // On an accelerator: climate by row of a table, and the row of each pixel of the canvas.
  std::optional<GatherAnywhere> spread_;
  at::Tensor table_, row_of_pixel_;
  at::Tensor coarse_;  // on the host, before it goes to the device
};

}  // namespace landbc
