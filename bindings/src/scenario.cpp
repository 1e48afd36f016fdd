#include "scenario.h"

#include <algorithm>
#include <cmath>

#include "error.h"
#include "netcdf_file.h"

namespace landbc {

Scenario::Scenario(const Bundle &bundle, const Card &card, const Window &region) {
  path_ = bundle.file("scenario.nc");
  const NetcdfFile file(path_, NetcdfFile::Mode::read, LANDBC_ERROR_BUNDLE);
  const Window extended = bundle.extended();
  rows_ = region.rows / kCoarse;
  cols_ = region.cols / kCoarse;
  const auto all_rows = static_cast<size_t>(extended.rows / kCoarse);
  const auto first_row = static_cast<size_t>((region.row - extended.row) / kCoarse);
  years_ = static_cast<int64_t>(file.dimension("year"));
  const auto years = file.read<int32_t>("year", {static_cast<size_t>(years_)});
  if (years.empty()) fail(LANDBC_ERROR_BUNDLE, path_, ": no years");
  first_year_ = years.front();
  for (size_t i = 0; i < years.size(); ++i) {
    if (years[i] != first_year_ + static_cast<int32_t>(i))
      fail(LANDBC_ERROR_BUNDLE, path_, ": the years have a gap before ", years[i]);
  }
  for (const ScenarioInput &input : card.scenario) {
    const auto known = std::find(names_.begin(), names_.end(), input.name);
    inputs_.push_back({static_cast<size_t>(known - names_.begin()), input.target});
    if (known != names_.end()) continue;
    names_.push_back(input.name);
    const auto years_here = static_cast<size_t>(years_);
    const auto rows_here = static_cast<size_t>(rows_);
    const auto cols_here = static_cast<size_t>(cols_);
    auto values = file.read_part<float>(input.name, {years_here, all_rows, cols_here}, {0, first_row, 0},
                                        {years_here, rows_here, cols_here});
    if (!std::all_of(values.begin(), values.end(), [](float v) { return std::isfinite(v); })) {
      fail(LANDBC_ERROR_BUNDLE, path_, ": variable '", input.name, "' holds values that are not finite");
    }
    variables_.push_back(std::move(values));
  }
}

int64_t Scenario::index(int32_t year, bool hold) const {
  const int64_t at = static_cast<int64_t>(year) - first_year_;
  if (at >= 0 && at < years_) return at;
  if (hold) return at < 0 ? 0 : years_ - 1;
  fail(LANDBC_ERROR_TIME, "the bundle's scenario has no year ", year, " (it has ", first_year_, " to ",
       first_year_ + years_ - 1, "); compile a longer scenario or set scenario_policy to hold its ",
       at < 0 ? "first" : "last", " year");
}

std::vector<double> Scenario::sums(int32_t year, bool hold,
                                   const std::vector<std::vector<std::string>> &names_of_class) const {
  const int64_t at = index(year, hold);
  const auto size = static_cast<size_t>(rows_ * cols_);
  const size_t classes = names_of_class.size();
  std::vector<double> out(size * classes, 0.0);
  for (size_t c = 0; c < classes; ++c) {
    for (const std::string &name : names_of_class[c]) {
      const auto known = std::find(names_.begin(), names_.end(), name);
      if (known == names_.end()) {
        fail(LANDBC_ERROR_BUNDLE, path_, ": '", name,
             "', of which a class's demand is made, is no scenario input of the emulator");
      }
      const auto &variable = variables_[static_cast<size_t>(known - names_.begin())];
      const float *const from = variable.data() + static_cast<size_t>(at) * size;
      for (size_t cell = 0; cell < size; ++cell) out[cell * classes + c] += from[cell];
    }
  }
  return out;
}

void Scenario::fields(int32_t prior_year, int32_t target_year, bool hold, float *out) const {
  const int64_t prior = index(prior_year, hold);
  const int64_t target = index(target_year, hold);
  const int64_t size = rows_ * cols_;
  for (const Input &input : inputs_) {
    const float *const from = variables_[input.variable].data() + (input.target ? target : prior) * size;
    out = std::copy(from, from + size, out);
  }
}

}  // namespace landbc
