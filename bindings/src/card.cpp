#include "card.h"

#include <nlohmann/json.hpp>

#include "error.h"
#include "guard.h"

namespace landbc {
namespace {

using nlohmann::json;

class Reader {
 public:
  Reader(const json &object, std::string origin) : object_(object), origin_(std::move(origin)) {}

  template <class T>
  T get(const char *name) const {
    try {
      return object_.at(name).get<T>();
    } catch (const json::exception &) {
      fail(LANDBC_ERROR_MODEL, origin_, ": model card entry '", name, "' is missing or of the wrong type");
    }
  }

  template <class T>
  void want(const char *name, const T &value) const {
    if (const auto found = get<T>(name); found != value) {
      fail(LANDBC_ERROR_MODEL, origin_, ": model card entry '", name, "' is '", found,
           "' where this library needs '", value, "'");
    }
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

Step step_named(const std::string &step, const std::string &origin) {
  if (step == "year") return Step::year;
  if (step == "month") return Step::month;
  if (step == "dekad") return Step::dekad;
  fail(LANDBC_ERROR_MODEL, origin, ": the model card's step is '", step,
       "'; known are year, month and dekad");
}

void read_inputs(const json &inputs, const std::string &origin, Card &card) {
  int64_t times = 0;
  for (const json &input : inputs) {
    const Reader reader(input, origin);
    const auto name = reader.get<std::string>("name");
    const auto source = reader.get<std::string>("source");
    if (source == "static") {
      card.statics.push_back(name);
    } else if (source == "climate") {
      card.climate.push_back({name,
                              reader.get<std::string>("unit"),
                              statistic_named(reader.get<std::string>("statistic"), name, origin),
                              {}});
      if (input.contains("valid_range"))
        card.climate.back().valid_range = reader.get<std::array<double, 2>>("valid_range");
    } else if (source == "scenario") {
      const auto at = reader.get<std::string>("at");
      if (at != "prior" && at != "target") {
        fail(LANDBC_ERROR_MODEL, origin, ": scenario input '", name, "' is wanted at '", at,
             "'; known are prior and target");
      }
      card.scenario.push_back({name, at == "target"});
    } else if (source == "state") {
      card.state = name;
    } else if (source == "time") {
      const char *const expected = times == 0 ? "direction" : "elapsed_years";
      if (++times > 2 || name != expected)
        fail(LANDBC_ERROR_MODEL, origin, ": time inputs must be direction and elapsed_years, found '", name,
             "'");
    } else {
      fail(LANDBC_ERROR_MODEL, origin, ": input '", name, "' comes from '", source,
           "', which this library does not know");
    }
  }
  if (times != 2)
    fail(LANDBC_ERROR_MODEL, origin,
         ": time inputs direction and elapsed_years are missing in the model card");
}

}  // namespace

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
  reader.want<std::string>("quantity", "land_use");
  reader.want<int64_t>("unknown_class", 255);

  Card card;
  card.step = step_named(reader.get<std::string>("step"), origin);
  // Class maps are of whole years.
  reader.want<std::string>("step", "year");
  const auto classes = reader.get<json>("classes");
  for (const json &entry : classes) {
    const Reader one(entry, origin);
    one.want<int64_t>("code", static_cast<int64_t>(card.classes.size()));
    card.classes.push_back(one.get<std::string>("name"));
  }
  if (card.classes.empty() || card.classes.size() > 255)
    fail(LANDBC_ERROR_MODEL, origin, ": the model card must name 1 to 255 classes");
  const auto output = reader.get<json>("output");
  const Reader result(output, origin);
  result.want<std::string>("kind", "class_logits");
  result.want<int64_t>("classes", static_cast<int64_t>(card.classes.size()));
  read_inputs(reader.get<json>("inputs"), origin, card);
  if (card.state != "land_use")
    fail(LANDBC_ERROR_MODEL, origin, ": the model card names no input 'land_use' with source state");

  const auto grid = reader.get<json>("grid");
  const Reader pixels(grid, origin);
  pixels.want<double>("pixel_degrees", 0.01);
  pixels.want<double>("coarse_degrees", 0.25);
  card.radius = reader.get<int64_t>("receptive_field_radius");
  card.halo = reader.get<int64_t>("halo");
  card.multiple = reader.get<int64_t>("multiple");
  if (card.multiple <= 0 || card.halo < card.radius) {
    fail(LANDBC_ERROR_MODEL, origin, ": the model card's halo ", card.halo,
         " is smaller than its receptive_field_radius ", card.radius, ", or its 'multiple' is not positive");
  }
  return card;
}

}  // namespace landbc
