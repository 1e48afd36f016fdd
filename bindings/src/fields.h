// The host's fields: are they the ones wanted, of the right extents, type and unit, and free of NaN; and
// their copies to and from the order of the mesh.
#pragma once

#include <cstdint>
#include <vector>

#include "card.h"
#include "fractions.h"
#include "landbc.h"

namespace landbc {

// The cells as the host orders them.
struct HostCells {
  std::vector<int64_t> id;
  std::vector<int64_t> position;  // in the mesh

  int64_t count() const { return static_cast<int64_t>(id.size()); }
};

// The host's inputs in the card's order. NULL_ARGUMENT, ABI, ARGUMENT, FIELD_NAME, FIELD_SHAPE, FIELD_UNIT.
std::vector<const landbc_field *> match_inputs(const Card &card, const HostCells &cells,
                                               const landbc_field *inputs, int32_t count);

// Values in the card's units, (cell, variable) in the mesh's order. NaN and infinity: FIELD_VALUE, or with
// `hold` the value in `last_valid` (same layout), FIELD_VALUE if that is NaN too.
void read_inputs(const Card &card, const HostCells &cells, const std::vector<const landbc_field *> &inputs,
                 bool hold, const std::vector<double> &last_valid, std::vector<double> &values);

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

HostFractions in_host_order(const HostCells &cells, int64_t classes, const Fractions &fractions);

void write_outputs(const OutputFields &outputs, const HostFractions &fractions) noexcept;

}  // namespace landbc
