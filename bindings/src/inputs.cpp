#include "inputs.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "counted.h"
#include "error.h"
#include "fields.h"
#include "log.h"

namespace landbc {
namespace {

struct Possible {
  const char *name;
  const char *unit;
  double low, high;
};

// What instantaneous values of these CF standard names stay within on Earth, with room for rounding.
constexpr std::array<Possible, 10> kPossible = {{
    {"air_temperature", "K", 150.0, 350.0},
    {"precipitation_flux", "kg m-2 s-1", -1.0e-6, 0.2},
    {"surface_downwelling_shortwave_flux_in_air", "W m-2", -1.0, 1500.0},
    {"surface_downwelling_longwave_flux_in_air", "W m-2", 20.0, 700.0},
    {"relative_humidity", "1", -0.01, 1.5},
    {"specific_humidity", "1", -1.0e-6, 0.06},
    {"surface_air_pressure", "Pa", 20000.0, 110000.0},
    {"wind_speed", "m s-1", 0.0, 150.0},
    {"mole_fraction_of_carbon_dioxide_in_air", "1", 1.0e-5, 0.1},
    {"mole_fraction_of_carbon_dioxide_in_air", "ppm", 10.0, 1.0e5},
}};

std::string names_wanted(const std::vector<ClimateInput> &wanted, const Series &series) {
  std::string names;
  for (size_t v = 0; v < wanted.size(); ++v) {
    if (!series.serves(v)) names += (names.empty() ? "" : ", ") + wanted[v].name;
  }
  return names.empty() ? "none" : names;
}

}  // namespace

std::vector<ClimateInput> inputs_of(const std::vector<Card> &cards) {
  std::vector<ClimateInput> all;
  for (const Card &card : cards) {
    for (const ClimateInput &input : card.accumulated()) {
      const auto known = std::find_if(all.begin(), all.end(),
                                      [&](const ClimateInput &one) { return one.name == input.name; });
      if (known == all.end()) {
        all.push_back(input);
        continue;
      }
      if (plain_unit(known->unit) != plain_unit(input.unit)) {
        fail(LANDBC_ERROR_MODEL, "the emulators of the bundle want '", input.name, "' in '", known->unit,
             "' and in '", input.unit, "'; export them with one unit");
      }
      // What is no mean for one of them cannot come from series of means.
      if (input.statistic != Statistic::mean) known->statistic = input.statistic;
      if (!known->valid_range) known->valid_range = input.valid_range;
    }
  }
  return all;
}

Inputs::Inputs(const Configuration &configuration, const Bundle &bundle, std::vector<ClimateInput> wanted,
               const HostCells &cells, size_t mesh_cells)
    : configuration_(configuration),
      wanted_(std::move(wanted)),
      cells_(cells),
      series_(bundle, wanted_, configuration.from_bundle, mesh_cells, configuration.calendar,
              configuration.hold_scenario),
      told_range_(wanted_.size(), 0),
      told_held_(wanted_.size(), 0),
      matched_(wanted_.size(), nullptr),
      conversions_(wanted_.size()),
      put_down_(wanted_.size()),
      is_put_down_(wanted_.size(), 0) {
  std::vector<int64_t> cell_of_slot(cells.slot.size());
  bool in_order = true;
  for (size_t i = 0; i < cells.slot.size(); ++i) {
    in_order = in_order && cells.slot[i] == static_cast<int64_t>(i);
    cell_of_slot[static_cast<size_t>(cells.slot[i])] = static_cast<int64_t>(i);
  }
  if (!in_order) cell_of_slot_ = std::move(cell_of_slot);
  for (size_t v = 0; v < wanted_.size(); ++v)
    if (series_.serves(v)) put_down_[v].resize(cells.slot.size());
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (configuration.hold_missing)
    last_valid_.assign(wanted_.size() * cells.slot.size(), std::numeric_limits<double>::quiet_NaN());
  for (const ClimateInput &input : wanted_) {
    Range range{-kInfinity, kInfinity};
    for (const Possible &known : kPossible) {
      if (input.name != known.name || plain_unit(input.unit) != known.unit) continue;
      range = {known.low, known.high};
    }
    if (input.valid_range) range = {(*input.valid_range)[0], (*input.valid_range)[1]};
    ranges_.push_back(range);
  }
}

std::vector<size_t> Inputs::columns_of(const std::vector<ClimateInput> &inputs) const {
  std::vector<size_t> columns;
  for (const ClimateInput &input : inputs) {
    const auto known = std::find_if(wanted_.begin(), wanted_.end(),
                                    [&](const ClimateInput &one) { return one.name == input.name; });
    columns.push_back(static_cast<size_t>(known - wanted_.begin()));
  }
  return columns;
}

const std::vector<const landbc_field *> &Inputs::match(const landbc_field *inputs, int32_t count,
                                                       const Span &span) {
  check_fields(inputs, count, "input");
  std::fill(matched_.begin(), matched_.end(), nullptr);
  for (int32_t i = 0; i < count; ++i) {
    const landbc_field &field = inputs[i];
    size_t at = 0;
    while (at < wanted_.size() && wanted_[at].name != field.name) ++at;
    if (at == wanted_.size()) {
      fail(LANDBC_ERROR_FIELD_NAME, "input '", field.name, "' is not known; the emulators' inputs are ",
           names_wanted(wanted_, series_));
    }
    if (series_.serves(at)) {
      fail(LANDBC_ERROR_FIELD_NAME, "input '", field.name,
           "' is given, but the configuration's from_bundle says that it comes from the bundle");
    }
    if (matched_[at] != nullptr) fail(LANDBC_ERROR_FIELD_NAME, "input '", field.name, "' is given twice");
    check_shape(field, {cells_.count()}, "(cells)");
    conversion_of(at, field, span);
    matched_[at] = &field;
  }
  for (size_t v = 0; v < matched_.size(); ++v) {
    if (matched_[v] == nullptr && !series_.serves(v)) {
      fail(LANDBC_ERROR_FIELD_NAME, "input '", wanted_[v].name, "' is missing; every step needs ",
           names_wanted(wanted_, series_));
    }
  }
  return matched_;
}

const Conversion &Inputs::conversion_of(size_t v, const landbc_field &field, const Span &span) {
  KnownConversion &known = conversions_[v];
  if (known.unit != field.unit || known.span != span) {
    known.convert = conversion(field.name, field.unit, wanted_[v].unit, span);
    known.unit = field.unit;
    known.span = span;
  }
  return known.convert;
}

void Inputs::read(const std::vector<const landbc_field *> &inputs, int64_t begin, int64_t end,
                  const Span &span) {
  const int32_t year = configuration_.calendar.date(begin).year;
  for (size_t v = 0; v < inputs.size(); ++v) {
    if (inputs[v] == nullptr) {
      series_.fill(v, begin, end, cells_.position, put_down_[v].data());
      is_put_down_[v] = 1;
      continue;
    }
    const landbc_field &field = *inputs[v];
    const Conversion &convert = conversion_of(v, field, span);
    is_put_down_[v] = all_sound(field, cells_.count(), convert, ranges_[v].low, ranges_[v].high) ? 0 : 1;
    if (is_put_down_[v] != 0) read_strange(v, field, convert, year);
  }
}

void Inputs::read_strange(size_t v, const landbc_field &field, const Conversion &convert, int32_t year) {
  const bool hold = configuration_.hold_missing;
  const auto cells = static_cast<size_t>(cells_.count());
  std::vector<double> &values = put_down_[v];
  values.resize(cells);
  const Passed passed = pass_over(field, cells_.count(), convert, ranges_[v].low, ranges_[v].high,
                                  cells_.slot.data(), values.data());
  int64_t bad = passed.unusable;
  int64_t held = 0;
  int64_t first_bad = bad > 0 ? cells_.id[static_cast<size_t>(passed.first_unusable)] : 0;
  if (hold && passed.unusable > 0) {
    held = passed.unusable;
    bad = 0;
    for (int64_t i = passed.first_unusable; i < cells_.count(); ++i) {
      const auto slot = static_cast<size_t>(cells_.slot[static_cast<size_t>(i)]);
      if (!std::isnan(values[slot])) continue;
      values[slot] = last_valid_[v * cells + slot];
      if (std::isnan(values[slot]) && bad++ == 0) first_bad = cells_.id[static_cast<size_t>(i)];
    }
  }
  if (bad > 0) {
    fail(LANDBC_ERROR_FIELD_VALUE, "input '", field.name, "' is NaN or infinite in ", counted(bad, "cell"),
         ", the first is id ", first_bad,
         hold ? "; no earlier value can be held there"
              : "; missing_policy can hold the last valid value instead");
  }
  if (held > 0 && told_held_[v] != year) {
    tell(LANDBC_LOG_WARNING, "input '", field.name, "' is NaN or infinite in ", counted(held, "cell"),
         ", where the last valid values are held (told once a year)");
    told_held_[v] = year;
  }
  check_range(v, year);
}

const double *Inputs::chunk(size_t v, size_t first, size_t count) noexcept {
  if (is_put_down_[v] != 0) return put_down_[v].data() + first;
  return converted(*matched_[v], conversions_[v].convert,
                   cell_of_slot_.empty() ? nullptr : cell_of_slot_.data(), static_cast<int64_t>(first),
                   static_cast<int64_t>(count), room_.data());
}

void Inputs::check_range(size_t v, int32_t year) {
  if (configuration_.range_policy == LANDBC_RANGE_OFF) return;
  const Range range = ranges_[v];
  const std::vector<double> &values = put_down_[v];
  int64_t outside = 0;
  int64_t first = 0;
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  for (size_t s = 0; s < values.size(); ++s) {
    const double value = values[s];
    low = std::min(low, value);
    high = std::max(high, value);
    if ((value < range.low || value > range.high) && outside++ == 0) first = static_cast<int64_t>(s);
  }
  if (outside == 0) return;
  std::ostringstream sentence;
  sentence << "input '" << wanted_[v].name << "' is outside " << range.low << " ... " << range.high << " "
           << wanted_[v].unit << " in " << counted(outside, "cell");
  for (size_t i = 0; i < cells_.slot.size(); ++i) {
    if (cells_.slot[i] == first) sentence << ", id " << cells_.id[i] << " among them";
  }
  sentence << " (all cells: " << low << " ... " << high << "); is its unit right?";
  if (configuration_.range_policy == LANDBC_RANGE_ERROR) fail(LANDBC_ERROR_FIELD_VALUE, sentence.str());
  if (told_range_[v] == year) return;
  tell(LANDBC_LOG_WARNING, sentence.str(), " (told once a year)");
  told_range_[v] = year;
}

}  // namespace landbc
