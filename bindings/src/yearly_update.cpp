#include "yearly_update.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <algorithm>

#include "error.h"
#include "gather_anywhere.h"
#include "stopwatch.h"

namespace landbc {

YearlyUpdate::YearlyUpdate(const Bundle &bundle, const Card &card, const Domain &domain, const Mesh &overlaps,
                           std::unique_ptr<ModelRuntime> model, int64_t core, const Tiling::Mine &mine,
                           c10::Device device)
    : model_(std::move(model)),
      classes_(static_cast<int64_t>(card.classes->classes.size())),
      device_(device),
      gather_(overlaps.overlaps(domain.region.pixels())),
      scenario_(bundle, card, domain.region),
      canvas_(domain.region, core, bundle.halo),
      conservation_(bundle, card, domain, canvas_, scenario_),
      tiling_(domain, canvas_, core, bundle.halo, mine),
      features_(domain, card, canvas_, tiling_, device),
      climate_(
          at::zeros({canvas_.rows.length, canvas_.cols.length, static_cast<int64_t>(card.climate.size())},
                    at::TensorOptions().dtype(at::kFloat).device(device))),
      coarse_(at::zeros({scenario_.channels(), scenario_.rows(), scenario_.cols()}, at::kFloat)) {}

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
  features_.set_climate(climate_);
  features_.set_scenario(coarse_);
  if (tiling_.tiles().empty()) return;
  // The first run profiles, the second optimises.
  for (int i = 0; i < 2; ++i) forward(features_.of(tiling_.tiles().front(), state));
}

void YearlyUpdate::gather(const std::vector<double> &climate) {
  if (device_.is_cpu()) return gather_by_loop(climate);
  const at::Tensor cells = at::tensor(climate, at::kDouble).view({-1, climate_.size(2)});
  const at::Tensor pixels = gather_anywhere(gather_, cells.to(device_));
  Canvas::lay(pixels.view({canvas_.rows.extent, canvas_.cols.extent, climate_.size(2)}), climate_, 0,
              canvas_.rows, canvas_.cols);
}

void YearlyUpdate::gather_by_loop(const std::vector<double> &climate) {
  const std::vector<float> rounded(climate.begin(), climate.end());
  const int64_t width = climate_.size(2);
  float *const pixels = climate_.mutable_data_ptr<float>();
  const Axis &rows = canvas_.rows;
  const Axis &cols = canvas_.cols;
  const int64_t row_values = cols.length * width;
  at::parallel_for(0, rows.extent, 16, [&](int64_t first, int64_t last) {
    for (int64_t row = first; row < last; ++row) {
      float *const line = pixels + (rows.offset + row) * row_values;
      gather_.apply(climate.data(), rounded.data(), width, row * cols.extent, (row + 1) * cols.extent,
                    line + cols.offset * width);
      for (const Segment &segment : cols.segments) {
        for (int64_t i = 0; i < segment.length; ++i) {
          const int64_t to = segment.destination + i;
          const int64_t from = cols.offset + segment.source + (segment.outside ? 0 : i);
          if (to != from) std::copy_n(line + from * width, width, line + to * width);
        }
      }
    }
  });
  for (int64_t row = 0; row < rows.length; ++row) {
    const int64_t from = std::clamp(row, rows.offset, rows.offset + rows.extent - 1);
    if (from != row) std::copy_n(pixels + from * row_values, row_values, pixels + row * row_values);
  }
}

void YearlyUpdate::run(int32_t from, int32_t to, const std::vector<double> &climate, bool hold_scenario,
                       State &state, landbc_timings &timings) {
  Stopwatch watch;
  scenario_.fields(from, to, hold_scenario, coarse_.mutable_data_ptr<float>());
  features_.set_scenario(coarse_);
  features_.set_direction(to > from ? 1 : -1);
  conservation_.set_year(scenario_, to, hold_scenario);
  gather(climate);
  features_.set_climate(climate_);
  timings.gather += watch.lap();

  state.begin_year();
  timings.state += watch.lap();
  for (const Tile &tile : tiling_.tiles()) {
    const std::vector<at::Tensor> arguments = features_.of(tile, state);
    timings.features += watch.lap();
    const at::Tensor logits = forward(arguments);
    timings.forward += watch.lap();
    state.put(tile, logits, conservation_);
    timings.state += watch.lap();
  }
  timings.tiles += static_cast<int64_t>(tiling_.tiles().size());
}

}  // namespace landbc
