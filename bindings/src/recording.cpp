#include "recording.h"

#include <netcdf.h>

#include "error.h"

namespace landbc {

Recording::Recording(const std::string &path, const RecordingHeader &header)
    : file_(path, NetcdfFile::Mode::create, LANDBC_ERROR_IO), cells_(header.cell_id.size()) {
  const int global = NetcdfFile::kGlobal;
  for (const auto &[name, value] : header.texts) file_.put_text(global, name, value);
  for (const auto &[name, value] : header.numbers) file_.put_number(global, name, value);
  step_dimension_ = file_.add_dimension("step", 0);
  cell_dimension_ = file_.add_dimension("cell", cells_);
  std::map<std::string, int> class_dimensions;
  for (const auto &[quantity, names] : header.classes)
    class_dimensions[quantity] = file_.add_dimension(quantity + "_class", names.size());

  const int ids = file_.add_variable("cell_id", NC_INT64, {cell_dimension_});
  year_ = file_.add_variable("year", NC_INT, {step_dimension_});
  month_ = file_.add_variable("month", NC_INT, {step_dimension_});
  day_ = file_.add_variable("day", NC_INT, {step_dimension_});
  second_ = file_.add_variable("second", NC_INT, {step_dimension_});
  interval_ = file_.add_variable("interval_seconds", NC_INT64, {step_dimension_});
  changed_ = file_.add_variable("changed", NC_INT, {step_dimension_});
  wall_ = file_.add_variable("wall_seconds", NC_DOUBLE, {step_dimension_});
  for (const std::string &quantity : header.quantities)
    fingerprints_.push_back(file_.add_variable(quantity + "_sha256", NC_STRING, {step_dimension_}));
  for (const Output *output : header.outputs) {
    const std::string name = "output_" + output->name;
    const bool of_classes = !output->classes_of.empty();
    const std::vector<int> extents =
        of_classes
            ? std::vector<int>{step_dimension_, class_dimensions.at(output->classes_of), cell_dimension_}
            : std::vector<int>{step_dimension_, cell_dimension_};
    const int variable = file_.add_variable(name, NC_DOUBLE, extents);
    file_.compress(variable, of_classes ? std::vector<size_t>{1, output->width, cells_}
                                        : std::vector<size_t>{1, cells_});
    file_.put_text(variable, "units", output->unit);
    outputs_.push_back(variable);
  }
  file_.put_text(wall_, "units", "s");
  file_.put_text(interval_, "units", "s");

  file_.write(ids, {0}, {cells_}, header.cell_id.data());
  for (const auto &[quantity, names] : header.classes) {
    const int variable =
        file_.add_variable(quantity + "_class_name", NC_STRING, {class_dimensions.at(quantity)});
    for (size_t c = 0; c < names.size(); ++c) file_.write_text(variable, c, names[c]);
  }
  file_.sync();
}

const Recording::Input &Recording::input_variable(const landbc_field &field) {
  for (const Input &known : inputs_) {
    if (known.name != field.name) continue;
    if (known.unit != field.unit) {
      fail(LANDBC_ERROR_FIELD_UNIT, "field '", field.name, "': unit '", field.unit,
           "', but it is being recorded in '", known.unit, "' since the first step");
    }
    if (known.type != field.type) {
      fail(LANDBC_ERROR_FIELD_SHAPE, "field '", field.name,
           "': its type differs from the one being recorded since the first step");
    }
    return known;
  }
  const std::string name = std::string("input_") + field.name;
  const int variable = file_.add_variable(name, field.type == LANDBC_FLOAT32 ? NC_FLOAT : NC_DOUBLE,
                                          {step_dimension_, cell_dimension_});
  inputs_.push_back({field.name, field.unit, field.type, variable});
  file_.compress(variable, {1, cells_});
  file_.put_text(variable, "units", field.unit);
  return inputs_.back();
}

void Recording::write(const RecordedStep &step, double wall_seconds) {
  for (const landbc_field *field : step.inputs) {
    if (field == nullptr) continue;
    const int variable = input_variable(*field).variable;
    if (field->type == LANDBC_FLOAT32) {
      file_.write(variable, {steps_, 0}, {1, cells_}, static_cast<const float *>(field->data));
    } else {
      file_.write(variable, {steps_, 0}, {1, cells_}, static_cast<const double *>(field->data));
    }
  }
  for (size_t i = 0; i < outputs_.size(); ++i) {
    const Output &output = *step.outputs[i];
    if (output.classes_of.empty()) {
      file_.write(outputs_[i], {steps_, 0}, {1, cells_}, output.values.data());
    } else {
      file_.write(outputs_[i], {steps_, 0, 0}, {1, output.width, cells_}, output.values.data());
    }
  }
  for (size_t i = 0; i < fingerprints_.size(); ++i)
    file_.write_text(fingerprints_[i], steps_, step.fingerprints[i]);
  file_.write(changed_, {steps_}, {1}, &step.changed);
  file_.write(interval_, {steps_}, {1}, &step.interval_seconds);
  file_.write(month_, {steps_}, {1}, &step.begin.month);
  file_.write(day_, {steps_}, {1}, &step.begin.day);
  file_.write(second_, {steps_}, {1}, &step.begin.second);
  file_.write(wall_, {steps_}, {1}, &wall_seconds);
  // Last: a record without a year is one that was never finished.
  file_.write(year_, {steps_}, {1}, &step.begin.year);
  ++steps_;
}

}  // namespace landbc
