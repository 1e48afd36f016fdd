// The host's inputs: are they the ones wanted, in units that convert exactly, free of NaN, within what is
// possible on Earth; and their values by slot, in the cards' units.
#pragma once

#include <cstdint>
#include <vector>

#include "card.h"
#include "cells.h"
#include "configuration.h"
#include "landbc.h"
#include "series.h"
#include "units.h"

namespace landbc {

// The inputs of several emulators, each once. MODEL if two want one in different units.
std::vector<ClimateInput> inputs_of(const std::vector<Card> &cards);

class Inputs {
 public:
  Inputs(const Configuration &configuration, const Bundle &bundle, std::vector<ClimateInput> wanted,
         const HostCells &cells, size_t mesh_cells);

  const std::vector<ClimateInput> &wanted() const { return wanted_; }
  // Where an emulator's inputs stand among them.
  std::vector<size_t> columns_of(const std::vector<ClimateInput> &inputs) const;
  // Whether the bundle supplies an input.
  bool from_bundle(size_t v) const { return series_.serves(v); }

  // The host's fields in the order of the inputs, valid until the next call; null for those that come from
  // the bundle. NULL_ARGUMENT, ABI, ARGUMENT, FIELD_NAME, FIELD_SHAPE, FIELD_UNIT.
  const std::vector<const landbc_field *> &match(const landbc_field *inputs, int32_t count, const Span &span);

  // Values (variable, slot) of the interval [begin, end). NaN and infinity: FIELD_VALUE, or where they are
  // held the value in `last_valid` (same layout), FIELD_VALUE if that is NaN too. Out of range: by the
  // policy.
  void read(const std::vector<const landbc_field *> &inputs, int64_t begin, int64_t end, const Span &span,
            const std::vector<double> &last_valid, std::vector<double> &values);

 private:
  struct Range {
    double low, high;
  };

  // A host's unit seldom changes from step to step.
  struct KnownConversion {
    std::string unit;
    Span span;
    Conversion convert;
  };

  const Conversion &converted(size_t v, const landbc_field &field, const Span &span);
  void check_range(size_t v, const std::vector<double> &values, int32_t year);

  const Configuration &configuration_;
  std::vector<ClimateInput> wanted_;
  const HostCells &cells_;
  Series series_;
  std::vector<Range> ranges_;
  // The last year in which the log was told, so that a bad field does not fill it.
  std::vector<int32_t> told_range_, told_held_;
  std::vector<const landbc_field *> matched_;
  std::vector<KnownConversion> conversions_;
  bool in_order_ = true;  // slots as the host orders its cells
};

}  // namespace landbc
