#include "fields.h"

#include <cmath>

#include "error.h"
#include "units.h"

namespace landbc {
namespace {

// What holds for every field of a call, before anything else in it is believed.
void check_list(const landbc_field *fields, int32_t count, const char *kind) {
  if (count < 0) fail(LANDBC_ERROR_ARGUMENT, "the number of ", kind, "s is ", count);
  if (count > 0 && fields == nullptr) fail(LANDBC_ERROR_NULL_ARGUMENT, "argument '", kind, "s' is null");
  for (int32_t i = 0; i < count; ++i) {
    const landbc_field &field = fields[i];
    if (field.struct_size != sizeof(landbc_field)) {
      fail(LANDBC_ERROR_ABI, kind, " ", i, ": struct_size ", field.struct_size, " where landbc_field has ",
           sizeof(landbc_field), "; was the host compiled with another landbc.h?");
    }
    if (field.name == nullptr) fail(LANDBC_ERROR_NULL_ARGUMENT, kind, " ", i, ": 'name' is null");
    if (field.unit == nullptr) fail(LANDBC_ERROR_NULL_ARGUMENT, kind, " '", field.name, "': 'unit' is null");
    if (field.data == nullptr) fail(LANDBC_ERROR_NULL_ARGUMENT, kind, " '", field.name, "': 'data' is null");
  }
}

void check_shape(const landbc_field &field, const std::vector<int64_t> &wanted, const char *meaning) {
  if (field.type != LANDBC_FLOAT32 && field.type != LANDBC_FLOAT64) {
    fail(LANDBC_ERROR_FIELD_SHAPE, "field '", field.name, "': type ", field.type,
         " is neither LANDBC_FLOAT32 nor LANDBC_FLOAT64");
  }
  const auto rank = static_cast<int32_t>(wanted.size());
  if (field.rank != rank)
    fail(LANDBC_ERROR_FIELD_SHAPE, "field '", field.name, "': rank ", field.rank, " where ", rank,
         " is needed ", meaning);
  for (size_t d = 0; d < wanted.size(); ++d) {
    if (field.shape[d] != wanted[d]) {
      fail(LANDBC_ERROR_FIELD_SHAPE, "field '", field.name, "': extent ", d + 1, " is ", field.shape[d],
           " where ", wanted[d], " is needed ", meaning);
    }
  }
}

double value_at(const landbc_field &field, int64_t i) {
  return field.type == LANDBC_FLOAT32 ? static_cast<double>(static_cast<const float *>(field.data)[i])
                                      : static_cast<const double *>(field.data)[i];
}

void write_values(const landbc_field *field, const std::vector<double> &values) noexcept {
  if (field == nullptr) return;
  for (size_t i = 0; i < values.size(); ++i) {
    if (field->type == LANDBC_FLOAT32) {
      static_cast<float *>(field->data)[i] = static_cast<float>(values[i]);
    } else {
      static_cast<double *>(field->data)[i] = values[i];
    }
  }
}

std::string climate_names(const Card &card) {
  std::string names;
  for (const ClimateInput &input : card.climate) names += (names.empty() ? "" : ", ") + input.name;
  return names;
}

}  // namespace

std::vector<const landbc_field *> match_inputs(const Card &card, const HostCells &cells,
                                               const landbc_field *inputs, int32_t count) {
  check_list(inputs, count, "input");
  std::vector<const landbc_field *> matched(card.climate.size(), nullptr);
  for (int32_t i = 0; i < count; ++i) {
    const landbc_field &field = inputs[i];
    size_t at = 0;
    while (at < card.climate.size() && card.climate[at].name != field.name) ++at;
    if (at == card.climate.size()) {
      fail(LANDBC_ERROR_FIELD_NAME, "input '", field.name, "' is not known; the emulator's inputs are ",
           climate_names(card));
    }
    if (matched[at] != nullptr) fail(LANDBC_ERROR_FIELD_NAME, "input '", field.name, "' is given twice");
    check_shape(field, {cells.count()}, "(cells)");
    conversion(field.name, field.unit, card.climate[at].unit);
    matched[at] = &field;
  }
  for (size_t v = 0; v < matched.size(); ++v) {
    if (matched[v] == nullptr) {
      fail(LANDBC_ERROR_FIELD_NAME, "input '", card.climate[v].name, "' is missing; every step needs ",
           climate_names(card));
    }
  }
  return matched;
}

void read_inputs(const Card &card, const HostCells &cells, const std::vector<const landbc_field *> &inputs,
                 bool hold, const std::vector<double> &last_valid, std::vector<double> &values) {
  const size_t width = inputs.size();
  for (size_t v = 0; v < width; ++v) {
    const landbc_field &field = *inputs[v];
    const Conversion convert = conversion(field.name, field.unit, card.climate[v].unit);
    int64_t bad = 0;
    int64_t first_bad = 0;
    for (int64_t i = 0; i < cells.count(); ++i) {
      const size_t at = static_cast<size_t>(cells.position[static_cast<size_t>(i)]) * width + v;
      double value = convert(value_at(field, i));
      if (!std::isfinite(value) && hold) value = last_valid[at];
      if (!std::isfinite(value) && bad++ == 0) first_bad = cells.id[static_cast<size_t>(i)];
      values[at] = value;
    }
    if (bad > 0) {
      fail(LANDBC_ERROR_FIELD_VALUE, "input '", field.name, "' is NaN or infinite in ", bad,
           " cells, the first is id ", first_bad,
           hold ? "; no earlier value can be held there"
                : "; missing_policy can hold the last valid value instead");
    }
  }
}

OutputFields match_outputs(const HostCells &cells, int64_t classes, const landbc_field *outputs,
                           int32_t count) {
  check_list(outputs, count, "output");
  OutputFields matched;
  for (int32_t i = 0; i < count; ++i) {
    const landbc_field &field = outputs[i];
    const std::string name = field.name;
    const bool fractions = name == "land_use_fraction";
    if (!fractions && name != "coverage") {
      fail(LANDBC_ERROR_FIELD_NAME, "output '", name,
           "' is not known; outputs are land_use_fraction, coverage");
    }
    const landbc_field *&slot = fractions ? matched.land_use_fraction : matched.coverage;
    if (slot != nullptr) fail(LANDBC_ERROR_FIELD_NAME, "output '", name, "' is given twice");
    if (fractions) {
      check_shape(field, {cells.count(), classes}, "(cells, classes)");
    } else {
      check_shape(field, {cells.count()}, "(cells)");
    }
    conversion(name, field.unit, "1");
    slot = &field;
  }
  return matched;
}

HostFractions in_host_order(const HostCells &cells, int64_t classes, const Fractions &fractions) {
  const auto count = static_cast<size_t>(cells.count());
  const auto width = static_cast<size_t>(classes);
  HostFractions host;
  host.land_use.resize(count * width);
  host.coverage.resize(count);
  for (size_t i = 0; i < count; ++i) {
    const auto at = static_cast<size_t>(cells.position[i]);
    for (size_t c = 0; c < width; ++c) host.land_use[c * count + i] = fractions.land_use[at * width + c];
    host.coverage[i] = fractions.coverage[at];
  }
  return host;
}

void write_outputs(const OutputFields &outputs, const HostFractions &fractions) noexcept {
  write_values(outputs.land_use_fraction, fractions.land_use);
  write_values(outputs.coverage, fractions.coverage);
}

}  // namespace landbc
