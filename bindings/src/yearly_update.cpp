#include "yearly_update.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include "error.h"
#include "stopwatch.h"

namespace landbc {
namespace {

constexpr int64_t kGrain = 16384;

}  // namespace

YearlyUpdate::YearlyUpdate(const Bundle &bundle, const Card &card, const Domain &domain, const Mesh &mesh,
                           std::unique_ptr<ModelRuntime> model, int64_t core, c10::Device device)
    : model_(std::move(model)),
      classes_(static_cast<int64_t>(card.classes.size())),
      device_(device),
      gather_(gather_weights(mesh.overlap_pixel, mesh.overlap_cell, mesh.overlap_area, domain.extended.pixels())),
      scenario_(bundle, card),
      tiling_(domain, core, bundle.halo),
      features_(domain, tiling_, static_cast<int64_t>(card.climate.size()), scenario_.channels(), device),
      climate_(at::zeros({domain.extended.rows, domain.extended.cols, static_cast<int64_t>(card.climate.size())}, at::kFloat)),
      coarse_(at::zeros({scenario_.channels(), scenario_.rows(), scenario_.cols()}, at::kFloat)),
      first_map_(at::full({domain.extended.rows, domain.extended.cols}, kUnknown, at::TensorOptions().dtype(at::kByte).device(device))) {}

at::Tensor YearlyUpdate::forward(const EmulatorInputs &inputs) {
  at::Tensor logits = model_->forward(inputs);
  const int64_t size = tiling_.size();
  if (logits.sizes() != at::IntArrayRef({1, classes_, size, size})) {
    std::ostringstream found;
    found << logits.sizes();
    fail(LANDBC_ERROR_MODEL, "the emulator's result has extents ", found.str(), " where [1, ", classes_, ", ", size, ", ", size,
         "] follow from its card");
  }
  // Work on an accelerator is only begun by now; waiting keeps the timings honest.
  if (!device_.is_cpu()) c10::impl::VirtualGuardImpl(device_.type()).synchronizeDevice(device_.index());
  return logits;
}

void YearlyUpdate::warm_up() {
  if (tiling_.tiles().empty()) return;
  // The first run profiles, the second optimises.
  for (int i = 0; i < 2; ++i) forward(features_.assemble(tiling_.tiles().front(), first_map_));
}

void YearlyUpdate::run(int32_t year, const std::vector<double> &climate, bool hold_scenario, State &state, landbc_timings &timings) {
  Stopwatch watch;
  scenario_.fields(year, hold_scenario, coarse_.mutable_data_ptr<float>());
  features_.set_scenario(coarse_);
  const int64_t width = climate_.size(2);
  float *const pixels = climate_.mutable_data_ptr<float>();
  at::parallel_for(0, gather_.rows(), kGrain, [&](int64_t first, int64_t last) {
    apply_csr(gather_.start.data(), gather_.index.data(), gather_.weight.data(), climate.data(), width, first, last, pixels);
  });
  features_.set_climate(climate_);
  timings.gather += watch.lap();

  state.begin_year();
  timings.state += watch.lap();
  for (const Tile &tile : tiling_.tiles()) {
    const EmulatorInputs &inputs = features_.assemble(tile, state.seen());
    timings.features += watch.lap();
    const at::Tensor logits = forward(inputs);
    timings.forward += watch.lap();
    state.put(tile, logits);
    timings.state += watch.lap();
  }
  timings.tiles += static_cast<int64_t>(tiling_.tiles().size());
}

}  // namespace landbc
