#include "scenario.h"

#include <algorithm>
#include <cmath>

#include "error.h"
#include "netcdf_file.h"

namespace landbc {
namespace {

// Bytes of a scenario whose file stays open, though netCDF then keeps what was read: to open it anew takes
// longer than to read a year of so few cells.
constexpr int64_t kSmall = int64_t{16} << 20;

bool small(size_t variables, int64_t years, int64_t cells) {
  return static_cast<int64_t>(variables * sizeof(float)) * years * cells <= kSmall;
}

}  // namespace

Scenario::Scenario(const Bundle &bundle, const Card &card, const Window &region)
    : path_(bundle.file("scenario.nc")), file_(path_) {
  const NetcdfFile &file = file_.open();
  const Window extended = bundle.extended();
  rows_ = region.rows / kCoarse;
  cols_ = region.cols / kCoarse;
  all_rows_ = extended.rows / kCoarse;
  first_row_ = (region.row - extended.row) / kCoarse;
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
    const auto size = [](int64_t n) { return static_cast<size_t>(n); };
    const auto values =
        file.read_part<float>(input.name, {size(years_), size(all_rows_), size(cols_)},
                              {0, size(first_row_), 0}, {size(years_), size(rows_), size(cols_)});
    if (!std::all_of(values.begin(), values.end(), [](float v) { return std::isfinite(v); })) {
      fail(LANDBC_ERROR_BUNDLE, path_, ": variable '", input.name, "' holds values that are not finite");
    }
  }
  file_.close();
}

void Scenario::read(size_t variable, int64_t at, float *values) const {
  const auto size = [](int64_t n) { return static_cast<size_t>(n); };
  file_.open().read_into(names_[variable], {size(years_), size(all_rows_), size(cols_)},
                         {size(at), size(first_row_), 0}, {1, size(rows_), size(cols_)}, values);
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
  std::vector<float> from(size);
  for (size_t c = 0; c < classes; ++c) {
    for (const std::string &name : names_of_class[c]) {
      const auto known = std::find(names_.begin(), names_.end(), name);
      if (known == names_.end()) {
        fail(LANDBC_ERROR_BUNDLE, path_, ": '", name,
             "', of which a class's demand is made, is no scenario input of the emulator");
      }
      read(static_cast<size_t>(known - names_.begin()), at, from.data());
      for (size_t cell = 0; cell < size; ++cell) out[cell * classes + c] += from[cell];
    }
  }
  if (!small(names_.size(), years_, rows_ * cols_)) file_.close();
  return out;
}

void Scenario::fields(int32_t prior_year, int32_t target_year, bool hold, float *out) const {
  const int64_t prior = index(prior_year, hold);
  const int64_t target = index(target_year, hold);
  const int64_t size = rows_ * cols_;
  for (const Input &input : inputs_) {
    read(input.variable, input.target ? target : prior, out);
    out += size;
  }
  if (!small(names_.size(), years_, rows_ * cols_)) file_.close();
}

}  // namespace landbc
