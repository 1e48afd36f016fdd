// The emulator's model card (docs/contracts.md): what it wants, in which order and unit, and what it gives.
// The engine knows the names of variables from here alone.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "accumulator.h"

namespace landbc {

struct ClimateInput {
  std::string name;
  std::string unit;
  Statistic statistic = Statistic::mean;
  std::optional<std::array<double, 2>> valid_range;  // in `unit`, where the card gives one
};

struct ScenarioInput {
  std::string name;
  bool target = false;  // of the year wanted; else of the state's year
};

struct Card {
  Step step = Step::year;
  std::vector<std::string> classes;  // names in code order
  std::vector<std::string> statics;
  std::vector<ClimateInput> climate;
  std::vector<ScenarioInput> scenario;
  std::string state;
  int64_t radius = 0;
  int64_t halo = 0;
  int64_t multiple = 0;
};

// MODEL, naming the entry, if the card is not one that this engine can serve. `origin` is named in the
// sentence.
Card parse_card(const std::string &text, const std::string &origin);

}  // namespace landbc
