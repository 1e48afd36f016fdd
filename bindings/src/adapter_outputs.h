// The outputs of the bundle's adapters: made anew from what the emulators offer, and kept beside it until the
// step is committed. They are never recorded: they follow from the fractions that are.
#pragma once

#include <string>
#include <vector>

#include "cells.h"
#include "crosswalk.h"
#include "outputs.h"

namespace landbc {

class AdapterOutputs {
 public:
  // All that `bundle` names, for the host's cells. BUNDLE if one does not fit what the emulators offer.
  AdapterOutputs(const Bundle &bundle, const HostCells &cells, std::size_t mesh_cells,
                 const OutputList &offered);

  // Forgets what was made for a step that failed.
  void begin() noexcept { fresh_ = false; }
  // From what the emulators offer, as it will be when committed; `anew` tells whether class maps changed.
  void make(const OutputList &offered, bool anew);
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
  bool fresh_ = false;
};

}  // namespace landbc
