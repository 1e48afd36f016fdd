// The outputs of the bundle's adapters: made anew from what the emulators offer, and kept beside it until the
// step is committed. They are never recorded: they follow from what is.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cells.h"
#include "crosswalk.h"
#include "leaf_year.h"
#include "outputs.h"

namespace landbc {

// The steps of an emulator of leaf area index: how many make a year, and the one that it awaits.
struct LeafSteps {
  int64_t per_year, next;
};

class AdapterOutputs {
 public:
  // All that `bundle` names, for the host's cells. BUNDLE if one does not fit what the emulators offer.
  AdapterOutputs(const Bundle &bundle, const HostCells &cells, std::size_t mesh_cells,
                 const OutputList &offered, const std::optional<LeafSteps> &leaf_steps);

  // The leaf area of the last months, in the host's order of cells, where an adapter makes stem area of it.
  const std::optional<LeafYear> &leaf_year() const { return leaf_year_; }
  // As it was in a run that goes on.
  void go_on(LeafYear leaf_year) { leaf_year_ = std::move(leaf_year); }

  // Forgets what was made for a step that failed.
  void begin() noexcept {
    fresh_ = false;
    coming_year_.reset();
  }
  // From what the emulators offer, as it will be when committed, and the steps of leaf area that were
  // finished; `anew` tells whether class maps changed.
  void make(const OutputList &offered, bool anew, const std::vector<FinishedStep> &finished);
  void commit() noexcept;

  // Outputs of the step, as they will be when committed or as they are; then the upper bounds, which never
  // change.
  void offer(OutputList &outputs) const;

  // Names of the rows of an output; null if no adapter has it.
  const std::vector<std::string> *rows(const std::string &output) const;
  // Sentences for the log: outputs beyond their bounds, each told once.
  std::vector<std::string> news();

 private:
  struct One {
    Crosswalk crosswalk;
    std::vector<std::size_t> told;  // variables that it offers
    std::vector<Output> now, coming, bounds;
    std::string exceeding;
    bool warned = false;
  };

  std::vector<One> all_;
  std::optional<LeafYear> leaf_year_, coming_year_;
  bool fresh_ = false;
};

}  // namespace landbc
