#include "outputs.h"

#include <string>

#include "error.h"
#include "fields.h"
#include "units.h"

namespace landbc {
namespace {

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

}  // namespace

OutputFields match_outputs(const HostCells &cells, int64_t classes, const landbc_field *outputs,
                           int32_t count) {
  check_fields(outputs, count, "output");
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
    if (plain_unit(field.unit) != "1") {
      fail(LANDBC_ERROR_FIELD_UNIT, "field '", name, "': unit '", field.unit,
           "' is not one that outputs come in; accepted are '1'");
    }
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
    const auto at = static_cast<size_t>(cells.slot[i]);
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
