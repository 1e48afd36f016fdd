// The host's inputs: are they the ones wanted, in units that convert exactly, free of NaN, within what is
// possible on Earth; and their values by slot, in the cards' units.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "card.h"
#include "cells.h"
#include "configuration.h"
#include "input_pass.h"
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

  // Reads the fields and looks whether the interval [begin, end) can be taken in; nothing is taken in yet.
  // NaN and infinity: FIELD_VALUE, or where they are held the last valid value, FIELD_VALUE if there is none.
  // Out of range: by the policy.
  void read(const std::vector<const landbc_field *> &inputs, int64_t begin, int64_t end, const Span &span);

  // What was read last, in the cards' units, for as long as the host's fields are where they were:
  // `take(v, first, count, values)` is called with the values of input v at the slots first ... first + count
  // - 1, all inputs and slots one after another. They are the last valid ones from then on.
  template <class Take>
  void hand_out(const Take &take) noexcept {
    const auto cells = static_cast<size_t>(cells_.count());
    for (size_t v = 0; v < wanted_.size(); ++v) {
      for (size_t first = 0; first < cells; first += kChunk) {
        const size_t count = std::min(static_cast<size_t>(kChunk), cells - first);
        const double *const values = chunk(v, first, count);
        take(v, first, count, values);
        if (!last_valid_.empty()) std::copy_n(values, count, last_valid_.data() + v * cells + first);
      }
    }
  }

  // (variable, slot), NaN where there is none yet; empty where nothing is held.
  const std::vector<double> &last_valid() const { return last_valid_; }
  void restore(std::vector<double> last_valid) {
    if (configuration_.hold_missing) last_valid_ = std::move(last_valid);
  }

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

  const Conversion &conversion_of(size_t v, const landbc_field &field, const Span &span);
  // A field with something strange in it: its values are put down, by slot, with held ones.
  void read_strange(size_t v, const landbc_field &field, const Conversion &convert, int32_t year);
  void check_range(size_t v, int32_t year);
  const double *chunk(size_t v, size_t first, size_t count) noexcept;

  const Configuration &configuration_;
  std::vector<ClimateInput> wanted_;
  const HostCells &cells_;
  Series series_;
  std::vector<Range> ranges_;
  // The last year in which the log was told, so that a bad field does not fill it.
  std::vector<int32_t> told_range_, told_held_;
  std::vector<const landbc_field *> matched_;
  std::vector<KnownConversion> conversions_;
  std::vector<int64_t> cell_of_slot_;  // empty where slots are as the host orders its cells
  std::vector<double> last_valid_;
  // By input, where its values do not come straight from the host: of the slots, else empty.
  std::vector<std::vector<double>> put_down_;
  std::vector<uint8_t> is_put_down_;
  std::array<double, kChunk> room_;
};

}  // namespace landbc
