// One update of an emulator of a vegetation series: the map of a month or dekad from those before, the
// climate of the step and of those before it, the land use of the year, and the hidden state, tile by tile.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "canvas.h"
#include "card.h"
#include "changing_pixels.h"
#include "distribution.h"
#include "gather.h"
#include "hidden_state.h"
#include "landbc.h"
#include "model_runtime.h"
#include "past_map.h"
#include "phase.h"
#include "series_map.h"
#include "series_normals.h"
#include "static_fields.h"
#include "tiles.h"
#include "transfer.h"

namespace landbc {

// The maps of steps by number; none is written again once it is complete.
using SeriesMaps = std::map<int64_t, std::shared_ptr<PastMap>>;

struct SeriesStep {
  int64_t period = 0;
  // Of each step of the climate, oldest first: (cell of the gather overlaps, variable); empty where the run
  // has none, and the normals stand in.
  std::vector<std::vector<double>> climate;
  float day_of_year = 0.0F;  // of its last day
  float co2 = 0.0F;          // ppm
};

class SeriesUpdate {
 public:
  SeriesUpdate(const PhaseSurroundings &around, const Card &card, const Periods &periods,
               const Domain &domain, const SeriesNormals &normals, std::unique_ptr<ModelRuntime> model);

  // Settles what travels between ranks. Collective.
  void connect() { hidden_.connect(); }

  const Canvas &canvas() const { return canvas_; }
  const std::vector<Tile> &tiles() const { return tiling_.tiles(); }
  const SeriesScale &scale() const { return scale_; }
  const HiddenState &hidden() const { return hidden_; }

  // Runs the model until its optimised form is settled. MODEL if its results have not the extents that the
  // card promises.
  void warm_up();

  void refresh(const MapOf &map_of) { statics_.refresh(map_of); }

  // The step's map, and the hidden state after it in place of `hidden`; both without what neighbours compute.
  // MODEL if a value is NaN, BUNDLE if the normals cannot be read, IO if the past cannot.
  SeriesMap run(const SeriesStep &step, const SeriesMaps &maps, at::Tensor &hidden, landbc_timings &timings);

  // A map of values (row, col) over the region, where the emulator may change it.
  SeriesMap on_canvas(const std::vector<float> &values) const;
  SeriesMap on_canvas(const std::vector<int16_t> &numbers) const;
  SeriesMap empty() const { return nothing_.like(kNoValue); }

 private:
  // What a step's tiles share: maps of the past (null where there is none), steps of the year of the normals.
  struct Shared {
    at::Tensor climate, hidden, time;
    std::vector<const PastMap *> past;
    std::vector<int64_t> normals;
  };

  at::Tensor lay_climate(const SeriesStep &step);
  void read_normals(int64_t of_year, const Tile &tile, const at::Tensor &to);
  // The same on an accelerator, where they stay.
  at::Tensor keep_normals(int64_t of_year, const Tile &tile);
  void lay_normals(const Tile &tile, const std::vector<int64_t> &of_year);
  // They hold until the next call.
  std::vector<at::Tensor> arguments(const Tile &tile, const Shared &shared);
  std::vector<at::Tensor> forward(const std::vector<at::Tensor> &arguments);

  std::unique_ptr<ModelRuntime> model_;
  Card card_;
  Periods periods_;
  const SeriesNormals &normals_;
  c10::Device device_;
  int64_t core_, halo_;  // the emulator's own halo, which may be narrower than the bundle's
  Window region_;
  SeriesScale scale_;
  Gather gather_;  // mesh -> 0.25 degree cells
  Canvas canvas_;
  Tiling tiling_;
  StaticFields statics_;
  HiddenState hidden_;
  const ChangingPixels &changing_;
  SeriesMap nothing_;    // no values
  at::Tensor latitude_;  // of the canvas's rows
  at::Tensor coarse_index_;
  Upload upload_;
  // On an accelerator, of the steps of the year that the last update saw: the normals on the canvas, and
  // which tiles have theirs, by first row and column.
  struct Kept {
    at::Tensor canvas;
    std::set<std::pair<int64_t, int64_t>> tiles;
  };
  std::map<int64_t, Kept> kept_normals_;
  // Room for a tile: its past (lag, row, col) as numbers, as values and whether there are any; normals; and
  // its core.
  at::Tensor numbers_, past_, known_, normals_here_, core_active_, core_numbers_;
  std::vector<float> read_;
};

}  // namespace landbc
