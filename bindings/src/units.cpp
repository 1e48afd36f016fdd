#include "units.h"

#include <array>

#include "error.h"

namespace landbc {
namespace {

struct Known {
  const char *to;
  const char *from;
  Conversion conversion;
};

// A millimetre of water is 1 kg m-2 by the convention of climate data (density 1000 kg m-3).
constexpr std::array<Known, 9> kKnown = {{
    {"K", "degC", {1.0, 273.15}},
    {"K", "degrees_Celsius", {1.0, 273.15}},
    {"degC", "K", {1.0, -273.15}},
    {"kg m-2 s-1", "mm s-1", {}},
    {"kg m-2 s-1", "mm day-1", {86400.0, 0.0}},
    {"kg m-2 s-1", "kg m-2 day-1", {86400.0, 0.0}},
    {"mm s-1", "kg m-2 s-1", {}},
    {"mm day-1", "kg m-2 day-1", {}},
    {"kg m-2 day-1", "mm day-1", {}},
}};

}  // namespace

Conversion conversion(const std::string &field, const std::string &from, const std::string &to) {
  if (from == to) return {};
  std::string accepted = "'" + to + "'";
  for (const Known &known : kKnown) {
    if (to != known.to) continue;
    if (from == known.from) return known.conversion;
    accepted += std::string(", '") + known.from + "'";
  }
  fail(LANDBC_ERROR_FIELD_UNIT, "field '", field, "': unit '", from,
       "' cannot be converted exactly; accepted are ", accepted);
}

}  // namespace landbc
