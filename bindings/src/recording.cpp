#include "recording.h"

#include <netcdf.h>

#include "error.h"

namespace landbc {

Recording::Recording(const std::string &path, const RecordingHeader &header)
    : file_(path, NetcdfFile::Mode::create, LANDBC_ERROR_IO),
      cells_(header.cell_id.size()),
      classes_(header.classes.size()) {
  const int global = NetcdfFile::kGlobal;
  for (const auto &[name, value] : header.texts) file_.put_text(global, name, value);
  for (const auto &[name, value] : header.numbers) file_.put_number(global, name, value);
  step_dimension_ = file_.add_dimension("step", 0);
  cell_dimension_ = file_.add_dimension("cell", cells_);
  const int class_dimension = file_.add_dimension("land_use_class", classes_);

  const int ids = file_.add_variable("cell_id", NC_INT64, {cell_dimension_});
  const int names = file_.add_variable("class_name", NC_STRING, {class_dimension});
  year_ = file_.add_variable("year", NC_INT, {step_dimension_});
  month_ = file_.add_variable("month", NC_INT, {step_dimension_});
  day_ = file_.add_variable("day", NC_INT, {step_dimension_});
  second_ = file_.add_variable("second", NC_INT, {step_dimension_});
  interval_ = file_.add_variable("interval_seconds", NC_INT64, {step_dimension_});
  changed_ = file_.add_variable("changed", NC_INT, {step_dimension_});
  wall_ = file_.add_variable("wall_seconds", NC_DOUBLE, {step_dimension_});
  sha_ = file_.add_variable("state_sha256", NC_STRING, {step_dimension_});
  fraction_ = file_.add_variable("output_land_use_fraction", NC_DOUBLE,
                                 {step_dimension_, class_dimension, cell_dimension_});
  coverage_ = file_.add_variable("output_coverage", NC_DOUBLE, {step_dimension_, cell_dimension_});
  file_.compress(fraction_, {1, classes_, cells_});
  file_.compress(coverage_, {1, cells_});
  file_.put_text(wall_, "units", "s");
  file_.put_text(interval_, "units", "s");
  file_.put_text(fraction_, "units", "1");
  file_.put_text(coverage_, "units", "1");

  file_.write(ids, {0}, {cells_}, header.cell_id.data());
  for (size_t c = 0; c < classes_; ++c) file_.write_text(names, c, header.classes[c]);
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
  file_.write(fraction_, {steps_, 0, 0}, {1, classes_, cells_}, step.outputs.land_use.data());
  file_.write(coverage_, {steps_, 0}, {1, cells_}, step.outputs.coverage.data());
  file_.write_text(sha_, steps_, step.state_sha256);
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
