#include "restart.h"

#include <netcdf.h>

#include <algorithm>
#include <cstdio>

#include "error.h"
#include "name_list.h"
#include "netcdf_file.h"
#include "sealed_file.h"

namespace landbc {
namespace {

constexpr const char *kFormat = "landbc-restart";
constexpr int64_t kVersion = 1;
constexpr int64_t kMostCells = int64_t{1} << 31;

void write_file(const std::string &path, const Restart &restart) {
  NetcdfFile file(path, NetcdfFile::Mode::create, LANDBC_ERROR_IO);
  const int global = NetcdfFile::kGlobal;
  const auto put = [&](const char *name, const std::string &text) { file.put_text(global, name, text); };
  put("format", kFormat);
  file.put_number(global, "format_version", kVersion);
  put("Conventions", "CF-1.11");
  put("title", "state of a coupled run of landbc, between two coupling intervals");
  put("landbc_version", restart.landbc_version);
  put("bundle_sha256", restart.bundle_sha256);
  put("emulator_sha256", restart.emulator_sha256);
  put("calendar", restart.calendar);
  put("interval_begin", restart.begin_date);
  put("interval_end", restart.end_date);
  put("inputs", join_names(restart.inputs));
  put("classes", join_names(restart.classes));
  const Window &window = restart.window;
  for (const auto &[name, value] :
       std::initializer_list<std::pair<const char *, int64_t>>{{"interval_begin_seconds", restart.begin},
                                                               {"interval_end_seconds", restart.end},
                                                               {"direction", restart.direction},
                                                               {"year", restart.year},
                                                               {"started", restart.started ? 1 : 0},
                                                               {"changed", restart.changed},
                                                               {"window_row", window.row},
                                                               {"window_col", window.col}})
    file.put_number(global, name, value);

  const auto rows = static_cast<size_t>(window.rows);
  const auto cols = static_cast<size_t>(window.cols);
  const size_t cells = restart.cell_id.size();
  const size_t width = restart.inputs.size();
  const size_t periods = restart.sums.size();
  const int y = file.add_dimension("y", rows);
  const int x = file.add_dimension("x", cols);
  const int cell = file.add_dimension("cell", cells);
  const int input = width > 0 ? file.add_dimension("input", width) : -1;
  const int period = periods > 0 ? file.add_dimension("period", periods) : -1;
  const int map = file.add_variable("land_use", NC_UBYTE, {y, x});
  file.compress(map, {std::min(rows, size_t{512}), std::min(cols, size_t{512})});
  file.put_text(map, "long_name", "class of each pixel of the window; north first, 255 is unknown");
  const int id = file.add_variable("cell_id", NC_INT64, {cell});
  const int valid = width > 0 ? file.add_variable("last_valid", NC_DOUBLE, {cell, input}) : -1;
  int number = -1;
  int seconds = -1;
  int sums = -1;
  if (width > 0) file.put_text(valid, "long_name", "values that are held where an input is missing");
  if (width > 0) file.put_text(valid, "input_units", join_names(restart.units));
  if (period >= 0) {
    number = file.add_variable("period", NC_INT64, {period});
    file.put_text(number, "long_name", "number of the emulator's period (the year)");
    seconds = file.add_variable("period_seconds", NC_INT64, {period});
    file.put_text(seconds, "units", "s");
    if (width > 0) {
      sums = file.add_variable("period_sum", NC_DOUBLE, {period, cell, input});
      file.put_text(sums, "long_name", "statistics of the inputs so far, means weighted by seconds");
    }
  }
  file.write(map, {0, 0}, {rows, cols}, restart.land_use.data());
  file.write(id, {0}, {cells}, restart.cell_id.data());
  if (width > 0) file.write(valid, {0, 0}, {cells, width}, restart.last_valid.data());
  size_t at = 0;
  for (const auto &[key, sum] : restart.sums) {
    file.write(number, {at}, {1}, &key);
    file.write(seconds, {at}, {1}, &sum.seconds);
    if (width > 0) file.write(sums, {at, 0, 0}, {1, cells, width}, sum.values.data());
    ++at;
  }
  file.close();
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
  restart.emulator_sha256 = file.text("", "emulator_sha256");
  restart.calendar = file.text("", "calendar");
  restart.begin_date = file.text("", "interval_begin");
  restart.end_date = file.text("", "interval_end");
  restart.inputs = split_names(file.text("", "inputs"));
  restart.classes = split_names(file.text("", "classes"));
  restart.begin = file.number("interval_begin_seconds");
  restart.end = file.number("interval_end_seconds");
  restart.direction = static_cast<int32_t>(file.number("direction"));
  restart.year = static_cast<int32_t>(file.number("year"));
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
  restart.land_use = file.read<uint8_t>("land_use", {rows, cols});
  restart.cell_id = file.read<int64_t>("cell_id", {cells});
  if (width > 0) restart.last_valid = file.read<double>("last_valid", {cells, width});
  if (file.has_variable("period")) {
    const size_t periods = file.dimension("period");
    const auto numbers = file.read<int64_t>("period", {periods});
    const auto seconds = file.read<int64_t>("period_seconds", {periods});
    for (size_t p = 0; p < periods; ++p) {
      Accumulator::Sum &sum = restart.sums[numbers[p]];
      sum.seconds = seconds[p];
      if (width > 0)
        sum.values =
            file.read_part<double>("period_sum", {periods, cells, width}, {p, 0, 0}, {1, cells, width});
    }
  }
  return restart;
}

}  // namespace landbc
