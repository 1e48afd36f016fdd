#include "series.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "error.h"
#include "netcdf_file.h"
#include "units.h"

namespace landbc {

Series::Series(const Bundle &bundle, const std::vector<ClimateInput> &wanted,
               const std::vector<std::string> &names, size_t mesh_cells, Calendar calendar, bool hold)
    : calendar_(std::move(calendar)), hold_(hold), mesh_cells_(mesh_cells), variables_(wanted.size()) {
  if (names.empty()) return;
  if (!bundle.has_series) {
    fail(LANDBC_ERROR_FIELD_NAME, "input '", names.front(), "' is to come from the bundle, but ",
         bundle.folder, " has no series.nc; compile the bundle again, or give the input");
  }
  const std::string path = bundle.file("series.nc");
  const NetcdfFile file(path, NetcdfFile::Mode::read, LANDBC_ERROR_BUNDLE);
  for (const std::string &name : names) {
    const auto input =
        std::find_if(wanted.begin(), wanted.end(), [&](const ClimateInput &one) { return one.name == name; });
    if (input == wanted.end() || !file.has_variable(name)) {
      fail(LANDBC_ERROR_FIELD_NAME, "input '", name, "' is to come from the bundle, but ",
           input == wanted.end() ? "no emulator has such an input" : path + " has no such variable");
    }
    if (input->statistic != Statistic::mean) {
      fail(LANDBC_ERROR_MODEL, "input '", name,
           "' is to come from the bundle, whose series are means, but the ",
           "emulators want another statistic of it; give the input");
    }
    Variable &variable = variables_[static_cast<size_t>(input - wanted.begin())];
    variable.name = name;
    const auto dimensions = file.dimensions_of(name);
    if (dimensions == std::vector<std::string>{"month", "cell"}) {
      variable.kind = Kind::climatology;
      variable.values = file.read<double>(name, {12, mesh_cells});
    } else if (dimensions == std::vector<std::string>{"year"}) {
      variable.kind = Kind::yearly;
      const size_t count = file.dimension("year");
      const auto years = file.read<int32_t>("year", {count});
      for (size_t i = 0; i < count; ++i) {
        if (years[i] != years.front() + static_cast<int32_t>(i))
          fail(LANDBC_ERROR_BUNDLE, path, ": the years have a gap before ", years[i]);
      }
      if (count == 0) fail(LANDBC_ERROR_BUNDLE, path, ": no years");
      first_year_ = years.front();
      variable.values = file.read<double>(name, {count});
    } else {
      fail(LANDBC_ERROR_BUNDLE, path, ": variable '", name, "' is neither (month, cell) nor (year)");
    }
    const Conversion convert = conversion(name, file.text(name, "units"), input->unit, {});
    for (double &value : variable.values) {
      value = convert(value);
      if (!std::isfinite(value))
        fail(LANDBC_ERROR_BUNDLE, path, ": variable '", name, "' holds values that are not finite");
    }
  }
}

double Series::yearly(const Variable &variable, int64_t begin, int64_t end) const {
  const auto count = static_cast<int64_t>(variable.values.size());
  double sum = 0.0;
  for (int32_t year = calendar_.date(begin).year; calendar_.year_begin(year) < end; ++year) {
    int64_t at = int64_t{year} - first_year_;
    if ((at < 0 || at >= count) && !hold_) {
      fail(LANDBC_ERROR_TIME, "the bundle's series of '", variable.name, "' has no year ", year, " (it has ",
           first_year_, " to ", first_year_ + count - 1,
           "); give the input, or set scenario_policy to hold the nearest year");
    }
    at = std::clamp(at, int64_t{0}, count - 1);
    const int64_t part =
        std::min(end, calendar_.year_begin(year + 1)) - std::max(begin, calendar_.year_begin(year));
    sum += static_cast<double>(part) * variable.values[static_cast<size_t>(at)];
  }
  return sum / static_cast<double>(end - begin);
}

void Series::fill(size_t v, int64_t begin, int64_t end, const std::vector<int64_t> &positions,
                  double *values) const {
  const Variable &variable = variables_[v];
  if (variable.kind == Kind::yearly) {
    const double value = yearly(variable, begin, end);
    for (size_t i = 0; i < positions.size(); ++i) values[i] = value;
    return;
  }
  std::array<double, 12> weight{};
  for (int64_t at = begin; at < end;) {
    const landbc_date date = calendar_.date(at);
    const bool december = date.month == 12;
    const int64_t next =
        std::min(end, calendar_.day_begin(date.year + (december ? 1 : 0), december ? 1 : date.month + 1, 1));
    weight[static_cast<size_t>(date.month - 1)] += static_cast<double>(next - at);
    at = next;
  }
  for (size_t i = 0; i < positions.size(); ++i) {
    double sum = 0.0;
    for (size_t month = 0; month < 12; ++month) {
      if (weight[month] > 0.0)
        sum += weight[month] * variable.values[month * mesh_cells_ + static_cast<size_t>(positions[i])];
    }
    values[i] = sum / static_cast<double>(end - begin);
  }
}

}  // namespace landbc
