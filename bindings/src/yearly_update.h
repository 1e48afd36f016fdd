// One update of an emulator of classes: the state of a year becomes that of the next, from the climate of the
// year just ended, the scenario and the static fields, tile by tile.
#pragma once

#include <memory>
#include <vector>

#include "canvas.h"
#include "card.h"
#include "conservation.h"
#include "features.h"
#include "gather.h"
#include "landbc.h"
#include "mesh.h"
#include "model_runtime.h"
#include "scenario.h"
#include "state.h"
#include "tiles.h"

namespace landbc {

class YearlyUpdate {
 public:
  // `overlaps` of the domain's region with the cells that it takes its climate from.
  YearlyUpdate(const Bundle &bundle, const Card &card, const Domain &domain, const Mesh &overlaps,
               std::unique_ptr<ModelRuntime> model, int64_t core, const Tiling::Mine &mine,
               c10::Device device);

  const Canvas &canvas() const { return canvas_; }
  const std::vector<Tile> &tiles() const { return tiling_.tiles(); }

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
  // Spreads the cells' climate over the canvas: by a loop of its own on the CPU, by tensor operations
  // elsewhere.
  void gather(const std::vector<double> &climate);
  void gather_by_loop(const std::vector<double> &climate);

  std::unique_ptr<ModelRuntime> model_;
  int64_t classes_;
  c10::Device device_;
  Gather gather_;
  Scenario scenario_;
  Canvas canvas_;
  Conservation conservation_;
  Tiling tiling_;
  Features features_;
  at::Tensor climate_;  // on the canvas
  at::Tensor coarse_;   // on the host, before it goes to the device
};

}  // namespace landbc
