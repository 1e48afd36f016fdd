#include "units.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <numeric>
#include <optional>
#include <string_view>
#include <vector>

#include "error.h"

namespace landbc {
namespace {

enum class Kind { temperature, water, water_flux, energy, energy_flux, number, pressure, length, speed };

// value * multiplier / divisor + offset is in the kind's first unit.
struct Unit {
  const char *name;
  Kind kind;
  int64_t multiplier;
  int64_t divisor;
  double offset;
};

constexpr std::array<Unit, 36> kUnits = {{
    {"K", Kind::temperature, 1, 1, 0.0},
    {"degC", Kind::temperature, 1, 1, 273.15},
    {"kg m-2 s-1", Kind::water_flux, 1, 1, 0.0},
    {"mm s-1", Kind::water_flux, 1, 1, 0.0},
    {"mm day-1", Kind::water_flux, 1, 86400, 0.0},
    {"kg m-2 day-1", Kind::water_flux, 1, 86400, 0.0},
    {"mm h-1", Kind::water_flux, 1, 3600, 0.0},
    {"kg m-2 h-1", Kind::water_flux, 1, 3600, 0.0},
    {"kg m-2", Kind::water, 1, 1, 0.0},
    {"mm", Kind::water, 1, 1, 0.0},
    {"m", Kind::water, 1000, 1, 0.0},
    {"W m-2", Kind::energy_flux, 1, 1, 0.0},
    {"J m-2 s-1", Kind::energy_flux, 1, 1, 0.0},
    {"J m-2 day-1", Kind::energy_flux, 1, 86400, 0.0},
    {"MJ m-2 day-1", Kind::energy_flux, 1000000, 86400, 0.0},
    {"J m-2", Kind::energy, 1, 1, 0.0},
    {"kJ m-2", Kind::energy, 1000, 1, 0.0},
    {"MJ m-2", Kind::energy, 1000000, 1, 0.0},
    {"1", Kind::number, 1, 1, 0.0},
    {"mol mol-1", Kind::number, 1, 1, 0.0},
    {"kg kg-1", Kind::number, 1, 1, 0.0},
    {"m3 m-3", Kind::number, 1, 1, 0.0},
    {"%", Kind::number, 1, 100, 0.0},
    {"g kg-1", Kind::number, 1, 1000, 0.0},
    {"1e-6", Kind::number, 1, 1000000, 0.0},
    {"ppm", Kind::number, 1, 1000000, 0.0},
    {"umol mol-1", Kind::number, 1, 1000000, 0.0},
    {"Pa", Kind::pressure, 1, 1, 0.0},
    {"hPa", Kind::pressure, 100, 1, 0.0},
    {"mbar", Kind::pressure, 100, 1, 0.0},
    {"kPa", Kind::pressure, 1000, 1, 0.0},
    {"m", Kind::length, 1, 1, 0.0},
    {"km", Kind::length, 1000, 1, 0.0},
    {"cm", Kind::length, 1, 100, 0.0},
    {"m s-1", Kind::speed, 1, 1, 0.0},
    {"km h-1", Kind::speed, 1000, 3600, 0.0},
}};

struct Spelling {
  std::string_view written;
  std::string_view meant;
};

constexpr std::array<Spelling, 17> kSpellings = {{{"degrees_Celsius", "degC"},
                                                  {"degree_Celsius", "degC"},
                                                  {"deg_C", "degC"},
                                                  {"Celsius", "degC"},
                                                  {"celsius", "degC"},
                                                  {"kelvin", "K"},
                                                  {"percent", "%"},
                                                  {"mb", "mbar"},
                                                  {"millibar", "mbar"},
                                                  {"d", "day"},
                                                  {"days", "day"},
                                                  {"hr", "h"},
                                                  {"hour", "h"},
                                                  {"sec", "s"},
                                                  {"second", "s"},
                                                  {"mon", "month"},
                                                  {"mo", "month"}}};

std::string spelt(std::string_view word) {
  for (const Spelling &known : kSpellings) {
    if (word == known.written) return std::string(known.meant);
  }
  return std::string(word);
}

const Unit *find(std::string_view name, Kind kind) {
  const auto found = std::find_if(kUnits.begin(), kUnits.end(),
                                  [&](const Unit &unit) { return unit.kind == kind && unit.name == name; });
  return found == kUnits.end() ? nullptr : &*found;
}

std::optional<Kind> amount_of(Kind rate) {
  if (rate == Kind::water_flux) return Kind::water;
  if (rate == Kind::energy_flux) return Kind::energy;
  return {};
}

std::optional<Kind> rate_of(Kind amount) {
  if (amount == Kind::water) return Kind::water_flux;
  if (amount == Kind::energy) return Kind::energy_flux;
  return {};
}

// `scale` / `per` is what an amount has to do with a rate.
Conversion between(const Unit &from, const Unit &to, int64_t scale, int64_t per) {
  int64_t multiplier = from.multiplier * to.divisor * scale;
  int64_t divisor = from.divisor * to.multiplier * per;
  const int64_t common = std::gcd(multiplier, divisor);
  multiplier /= common;
  divisor /= common;
  const double shift = from.offset - to.offset;
  return {static_cast<double>(multiplier), static_cast<double>(divisor),
          shift * static_cast<double>(to.divisor) / static_cast<double>(to.multiplier)};
}

std::optional<Conversion> exact(const std::string &from, const Unit &to, const Span &span) {
  if (const Unit *same = find(from, to.kind)) return between(*same, to, 1, 1);
  const auto amount = amount_of(to.kind);
  const auto rate = rate_of(to.kind);
  if (rate) {
    if (const Unit *unit = find(from, *rate)) return between(*unit, to, span.seconds, 1);
  }
  if (amount) {
    if (const Unit *unit = find(from, *amount)) return between(*unit, to, 1, span.seconds);
  }
  // A month has no fixed length, but this interval is one.
  constexpr std::string_view kMonthly = " month-1";
  if (span.whole_month && from.size() > kMonthly.size() && from.ends_with(kMonthly)) {
    const std::string_view left(from.data(), from.size() - kMonthly.size());
    if (amount) {
      if (const Unit *unit = find(left, *amount)) return between(*unit, to, 1, span.seconds);
    }
    if (rate) {
      if (const Unit *unit = find(left, to.kind)) return between(*unit, to, 1, 1);
    }
  }
  return {};
}

}  // namespace

std::string plain_unit(const std::string &unit) {
  std::vector<std::string> words;
  std::vector<bool> below;
  bool divided = false;
  std::string word;
  const auto end_word = [&] {
    if (!word.empty()) {
      words.push_back(word);
      below.push_back(divided);
    }
    word.clear();
  };
  for (size_t i = 0; i < unit.size(); ++i) {
    const char letter = unit[i];
    const bool decimal = letter == '.' && i > 0 && std::isdigit(static_cast<unsigned char>(unit[i - 1])) != 0;
    if (letter == ' ' || letter == '/' || letter == '*' || (letter == '.' && !decimal)) {
      end_word();
      if (letter == '/') divided = true;
    } else if (letter != '^') {
      word += letter;
    }
  }
  end_word();
  std::string plain;
  for (size_t i = 0; i < words.size(); ++i) {
    std::string base = words[i];
    std::string power;
    // The exponent is what follows the last letter.
    if (const auto last = base.find_last_not_of("-0123456789"); last != std::string::npos && base != "1e-6") {
      power = base.substr(last + 1);
      base = spelt(base.substr(0, last + 1));
    }
    if (below[i]) power = power.empty() ? "-1" : power.front() == '-' ? power.substr(1) : "-" + power;
    if (power == "1") power.clear();
    plain += (plain.empty() ? "" : " ") + base + power;
  }
  return plain;
}

Conversion conversion(const std::string &field, const std::string &from, const std::string &to,
                      const Span &span) {
  if (from == to) return {};
  const std::string host = plain_unit(from);
  const std::string card = plain_unit(to);
  if (host == card) return {};
  std::string accepted = "'" + to + "'";
  for (const Unit &unit : kUnits) {
    if (unit.name != card) continue;
    if (const auto found = exact(host, unit, span)) return *found;
    for (const Unit &other : kUnits) {
      const bool same = other.kind == unit.kind;
      const bool paired = amount_of(unit.kind) == other.kind || rate_of(unit.kind) == other.kind;
      if ((same || paired) && other.name != card) accepted += std::string(", '") + other.name + "'";
    }
  }
  const bool monthly = host.ends_with(" month-1");
  fail(LANDBC_ERROR_FIELD_UNIT, "field '", field, "': unit '", from, "' cannot be converted exactly",
       monthly ? " over an interval that is not one whole month" : "", "; accepted are ", accepted);
}

}  // namespace landbc
