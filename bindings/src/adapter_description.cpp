#include "adapter_description.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "error.h"
#include "guard.h"
#include "json_text.h"

namespace landbc {
namespace {

using nlohmann::json;
using Kind = AdapterDescription::Kind;

constexpr double kMostWeight = 1e6;
constexpr double kMostStems = 100.0;    // m2 m-2
constexpr double kMostHeight = 1000.0;  // m
constexpr double kMostKept = 0.999;     // of a month's stems: a year must come to repeat itself

// One entry after the other, of one document.
class Reader {
 public:
  explicit Reader(const std::string &path) : path_(path) {}

  [[noreturn]] void refuse(const std::string &why) const {
    fail(LANDBC_ERROR_BUNDLE, path_, ": ", why, "; compile the bundle again");
  }

  template <class T>
  T get(const json &object, const char *name) const {
    auto value = entry_of<T>(object, name);
    if (!value)
      refuse("entry '" + std::string(name) + "' of the description is missing or of the wrong type");
    return std::move(*value);
  }

  // A position that must lie below `end`.
  std::size_t position(const json &object, const char *name, std::size_t end) const {
    return checked(get<std::size_t>(object, name), end);
  }
  std::vector<std::size_t> positions(const json &object, const char *name, std::size_t end) const {
    auto list = get<std::vector<std::size_t>>(object, name);
    for (const std::size_t at : list) checked(at, end);
    return list;
  }
  std::vector<std::vector<std::size_t>> rows(const json &object, std::size_t end) const {
    auto list = get<std::vector<std::vector<std::size_t>>>(object, "rows");
    for (const auto &row : list)
      for (const std::size_t at : row) checked(at, end);
    return list;
  }

 private:
  std::size_t checked(std::size_t at, std::size_t end) const {
    if (at >= end) refuse("the description names a row, target or group that there is not");
    return at;
  }

  const std::string &path_;
};

AdapterDescription::Canopy canopy_of(const json &entry, const AdapterDescription &made,
                                     const Reader &reader) {
  AdapterDescription::Canopy canopy;
  canopy.group = reader.position(entry, "group", made.groups.size());
  canopy.row = reader.position(entry, "row", made.groups[canopy.group].rows.size());
  canopy.rows = reader.rows(entry, made.targets);
  const auto property = [&](const char *name, double most) {
    auto values = reader.get<AdapterDescription::Property>(entry, name);
    bool sound = values.size() == canopy.rows.size();
    for (std::size_t r = 0; sound && r < values.size(); ++r) {
      sound = !values[r].empty() && values[r].size() == canopy.rows[r].size() &&
              std::all_of(values[r].begin(), values[r].end(),
                          [most](double value) { return value >= 0.0 && value <= most; });
    }
    if (!sound) reader.refuse("the canopy has no '" + std::string(name) + "' for each target");
    return values;
  };
  canopy.weights = property("weights", kMostWeight);
  if (entry.contains("stem_keep")) {
    canopy.stem_keep = property("stem_keep", kMostKept);
    canopy.stem_minimum = property("stem_minimum", kMostStems);
    canopy.height_top = property("height_top", kMostHeight);
    canopy.height_bottom = property("height_bottom", kMostHeight);
  }
  return canopy;
}

Kind kind_named(const std::string &kind, const Reader &reader) {
  if (kind == "share") return Kind::share;
  if (kind == "category") return Kind::category;
  if (kind == "leaf_area") return Kind::leaf_area;
  if (kind == "stem_area") return Kind::stem_area;
  if (kind == "height_top") return Kind::height_top;
  if (kind == "height_bottom") return Kind::height_bottom;
  reader.refuse("a variable is of the kind '" + kind + "'");
}

void read_output(const json &entry, const Reader &reader, AdapterDescription &made) {
  AdapterVariable variable{reader.get<std::string>(entry, "name"), reader.get<std::string>(entry, "unit"),
                           reader.get<std::string>(entry, "dimension"),
                           reader.get<std::vector<std::string>>(entry, "labels")};
  AdapterDescription::Recipe recipe;
  recipe.kind = kind_named(reader.get<std::string>(entry, "kind"), reader);
  recipe.scale = variable.unit == "%" ? 100.0 : 1.0;
  if (recipe.kind == Kind::category) {
    recipe.targets = reader.positions(entry, "targets", made.targets);
    recipe.codes = reader.get<std::vector<double>>(entry, "codes");
    if (recipe.targets.empty() || recipe.codes.size() != recipe.targets.size())
      reader.refuse("a category has no code for each target");
  } else if (recipe.kind == Kind::share) {
    recipe.group = reader.position(entry, "group", made.groups.size());
    recipe.rows = reader.positions(entry, "rows", made.groups[recipe.group].rows.size());
  } else {
    recipe.rows = reader.positions(entry, "rows", made.canopy.rows.size());
    if (recipe.kind != Kind::leaf_area && made.canopy.stem_keep.empty())
      reader.refuse("the canopy has no stems and heights, which a variable is made of");
  }
  const std::size_t rows = recipe.kind == Kind::category ? 1 : recipe.rows.size();
  if (rows == 0 || variable.labels.size() != rows) reader.refuse("a variable has no label for each row");
  if (const auto maximum = reader.get<std::string>(entry, "maximum"); !maximum.empty()) {
    recipe.bound = static_cast<std::ptrdiff_t>(made.bounds.size());
    made.bounds.push_back({maximum, variable.unit, variable.dimension, variable.labels});
  }
  made.variables.push_back(std::move(variable));
  made.recipes.push_back(std::move(recipe));
}

}  // namespace

AdapterDescription parse_description(const std::string &text, const std::string &path) {
  const Reader reader(path);
  json words;
  try {
    words = json::parse(text);
  } catch (const json::exception &error) {
    reader.refuse("the description is not valid JSON (" + first_line(error.what()) + ")");
  }
  AdapterDescription made;
  made.source = reader.get<std::string>(words, "source");
  made.classes = reader.get<std::vector<std::string>>(words, "classes");
  made.targets = reader.get<std::vector<std::string>>(words, "targets").size();
  if (made.classes.empty() || made.targets == 0) reader.refuse("the description has no classes or targets");
  for (const json &entry : reader.get<std::vector<json>>(words, "groups")) {
    AdapterDescription::Group group;
    group.rows = reader.rows(entry, made.targets);
    group.empty = reader.position(entry, "empty", group.rows.size());
    made.groups.push_back(std::move(group));
  }
  if (const auto canopy = reader.get<json>(words, "canopy"); !canopy.is_null())
    made.canopy = canopy_of(canopy, made, reader);
  for (const json &entry : reader.get<std::vector<json>>(words, "outputs")) read_output(entry, reader, made);
  return made;
}

}  // namespace landbc
