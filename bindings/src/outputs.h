// What the host gets: the fields that the emulators offer, which of them it wants, and their values in its
// order and precision. A further output is one more entry of a phase's list (phase.h).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cells.h"
#include "landbc.h"

namespace landbc {

struct Output {
  std::string name, unit;
  std::string classes_of;  // the quantity whose classes are the second extent; empty for one number a cell
  size_t width = 1;
  std::vector<double> values;  // (class, cell), the host's order of cells
};

using OutputList = std::vector<const Output *>;

// `matched`: for each output the host's field, null where it wants none. NULL_ARGUMENT, ABI, ARGUMENT,
// FIELD_NAME, FIELD_SHAPE, FIELD_UNIT.
void match_outputs(const HostCells &cells, const OutputList &outputs, const landbc_field *fields,
                   int32_t count, std::vector<const landbc_field *> &matched);

// (slot, width) to (width, cell) in the host's order.
std::vector<double> in_host_order(const HostCells &cells, size_t width, const std::vector<double> &values);
void in_host_order(const HostCells &cells, size_t width, const std::vector<double> &values,
                   std::vector<double> &host);

void write_outputs(const std::vector<const landbc_field *> &fields, const OutputList &outputs) noexcept;

}  // namespace landbc
