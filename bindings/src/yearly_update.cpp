#include "yearly_update.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>

#include "device.h"
#include "error.h"
#include "laps.h"
#include "tile_check.h"

namespace landbc {

YearlyUpdate::YearlyUpdate(const PhaseSurroundings &around, const Card &card, const Domain &domain,
                           std::unique_ptr<ModelRuntime> model)
    : model_(std::move(model)),
      classes_(static_cast<int64_t>(card.classes->classes.size())),
      halo_(around.bundle.halo),
      device_(around.device),
      gather_(around.gather),
      scenario_(around.bundle, card, domain.region),
      canvas_(around.changing.blocks()->canvas()),
      conservation_(around.bundle, card, domain, canvas_, scenario_),
      tiling_(domain, canvas_, around.core, around.bundle.halo, around.distribution.mine()),
      features_(around.bundle, domain.region, card, around.made, canvas_, tiling_, around.device),
      upload_(device_),
      climate_(at::zeros({tiling_.size(), tiling_.size(), static_cast<int64_t>(card.climate.size())},
                         at::TensorOptions().dtype(at::kFloat).device(device_))),
      coarse_(at::zeros({scenario_.channels(), scenario_.rows(), scenario_.cols()}, at::kFloat)) {
  if (device_.is_cpu()) return;
  spread_.emplace(gather_, device_);
  row_of_pixel_ = at::empty({canvas_.rows.length, canvas_.cols.length},
                            at::TensorOptions().dtype(at::kInt).device(device_));
  Canvas::lay(spread_->row_of_pixel().view({canvas_.rows.extent, canvas_.cols.extent}), row_of_pixel_, 0,
              canvas_.rows, canvas_.cols);
}

at::Tensor YearlyUpdate::forward(const std::vector<at::Tensor> &arguments) {
  at::Tensor logits = model_->forward(arguments, 1).front();
  const int64_t size = tiling_.size();
  const int64_t inner = size - 2 * halo_;
  const bool whole = logits.sizes() == at::IntArrayRef({1, classes_, size, size});
  if (logits.scalar_type() != at::kFloat ||
      !(whole || logits.sizes() == at::IntArrayRef({1, classes_, inner, inner}))) {
    std::ostringstream found;
    found << logits.scalar_type() << " " << logits.sizes();
    fail(LANDBC_ERROR_MODEL, "the emulator's result is ", found.str(), " where Float [1, ", classes_, ", ",
         size, ", ", size, "] follows from its card");
  }
  return logits;
}

void YearlyUpdate::warm_up(const State &state) {
  features_.set_scenario(upload_.send_copy(coarse_));
  if (tiling_.tiles().empty()) return;
  const Tile &tile = tiling_.tiles().front();
  const at::Tensor climate = climate_.permute({2, 0, 1}).unsqueeze(0);
  // The first run profiles, the second optimises.
  for (int i = 0; i < 2; ++i) forward(features_.of(tile, climate, state));
  wait_for(device_);
  // The other emulators of the bundle are yet to begin, and read whole maps.
  features_.rest();
}

void YearlyUpdate::take_climate(const std::vector<double> &climate) {
  if (device_.is_cpu()) {
    cells_ = climate;
    rounded_.assign(climate.begin(), climate.end());
    return;
  }
  const int64_t width = climate_.size(2);
  const int64_t cells = width == 0 ? 0 : static_cast<int64_t>(climate.size()) / width;
  table_ = spread_->table(
      upload_.send_copy(at::from_blob(const_cast<double *>(climate.data()), {cells, width}, at::kDouble)));
}

at::Tensor YearlyUpdate::climate_of(const Tile &tile) {
  const int64_t size = tiling_.size();
  const int64_t width = climate_.size(2);
  if (!device_.is_cpu()) {
    return table_.index_select(0, plane_of(row_of_pixel_, tile, size).reshape({-1}))
        .view({size, size, width})
        .permute({2, 0, 1})
        .unsqueeze(0);
  }
  float *const pixels = climate_.mutable_data_ptr<float>();
  const std::vector<Segment> rows = canvas_.cut_rows(tile.row, size);
  const std::vector<Segment> cols = canvas_.cut_cols(tile.col, size);
  at::parallel_for(0, size, 16, [&](int64_t first, int64_t last) {
    for (const Segment &r : rows) {
      const int64_t end = std::min(last, r.destination + r.length);
      for (int64_t row = std::max(first, r.destination); row < end; ++row) {
        const int64_t source = (r.outside ? r.source : r.source + row - r.destination) * canvas_.cols.extent;
        for (const Segment &c : cols) {
          float *const to = pixels + (row * size + c.destination) * width;
          const int64_t from = source + c.source;
          gather_.apply(cells_.data(), rounded_.data(), width, from, from + (c.outside ? 1 : c.length), to);
          for (int64_t i = 1; c.outside && i < c.length; ++i) std::copy_n(to, width, to + i * width);
        }
      }
    }
  });
  return climate_.permute({2, 0, 1}).unsqueeze(0);
}

void YearlyUpdate::run(int32_t from, int32_t to, const std::vector<double> &climate, bool hold_scenario,
                       State &state, landbc_timings &timings) {
  Laps laps(device_);
  TileCheck check(canvas_, "the emulator", "year");
  scenario_.fields(from, to, hold_scenario, coarse_.mutable_data_ptr<float>());
  features_.set_scenario(upload_.send_copy(coarse_));
  features_.set_direction(to > from ? 1 : -1);
  conservation_.set_year(scenario_, to, hold_scenario);
  take_climate(climate);
  laps.lap(timings.gather);

  state.begin_year();
  laps.lap(timings.state);
  for (const Tile &tile : tiling_.tiles()) {
    const at::Tensor fields = climate_of(tile);
    laps.lap(timings.gather);
    const std::vector<at::Tensor> arguments = features_.of(tile, fields, state);
    laps.lap(timings.features);
    const at::Tensor logits = forward(arguments);
    laps.lap(timings.forward);
    state.put(tile, logits, conservation_, check);
    laps.lap(timings.state);
  }
  check.settle();
  laps.finish();
  timings.tiles += static_cast<int64_t>(tiling_.tiles().size());
}

}  // namespace landbc
