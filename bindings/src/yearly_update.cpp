#include "yearly_update.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <algorithm>

#include "error.h"
#include "gather_anywhere.h"
#include "stopwatch.h"

namespace landbc {

YearlyUpdate::YearlyUpdate(const PhaseSurroundings &around, const Card &card, const Domain &domain,
                           std::unique_ptr<ModelRuntime> model)
    : model_(std::move(model)),
      classes_(static_cast<int64_t>(card.classes->classes.size())),
      device_(around.device),
      gather_(around.gather),
      scenario_(around.bundle, card, domain.region),
      canvas_(around.changing.blocks()->canvas()),
      conservation_(around.bundle, card, domain, canvas_, scenario_),
      tiling_(domain, canvas_, around.core, around.bundle.halo, around.distribution.mine()),
      features_(around.bundle, domain.region, card, around.made, canvas_, tiling_, around.device),
      coarse_(at::zeros({scenario_.channels(), scenario_.rows(), scenario_.cols()}, at::kFloat)) {
  const bool whole = !device_.is_cpu();
  climate_ =
      at::zeros({whole ? canvas_.rows.length : tiling_.size(), whole ? canvas_.cols.length : tiling_.size(),
                 static_cast<int64_t>(card.climate.size())},
                at::TensorOptions().dtype(at::kFloat).device(device_));
}

at::Tensor YearlyUpdate::forward(const std::vector<at::Tensor> &arguments) {
  at::Tensor logits = model_->forward(arguments, 1).front();
  const int64_t size = tiling_.size();
  if (logits.scalar_type() != at::kFloat || logits.sizes() != at::IntArrayRef({1, classes_, size, size})) {
    std::ostringstream found;
    found << logits.scalar_type() << " " << logits.sizes();
    fail(LANDBC_ERROR_MODEL, "the emulator's result is ", found.str(), " where Float [1, ", classes_, ", ",
         size, ", ", size, "] follows from its card");
  }
  // Work on an accelerator is only begun by now; waiting keeps the timings honest.
  if (!device_.is_cpu()) c10::impl::VirtualGuardImpl(device_.type()).synchronizeDevice(device_.index());
  return logits;
}

void YearlyUpdate::warm_up(const State &state) {
  features_.set_scenario(coarse_);
  if (tiling_.tiles().empty()) return;
  const Tile &tile = tiling_.tiles().front();
  const at::Tensor climate = device_.is_cpu() ? climate_.permute({2, 0, 1}).unsqueeze(0)
                                              : channels_of(climate_, tile, tiling_.size());
  // The first run profiles, the second optimises.
  for (int i = 0; i < 2; ++i) forward(features_.of(tile, climate, state));
  // The other emulators of the bundle are yet to begin, and read whole maps.
  features_.rest();
}

void YearlyUpdate::take_climate(const std::vector<double> &climate) {
  if (device_.is_cpu()) {
    cells_ = climate;
    rounded_.assign(climate.begin(), climate.end());
    return;
  }
  const at::Tensor cells = at::tensor(climate, at::kDouble).view({-1, climate_.size(2)});
  const at::Tensor pixels = gather_anywhere(gather_, cells.to(device_));
  Canvas::lay(pixels.view({canvas_.rows.extent, canvas_.cols.extent, climate_.size(2)}), climate_, 0,
              canvas_.rows, canvas_.cols);
}

at::Tensor YearlyUpdate::climate_of(const Tile &tile) {
  const int64_t size = tiling_.size();
  if (!device_.is_cpu()) return channels_of(climate_, tile, size);
  const int64_t width = climate_.size(2);
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
  Stopwatch watch;
  scenario_.fields(from, to, hold_scenario, coarse_.mutable_data_ptr<float>());
  features_.set_scenario(coarse_);
  features_.set_direction(to > from ? 1 : -1);
  conservation_.set_year(scenario_, to, hold_scenario);
  take_climate(climate);
  timings.gather += watch.lap();

  state.begin_year();
  timings.state += watch.lap();
  for (const Tile &tile : tiling_.tiles()) {
    const at::Tensor fields = climate_of(tile);
    timings.gather += watch.lap();
    const std::vector<at::Tensor> arguments = features_.of(tile, fields, state);
    timings.features += watch.lap();
    const at::Tensor logits = forward(arguments);
    timings.forward += watch.lap();
    state.put(tile, logits, conservation_);
    timings.state += watch.lap();
  }
  timings.tiles += static_cast<int64_t>(tiling_.tiles().size());
}

}  // namespace landbc
