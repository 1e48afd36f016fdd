#include "outputs.h"

#include <algorithm>
#include <string_view>

#include "error.h"
#include "fields.h"
#include "units.h"

namespace landbc {
namespace {

std::string names_of(const OutputList &outputs) {
  std::string names;
  for (const Output *output : outputs) names += (names.empty() ? "" : ", ") + output->name;
  return names;
}

}  // namespace

void match_outputs(const HostCells &cells, const OutputList &outputs, const landbc_field *fields,
                   int32_t count, std::vector<const landbc_field *> &matched) {
  check_fields(fields, count, "output");
  matched.assign(outputs.size(), nullptr);
  for (int32_t i = 0; i < count; ++i) {
    const landbc_field &field = fields[i];
    size_t at = 0;
    while (at < outputs.size() && outputs[at]->name != field.name) ++at;
    if (at == outputs.size()) {
      fail(LANDBC_ERROR_FIELD_NAME, "output '", field.name, "' is not known; outputs are ",
           names_of(outputs));
    }
    if (matched[at] != nullptr) fail(LANDBC_ERROR_FIELD_NAME, "output '", field.name, "' is given twice");
    const Output &output = *outputs[at];
    if (output.classes_of.empty()) {
      check_shape(field, {cells.count()}, "(cells)");
    } else {
      check_shape(field, {cells.count(), static_cast<int64_t>(output.width)}, "(cells, classes)");
    }
    if (output.unit != std::string_view(field.unit) && plain_unit(field.unit) != plain_unit(output.unit)) {
      fail(LANDBC_ERROR_FIELD_UNIT, "field '", field.name, "': unit '", field.unit,
           "' is not one that outputs come in; accepted are '", output.unit, "'");
    }
    matched[at] = &field;
  }
}

void in_host_order(const HostCells &cells, size_t width, const std::vector<double> &values,
                   std::vector<double> &host) {
  const auto count = static_cast<size_t>(cells.count());
  host.resize(count * width);
  for (size_t i = 0; i < count; ++i) {
    const auto at = static_cast<size_t>(cells.slot[i]);
    for (size_t c = 0; c < width; ++c) host[c * count + i] = values[at * width + c];
  }
}

std::vector<double> in_host_order(const HostCells &cells, size_t width, const std::vector<double> &values) {
  std::vector<double> host;
  in_host_order(cells, width, values, host);
  return host;
}

void write_outputs(const std::vector<const landbc_field *> &fields, const OutputList &outputs) noexcept {
  for (size_t f = 0; f < fields.size(); ++f) {
    const landbc_field *const field = fields[f];
    if (field == nullptr) continue;
    const std::vector<double> &values = outputs[f]->values;
    if (field->type == LANDBC_FLOAT32) {
      auto *const to = static_cast<float *>(field->data);
      for (size_t i = 0; i < values.size(); ++i) to[i] = static_cast<float>(values[i]);
    } else {
      std::copy(values.begin(), values.end(), static_cast<double *>(field->data));
    }
  }
}

}  // namespace landbc
