// What the host gets: which of its fields are wanted, and their values in its order and precision.
#pragma once

#include <cstdint>
#include <vector>

#include "cells.h"
#include "fractions.h"
#include "landbc.h"

namespace landbc {

// The outputs that the host wants; null where it does not.
struct OutputFields {
  const landbc_field *land_use_fraction = nullptr;
  const landbc_field *coverage = nullptr;
};

// NULL_ARGUMENT, ABI, ARGUMENT, FIELD_NAME, FIELD_SHAPE, FIELD_UNIT.
OutputFields match_outputs(const HostCells &cells, int64_t classes, const landbc_field *outputs,
                           int32_t count);

// The fractions in the host's order: (class, cell) and (cell).
struct HostFractions {
  std::vector<double> land_use;
  std::vector<double> coverage;
};

// `fractions` go by slot.
HostFractions in_host_order(const HostCells &cells, int64_t classes, const Fractions &fractions);

void write_outputs(const OutputFields &outputs, const HostFractions &fractions) noexcept;

}  // namespace landbc
