#include "card.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "error.h"
#include "guard.h"
#include "history.h"
#include "json_text.h"

namespace landbc {
namespace {

using nlohmann::json;

constexpr const char *kCarbonDioxide = "mole_fraction_of_carbon_dioxide_in_air";
constexpr int64_t kMostSteps = 1000;
constexpr int64_t kMostChannels = 4096;
constexpr int64_t kMostPixels = 18000;
constexpr int64_t kLattice = 16;  // tiles begin at its multiples

class Reader {
 public:
  Reader(const json &object, std::string origin) : object_(object), origin_(std::move(origin)) {}

  template <class T>
  T get(const char *name) const {
    auto value = entry_of<T>(object_, name);
    if (!value)
      fail(LANDBC_ERROR_MODEL, origin_, ": model card entry '", name, "' is missing or of the wrong type");
    return std::move(*value);
  }

  template <class T>
  T get(const char *name, const T &otherwise) const {
    return object_.contains(name) ? get<T>(name) : otherwise;
  }

  template <class T>
  void want(const char *name, const T &value) const {
    if (const auto found = get<T>(name); found != value) {
      fail(LANDBC_ERROR_MODEL, origin_, ": model card entry '", name, "' is '", found,
           "' where this library needs '", value, "'");
    }
  }

  int64_t whole(const char *name, int64_t least, int64_t most) const {
    const auto value = get<int64_t>(name);
    if (value < least || value > most) {
      fail(LANDBC_ERROR_MODEL, origin_, ": model card entry '", name, "' is ", value, ", not ", least,
           " ... ", most);
    }
    return value;
  }

 private:
  const json &object_;
  std::string origin_;
};

Statistic statistic_named(const std::string &statistic, const std::string &input, const std::string &origin) {
  if (statistic == "mean") return Statistic::mean;
  if (statistic == "sum") return Statistic::sum;
  if (statistic == "minimum") return Statistic::minimum;
  if (statistic == "maximum") return Statistic::maximum;
  fail(LANDBC_ERROR_MODEL, origin, ": input '", input, "' is wanted as '", statistic,
       "'; known statistics are mean, sum, minimum and maximum");
}

const char *name_of(Statistic statistic) {
  switch (statistic) {
    case Statistic::sum:
      return "sum";
    case Statistic::minimum:
      return "minimum";
    case Statistic::maximum:
      return "maximum";
    default:
      return "mean";
  }
}

Step step_named(const std::string &step, const std::string &origin) {
  if (step == "year") return Step::year;
  if (step == "month") return Step::month;
  if (step == "dekad") return Step::dekad;
  fail(LANDBC_ERROR_MODEL, origin, ": the model card's step is '", step,
       "'; known are year, month and dekad");
}

ClimateInput climate_input(const Reader &reader, const json &input, const std::string &origin) {
  const auto name = reader.get<std::string>("name");
  // Cards of vegetation series did not always say so.
  const std::string statistic = input.contains("steps") ? reader.get<std::string>("statistic", "mean")
                                                        : reader.get<std::string>("statistic");
  ClimateInput wanted{name, reader.get<std::string>("unit"), statistic_named(statistic, name, origin), {}};
  if (input.contains("valid_range")) wanted.valid_range = reader.get<std::array<double, 2>>("valid_range");
  return wanted;
}

ScenarioInput scenario_input(const Reader &reader, const std::string &origin) {
  const auto name = reader.get<std::string>("name");
  const auto at = reader.get<std::string>("at");
  if (at != "prior" && at != "target") {
    fail(LANDBC_ERROR_MODEL, origin, ": scenario input '", name, "' is wanted at '", at,
         "'; known are prior and target");
  }
  return {name, at == "target"};
}

// The order of the columns of `time`, which every network takes as they are.
void check_time(const std::vector<std::string> &found, const std::string &first, const std::string &second,
                const std::string &origin) {
  if (found != std::vector<std::string>{first, second}) {
    fail(LANDBC_ERROR_MODEL, origin, ": the model card's time inputs must be ", first, " and ", second,
         " (found ", found.size(), found.empty() ? "" : ", the first is '" + found.front() + "'", ")");
  }
}

void take_climate_steps(const Reader &reader, bool first, const std::string &step, const std::string &origin,
                        Card &card) {
  if (!card.series) return;
  const int64_t steps = reader.whole("steps", 1, kMostSteps);
  if ((!first && steps != card.climate_steps) || reader.get<std::string>("step") != step) {
    fail(LANDBC_ERROR_MODEL, origin, ": climate input '", reader.get<std::string>("name"),
         "' differs in its 'steps' from the others, or in its 'step' from the card");
  }
  card.climate_steps = steps;
}

void take_time(const Reader &reader, const json &input, const std::string &name, Card &card) {
  if (!card.series || name != "co2") return;
  if (input.contains("constant")) {
    card.series->co2_constant = reader.get<float>("constant");
  } else {
    card.series->co2 = ClimateInput{kCarbonDioxide, reader.get<std::string>("unit"), Statistic::mean, {}};
  }
}

void read_inputs(const std::vector<json> &inputs, const std::string &step, const std::string &origin,
                 Card &card) {
  std::vector<std::string> times;
  std::vector<int64_t> normals;
  int64_t states = 0;
  for (const json &input : inputs) {
    const Reader reader(input, origin);
    const auto name = reader.get<std::string>("name");
    const auto source = reader.get<std::string>("source");
    const bool of_series = card.series && (source == "climatology" || source == "place");
    if (source == "static") {
      const auto at = reader.get<std::string>("at", "");
      const bool history = card.classes && at == "prior" && name == history_name(card.quantity);
      if (!history && !at.empty() && at != "target")
        fail(LANDBC_ERROR_MODEL, origin, ": static input '", name, "' is wanted at '", at,
             "'; known is target");
      if (history) reader.want<int64_t>("codes", kHistoryCodes);
      card.statics.push_back({name, at == "target", history});
    } else if (source == "climate") {
      take_climate_steps(reader, card.climate.empty(), step, origin, card);
      card.climate.push_back(climate_input(reader, input, origin));
    } else if (source == "scenario" && card.classes) {
      card.scenario.push_back(scenario_input(reader, origin));
    } else if (source == "state" && name == card.quantity) {
      ++states;
      if (card.series) card.series->lags.push_back(reader.whole("lag", 1, kMostSteps));
    } else if (source == "time") {
      times.push_back(name);
      take_time(reader, input, name, card);
    } else if (of_series) {
      if (source == "climatology") normals.push_back(reader.whole("lag", 0, kMostSteps));
    } else {
      fail(LANDBC_ERROR_MODEL, origin, ": input '", name, "' comes from '", source,
           "', which this library does not know for '", card.quantity, "'");
    }
  }
  if (states == 0) {
    fail(LANDBC_ERROR_MODEL, origin, ": the model card names no input '", card.quantity,
         "' with source state");
  }
  if (card.classes) {
    check_time(times, "direction", "elapsed_years", origin);
    return;
  }
  check_time(times, "day_of_year", "co2", origin);
  std::vector<int64_t> wanted = card.series->lags;
  wanted.push_back(0);
  if (normals != wanted) {
    fail(LANDBC_ERROR_MODEL, origin,
         ": the model card's inputs of source climatology must have the lags of its state, then 0");
  }
}

ClassOutput class_output(const Reader &reader, const Reader &output, const std::string &origin) {
  reader.want<int64_t>("unknown_class", 255);
  // Class maps are of whole years.
  reader.want<std::string>("step", "year");
  ClassOutput result;
  for (const json &entry : reader.get<std::vector<json>>("classes")) {
    const Reader one(entry, origin);
    one.want<int64_t>("code", static_cast<int64_t>(result.classes.size()));
    result.classes.push_back(one.get<std::string>("name"));
  }
  if (result.classes.empty() || result.classes.size() > 255)
    fail(LANDBC_ERROR_MODEL, origin, ": the model card must name 1 to 255 classes");
  output.want<int64_t>("classes", static_cast<int64_t>(result.classes.size()));
  return result;
}

SeriesOutput series_output(const Reader &reader, const Reader &output, const std::string &origin) {
  SeriesOutput result;
  result.unit = output.get<std::string>("unit");
  result.lower = output.get<double>("lower");
  result.upper = output.get<double>("upper");
  const auto levels = output.get<std::vector<double>>("levels");
  const auto median = std::find(levels.begin(), levels.end(), 0.5);
  if (median == levels.end() || !(result.upper > result.lower) ||
      !std::isfinite(result.upper - result.lower)) {
    fail(LANDBC_ERROR_MODEL, origin,
         ": the model card's output needs 'levels' with the median (0.5), and 'lower' below 'upper'");
  }
  result.levels = static_cast<int64_t>(levels.size());
  result.median = median - levels.begin();
  const auto hidden = reader.get<json>("state");
  const Reader state(hidden, origin);
  result.hidden_channels = state.whole("channels", 0, kMostChannels);
  result.hidden_pixels = state.whole("pixels", 1, kLattice);
  if (kLattice % result.hidden_pixels != 0)
    fail(LANDBC_ERROR_MODEL, origin, ": the model card's state has cells of ", result.hidden_pixels,
         " pixels, which do not divide ", kLattice);
  if (reader.get<std::string>("step") == "year")
    fail(LANDBC_ERROR_MODEL, origin, ": a series comes by month or dekad, not by year");
  return result;
}

}  // namespace

std::vector<ClimateInput> Card::accumulated() const {
  std::vector<ClimateInput> wanted = climate;
  if (series && series->co2) wanted.push_back(*series->co2);
  return wanted;
}

std::string Card::accumulates() const {
  std::string text = step == Step::year ? "year" : step == Step::month ? "month" : "dekad";
  const char *before = ": ";
  for (const ClimateInput &input : accumulated()) {
    text += before + input.name + " " + name_of(input.statistic);
    before = ", ";
  }
  return text;
}

std::string history_name(const std::string &quantity) { return quantity + "_history"; }

Card parse_card(const std::string &text, const std::string &origin) {
  json content;
  try {
    content = json::parse(text);
  } catch (const json::exception &error) {
    fail(LANDBC_ERROR_MODEL, origin, ": the model card is not valid JSON (", first_line(error.what()), ")");
  }
  const Reader reader(content, origin);
  reader.want<std::string>("format", "landbc-emulator");
  reader.want<int64_t>("interface_version", 1);

  Card card;
  card.quantity = reader.get<std::string>("quantity");
  const auto step = reader.get<std::string>("step");
  card.step = step_named(step, origin);
  const auto content_of_output = reader.get<json>("output");
  const Reader output(content_of_output, origin);
  const auto kind = output.get<std::string>("kind");
  if (kind == "class_logits") {
    if (card.quantity != "land_use" && card.quantity != "land_cover") {
      fail(LANDBC_ERROR_MODEL, origin, ": the model card gives classes of '", card.quantity,
           "'; known are land_use and land_cover");
    }
    card.classes = class_output(reader, output, origin);
  } else if (kind == "quantiles") {
    card.series = series_output(reader, output, origin);
  } else {
    fail(LANDBC_ERROR_MODEL, origin, ": the model card's output is of kind '", kind,
         "'; known are class_logits and quantiles");
  }
  read_inputs(reader.get<std::vector<json>>("inputs"), step, origin, card);

  const auto grid = reader.get<json>("grid");
  const Reader pixels(grid, origin);
  pixels.want<double>("pixel_degrees", 0.01);
  pixels.want<double>("coarse_degrees", 0.25);
  card.radius = reader.whole("receptive_field_radius", 0, kMostPixels);
  card.halo = reader.whole("halo", 0, kMostPixels);
  card.multiple = reader.whole("multiple", 1, kMostPixels);
  if (card.halo < card.radius) {
    fail(LANDBC_ERROR_MODEL, origin, ": the model card's halo ", card.halo,
         " is smaller than its receptive_field_radius ", card.radius);
  }
  return card;
}

}  // namespace landbc
