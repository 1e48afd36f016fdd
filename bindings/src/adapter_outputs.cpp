#include "adapter_outputs.h"

#include <utility>

#include "error.h"

namespace landbc {
namespace {

constexpr const char *kLeaves = "leaf_area_index";

const Output *find(const OutputList &offered, const std::string &name) {
  for (const Output *output : offered)
    if (output->name == name) return output;
  return nullptr;
}

Output empty_output(const AdapterVariable &variable) {
  const bool rows = !variable.dimension.empty();
  return {variable.name, variable.unit, rows ? variable.name : "", rows ? variable.labels.size() : 1, {}};
}

}  // namespace

AdapterOutputs::AdapterOutputs(const Bundle &bundle, const HostCells &cells, std::size_t mesh_cells,
                               const OutputList &offered, const std::optional<LeafSteps> &leaf_steps) {
  std::vector<int64_t> positions;
  for (const int64_t slot : cells.slot) positions.push_back(cells.position[static_cast<std::size_t>(slot)]);
  for (const std::string &name : bundle.adapters) {
    One one{read_crosswalk(bundle, name, positions, mesh_cells), {}, {}, {}, {}, {}};
    const Crosswalk &walk = one.crosswalk;
    const Output *const source = find(offered, walk.source() + "_fraction");
    if (source == nullptr || source->width != walk.classes().size()) {
      fail(LANDBC_ERROR_BUNDLE, bundle.folder, ": adapter '", name, "' needs ", walk.classes().size(),
           " classes of ", walk.source(), ", which no emulator of the bundle makes; compile it again");
    }
    for (std::size_t v = 0; v < walk.variables().size(); ++v) {
      if (walk.leafy(v) && !leaf_steps) continue;
      if (walk.of_stems(v) && !(leaf_steps && walk.leaf_months())) continue;
      if (walk.of_stems(v) && !leaf_year_)
        leaf_year_.emplace(*walk.leaf_months(), leaf_steps->per_year, leaf_steps->next);
      one.told.push_back(v);
      one.now.push_back(empty_output(walk.variables()[v]));
    }
    one.coming = one.now;
    for (std::size_t b = 0; b < walk.bounds().size(); ++b) {
      one.bounds.push_back(empty_output(walk.bounds()[b]));
      one.bounds.back().values = walk.bound_values()[b];
    }
    all_.push_back(std::move(one));
  }
}

void AdapterOutputs::make(const OutputList &offered, bool anew, const std::vector<FinishedStep> &finished) {
  const Output *const leaves = find(offered, kLeaves);
  if (!anew && leaves == nullptr) return;
  if (leaf_year_ && !finished.empty()) {
    coming_year_ = leaf_year_;
    for (const FinishedStep &step : finished) coming_year_->add(step);
  }
  // Between the ends of months only leaf area moves.
  const LeafYear *const year = coming_year_ ? &*coming_year_ : anew && leaf_year_ ? &*leaf_year_ : nullptr;
  for (One &one : all_) {
    const Output &source = *find(offered, one.crosswalk.source() + "_fraction");
    auto values = one.crosswalk.apply(source.values, leaves == nullptr ? nullptr : &leaves->values, year);
    one.exceeding = one.crosswalk.exceeds(values);
    for (std::size_t o = 0; o < one.told.size(); ++o) {
      if (year == nullptr && one.crosswalk.of_stems(one.told[o])) {
        one.coming[o].values = one.now[o].values;
      } else {
        one.coming[o].values = std::move(values[one.told[o]]);
      }
    }
  }
  fresh_ = true;
}

void AdapterOutputs::commit() noexcept {
  if (!fresh_) return;
  for (One &one : all_) std::swap(one.now, one.coming);
  if (coming_year_) leaf_year_.swap(coming_year_);
  begin();
}

void AdapterOutputs::offer(OutputList &outputs) const {
  for (const One &one : all_)
    for (const Output &output : fresh_ ? one.coming : one.now) outputs.push_back(&output);
  for (const One &one : all_)
    for (const Output &bound : one.bounds) outputs.push_back(&bound);
}

const std::vector<std::string> *AdapterOutputs::rows(const std::string &output) const {
  for (const One &one : all_) {
    for (const auto *list : {&one.crosswalk.variables(), &one.crosswalk.bounds()})
      for (const AdapterVariable &variable : *list)
        if (variable.name == output && !variable.dimension.empty()) return &variable.labels;
  }
  return nullptr;
}

std::vector<std::string> AdapterOutputs::news() {
  std::vector<std::string> lines;
  for (One &one : all_) {
    if (one.exceeding.empty() || one.warned) continue;
    one.warned = true;
    lines.push_back("adapter " + one.crosswalk.name() + ": " + one.exceeding +
                    " exceeds the upper bound that the bundle gives; compile it with wider bounds");
  }
  return lines;
}

}  // namespace landbc
