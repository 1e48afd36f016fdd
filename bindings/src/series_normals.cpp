#include "series_normals.h"

#include <algorithm>
#include <cmath>

#include "error.h"

namespace landbc {
namespace {

constexpr const char *kNormal = "normal";
constexpr const char *kFirst = "first";

}  // namespace

SeriesNormals::SeriesNormals(const Bundle &bundle, const std::string &file, const Card &card,
                             int64_t steps_per_year)
    : path_(bundle.file(file)),
      file_(path_, {kNormal}),
      extended_(bundle.extended()),
      steps_(static_cast<size_t>(steps_per_year)) {
  const NetcdfFile &content = file_.open();
  if (const size_t found = content.dimension("step_of_year"); found != steps_) {
    fail(LANDBC_ERROR_BUNDLE, path_, ": dimension step_of_year is ", found, " where the emulator's step has ",
         steps_, " in a year; compile the bundle again");
  }
  for (const ClimateInput &input : card.climate) climate_.push_back("climate_" + input.name);
  std::vector<std::string> names = climate_;
  names.emplace_back(kNormal);
  for (const std::string &name : names) {
    if (!content.has_variable(name))
      fail(LANDBC_ERROR_BUNDLE, path_, ": no variable '", name,
           "', which the emulator needs; compile the bundle again");
  }
  if (!content.has_variable(kFirst)) return;
  first_steps_ = content.read<int64_t>("first_step", {content.dimension("first_step")});
  if (!std::is_sorted(first_steps_.begin(), first_steps_.end()))
    fail(LANDBC_ERROR_BUNDLE, path_, ": first_step does not ascend");
}

std::vector<float> SeriesNormals::read(const std::string &name, size_t steps, size_t step,
                                       const Window &strip, int64_t pixels) const {
  const auto size = [&](int64_t n) { return static_cast<size_t>(n / pixels); };
  return file_.open().read_part<float>(name, {steps, size(extended_.rows), size(extended_.cols)},
                                       {step, size(strip.row - extended_.row), 0},
                                       {1, size(strip.rows), size(strip.cols)});
}

void SeriesNormals::check_finite(const std::string &name, const std::vector<float> &values) const {
  if (!std::all_of(values.begin(), values.end(), [](float v) { return std::isfinite(v); }))
    fail(LANDBC_ERROR_BUNDLE, path_, ": variable '", name, "' holds values that are not finite");
}

std::vector<float> SeriesNormals::pixels(int64_t of_year, const Window &strip) const {
  std::vector<float> values = read(kNormal, steps_, static_cast<size_t>(of_year), strip, 1);
  check_finite(kNormal, values);
  return values;
}

void SeriesNormals::part(int64_t of_year, const Window &region, int64_t row, int64_t col, int64_t rows,
                         int64_t cols, std::vector<float> &values) const {
  const auto size = [](int64_t n) { return static_cast<size_t>(n); };
  values.resize(size(rows * cols));
  file_.open().read_into(kNormal, {steps_, size(extended_.rows), size(extended_.cols)},
                         {size(of_year), size(region.row - extended_.row + row), size(col)},
                         {1, size(rows), size(cols)}, values.data());
  check_finite(kNormal, values);
}

std::vector<float> SeriesNormals::first(size_t index, const Window &strip) const {
  return read(kFirst, first_steps_.size(), index, strip, 1);
}

std::vector<float> SeriesNormals::climate(size_t v, int64_t of_year, const Window &region) const {
  std::vector<float> values = read(climate_[v], steps_, static_cast<size_t>(of_year), region, kCoarse);
  check_finite(climate_[v], values);
  return values;
}

}  // namespace landbc
