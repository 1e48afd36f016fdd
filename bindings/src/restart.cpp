#include "restart.h"

#include <netcdf.h>

#include <algorithm>
#include <cstdio>

#include "card.h"
#include "error.h"
#include "name_list.h"
#include "netcdf_file.h"
#include "sealed_file.h"

namespace landbc {
namespace {

constexpr const char *kFormat = "landbc-restart";
constexpr int64_t kVersion = 3;
constexpr size_t kMonths = 12;
constexpr int64_t kMostCells = int64_t{1} << 31;
constexpr size_t kTile = 512;

// Dimensions that the parts of the file share.
struct Frame {
  int y, x, cell;
  size_t rows, cols, cells;
};

void write_header(NetcdfFile &file, const Restart &restart) {
  const int global = NetcdfFile::kGlobal;
  const auto put = [&](const char *name, const std::string &text) { file.put_text(global, name, text); };
  put("format", kFormat);
  file.put_number(global, "format_version", kVersion);
  put("Conventions", "CF-1.11");
  put("title", "state of a coupled run of landbc, between two coupling intervals");
  put("landbc_version", restart.landbc_version);
  put("bundle_sha256", restart.bundle_sha256);
  put("calendar", restart.calendar);
  put("interval_begin", restart.begin_date);
  put("interval_end", restart.end_date);
  put("inputs", join_names(restart.inputs));
  std::vector<std::string> quantities;
  for (const PhaseRestart &phase : restart.phases) quantities.push_back(phase.quantity);
  put("quantities", join_names(quantities));
  for (const auto &[name, value] :
       std::initializer_list<std::pair<const char *, int64_t>>{{"interval_begin_seconds", restart.begin},
                                                               {"interval_end_seconds", restart.end},
                                                               {"direction", restart.direction},
                                                               {"started", restart.started ? 1 : 0},
                                                               {"changed", restart.changed},
                                                               {"window_row", restart.window.row},
                                                               {"window_col", restart.window.col}})
    file.put_number(global, name, value);
}

void write_sums(NetcdfFile &file, const Frame &frame, const PhaseRestart &phase) {
  const std::string &name = phase.quantity;
  const size_t width = phase.inputs.size();
  if (phase.sums.empty()) return;
  const int period = file.add_dimension(name + "_period", phase.sums.size());
  const int number = file.add_variable(name + "_period", NC_INT64, {period});
  file.put_text(number, "long_name", "number of the emulator's period, counted from year 0");
  const int seconds = file.add_variable(name + "_period_seconds", NC_INT64, {period});
  file.put_text(seconds, "units", "s");
  int sums = -1;
  if (width > 0) {
    const int input = file.add_dimension(name + "_input", width);
    sums = file.add_variable(name + "_period_sum", NC_DOUBLE, {period, frame.cell, input});
    file.put_text(sums, "long_name", "statistics of the inputs so far, means weighted by seconds");
  }
  size_t at = 0;
  for (const auto &[key, sum] : phase.sums) {
    file.write(number, {at}, {1}, &key);
    file.write(seconds, {at}, {1}, &sum.seconds);
    if (width > 0) file.write(sums, {at, 0, 0}, {1, frame.cells, width}, sum.values.data());
    ++at;
  }
}

void write_phase(NetcdfFile &file, const Frame &frame, const PhaseRestart &phase) {
  const std::string &name = phase.quantity;
  const int global = NetcdfFile::kGlobal;
  file.put_text(global, name + "_emulator_sha256", phase.emulator_sha256);
  file.put_number(global, name + "_next_period", phase.next);
  file.put_text(global, name + "_inputs", join_names(phase.inputs));
  write_sums(file, frame, phase);
  const std::vector<size_t> chunk{std::min(frame.rows, kTile), std::min(frame.cols, kTile)};
  if (!phase.classes.empty()) {
    file.put_text(global, name + "_classes", join_names(phase.classes));
    const int map = file.add_variable(name, NC_UBYTE, {frame.y, frame.x});
    file.compress(map, chunk);
    file.put_text(map, "long_name", "class of each pixel of the window; north first, 255 is unknown");
    file.write(map, {0, 0}, {frame.rows, frame.cols}, phase.codes.data());
    if (phase.history.empty()) return;
    const int history = file.add_variable(history_name(name), NC_UBYTE, {frame.y, frame.x});
    file.compress(history, chunk);
    file.put_text(
        history, "long_name",
        "0 ... 10: class kept for so many years, as far as is known; 11 ... 20: taken 1 ... 10 years ago");
    file.write(history, {0, 0}, {frame.rows, frame.cols}, phase.history.data());
    return;
  }
  file.put_number(global, name + "_hidden_channels", phase.hidden_channels);
  if (!phase.maps.empty()) {
    const int step = file.add_dimension(name + "_step", phase.maps.size());
    const int number = file.add_variable(name + "_step", NC_INT64, {step});
    const int map = file.add_variable(name, NC_SHORT, {step, frame.y, frame.x});
    file.compress(map, {1, chunk[0], chunk[1]});
    file.put_text(map, "long_name", "maps of the last steps in 32767 steps of the range; -1 is unknown");
    size_t at = 0;
    for (const auto &[period, values] : phase.maps) {
      file.write(number, {at}, {1}, &period);
      file.write(map, {at, 0, 0}, {1, frame.rows, frame.cols}, values.data());
      ++at;
    }
  }
  if (phase.hidden_cell.empty()) return;
  const size_t cells = phase.hidden_cell.size();
  const auto channels = static_cast<size_t>(phase.hidden_channels);
  const int cell = file.add_dimension(name + "_hidden_cell", cells);
  const int channel = file.add_dimension(name + "_hidden_channel", channels);
  const int number = file.add_variable(name + "_hidden_cell", NC_INT64, {cell});
  const int hidden = file.add_variable(name + "_hidden", NC_FLOAT, {cell, channel});
  file.write(number, {0}, {cells}, phase.hidden_cell.data());
  file.write(hidden, {0, 0}, {cells, channels}, phase.hidden.data());
}

void write_leaf_year(NetcdfFile &file, const Frame &frame, const Restart &restart) {
  const int month = file.add_dimension("month", kMonths);
  const int months = file.add_variable("leaf_area_months", NC_DOUBLE, {frame.cell, month});
  file.put_text(months, "long_name", "leaf area index of the land in the last January ... December");
  const int begun = file.add_variable("leaf_area_begun", NC_DOUBLE, {frame.cell});
  file.put_text(begun, "long_name", "its sum over the finished steps of the month that has begun");
  file.put_number(NetcdfFile::kGlobal, "leaf_area_begun_steps", restart.leaf_begun_steps);
  file.write(months, {0, 0}, {frame.cells, kMonths}, restart.leaf_months.data());
  file.write(begun, {0}, {frame.cells}, restart.leaf_begun.data());
}

void write_file(const std::string &path, const Restart &restart) {
  NetcdfFile file(path, NetcdfFile::Mode::create, LANDBC_ERROR_IO);
  write_header(file, restart);
  Frame frame{};
  frame.rows = static_cast<size_t>(restart.window.rows);
  frame.cols = static_cast<size_t>(restart.window.cols);
  frame.cells = restart.cell_id.size();
  const size_t width = restart.inputs.size();
  frame.y = file.add_dimension("y", frame.rows);
  frame.x = file.add_dimension("x", frame.cols);
  frame.cell = file.add_dimension("cell", frame.cells);
  const int id = file.add_variable("cell_id", NC_INT64, {frame.cell});
  file.write(id, {0}, {frame.cells}, restart.cell_id.data());
  if (width > 0) {
    const int input = file.add_dimension("input", width);
    const int valid = file.add_variable("last_valid", NC_DOUBLE, {frame.cell, input});
    file.put_text(valid, "long_name", "values that are held where an input is missing");
    file.put_text(valid, "input_units", join_names(restart.units));
    file.write(valid, {0, 0}, {frame.cells, width}, restart.last_valid.data());
  }
  if (!restart.leaf_months.empty()) write_leaf_year(file, frame, restart);
  for (const PhaseRestart &phase : restart.phases) write_phase(file, frame, phase);
  file.close();
}

PhaseRestart read_phase(const NetcdfFile &file, const std::string &name, const Restart &restart) {
  PhaseRestart phase;
  phase.quantity = name;
  phase.emulator_sha256 = file.text("", name + "_emulator_sha256");
  phase.next = file.number(name + "_next_period");
  phase.inputs = split_names(file.text("", name + "_inputs"));
  const size_t width = phase.inputs.size();
  const size_t cells = restart.cell_id.size();
  const auto rows = static_cast<size_t>(restart.window.rows);
  const auto cols = static_cast<size_t>(restart.window.cols);
  if (file.has_variable(name + "_period")) {
    const size_t periods = file.dimension(name + "_period");
    const auto numbers = file.read<int64_t>(name + "_period", {periods});
    const auto seconds = file.read<int64_t>(name + "_period_seconds", {periods});
    for (size_t p = 0; p < periods; ++p) {
      Accumulator::Sum &sum = phase.sums[numbers[p]];
      sum.seconds = seconds[p];
      if (width > 0)
        sum.values = file.read_part<double>(name + "_period_sum", {periods, cells, width}, {p, 0, 0},
                                            {1, cells, width});
    }
  }
  if (file.has_attribute(name + "_classes")) {
    phase.classes = split_names(file.text("", name + "_classes"));
    phase.codes = file.read<uint8_t>(name, {rows, cols});
    if (file.has_variable(history_name(name)))
      phase.history = file.read<uint8_t>(history_name(name), {rows, cols});
    return phase;
  }
  phase.hidden_channels = file.number(name + "_hidden_channels");
  if (file.has_variable(name)) {
    const size_t steps = file.dimension(name + "_step");
    const auto numbers = file.read<int64_t>(name + "_step", {steps});
    for (size_t s = 0; s < steps; ++s)
      phase.maps[numbers[s]] = file.read_part<int16_t>(name, {steps, rows, cols}, {s, 0, 0}, {1, rows, cols});
  }
  if (file.has_variable(name + "_hidden")) {
    const size_t count = file.dimension(name + "_hidden_cell");
    phase.hidden_cell = file.read<int64_t>(name + "_hidden_cell", {count});
    phase.hidden = file.read<float>(name + "_hidden", {count, static_cast<size_t>(phase.hidden_channels)});
  }
  return phase;
}

}  // namespace

void write_restart(const std::string &path, const Restart &restart) {
  const std::string partial = path + ".partial";
  try {
    write_file(partial, restart);
    seal_and_publish(partial, path);
  } catch (...) {
    std::remove(partial.c_str());
    throw;
  }
}

Restart read_restart(const std::string &path) {
  check_seal(path);
  const NetcdfFile file(path, NetcdfFile::Mode::read, LANDBC_ERROR_RESTART);
  if (file.text("", "format") != kFormat) fail(LANDBC_ERROR_RESTART, path, ": not a checkpoint of landbc");
  if (const int64_t version = file.number("format_version"); version != kVersion) {
    fail(LANDBC_ERROR_RESTART, path, ": checkpoint format ", version, "; this library reads format ",
         kVersion);
  }
  Restart restart;
  restart.landbc_version = file.text("", "landbc_version");
  restart.bundle_sha256 = file.text("", "bundle_sha256");
  restart.calendar = file.text("", "calendar");
  restart.begin_date = file.text("", "interval_begin");
  restart.end_date = file.text("", "interval_end");
  restart.inputs = split_names(file.text("", "inputs"));
  restart.begin = file.number("interval_begin_seconds");
  restart.end = file.number("interval_end_seconds");
  restart.direction = static_cast<int32_t>(file.number("direction"));
  restart.started = file.number("started") != 0;
  restart.changed = static_cast<int32_t>(file.number("changed"));
  const size_t rows = file.dimension("y");
  const size_t cols = file.dimension("x");
  restart.window = {file.number("window_row"), file.number("window_col"), static_cast<int64_t>(rows),
                    static_cast<int64_t>(cols)};
  if (!restart.window.valid())
    fail(LANDBC_ERROR_RESTART, path, ": its window is no rectangle of the 1 km grid");
  const size_t cells = file.dimension("cell");
  const size_t width = restart.inputs.size();
  if (cells > static_cast<size_t>(kMostCells)) fail(LANDBC_ERROR_RESTART, path, ": it has ", cells, " cells");
  restart.cell_id = file.read<int64_t>("cell_id", {cells});
  if (width > 0) restart.last_valid = file.read<double>("last_valid", {cells, width});
  if (file.has_variable("leaf_area_months")) {
    restart.leaf_months = file.read<double>("leaf_area_months", {cells, kMonths});
    restart.leaf_begun = file.read<double>("leaf_area_begun", {cells});
    restart.leaf_begun_steps = file.number("leaf_area_begun_steps");
  }
  for (const std::string &quantity : split_names(file.text("", "quantities")))
    restart.phases.push_back(read_phase(file, quantity, restart));
  return restart;
}

}  // namespace landbc
