// An emulator's model card (docs/contracts.md): what it wants, in which order and unit, and what it gives.
// The engine knows the names of variables from here alone.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "accumulator.h"

namespace landbc {

struct StaticInput {
  std::string name;
  bool current = false;  // the map that holds at the end of the emulator's step, where an emulator makes it
  bool history = false;  // how long each pixel has kept its class (history.h)
};

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

// What a card says of an emulator of classes.
struct ClassOutput {
  std::vector<std::string> classes;  // names in code order
};

// What a card says of an emulator of a vegetation series.
struct SeriesOutput {
  std::string unit;
  double lower = 0.0, upper = 0.0;
  int64_t levels = 0, median = 0;                  // quantiles, and which of them is the median
  std::vector<int64_t> lags;                       // steps back at which it sees its own maps
  int64_t hidden_channels = 0, hidden_pixels = 1;  // of its hidden state, and pixels along a cell of that
  std::optional<ClimateInput> co2;                 // as the host gives it
  float co2_constant = 0.0F;                       // where it does not
};

struct Card {
  std::string quantity;
  Step step = Step::year;
  std::optional<ClassOutput> classes;  // one of the two
  std::optional<SeriesOutput> series;
  std::vector<StaticInput> statics;
  std::vector<ClimateInput> climate;
  int64_t climate_steps = 1;  // the last steps of the climate that it sees
  std::vector<ScenarioInput> scenario;
  int64_t radius = 0;
  int64_t halo = 0;
  int64_t multiple = 0;

  // What is accumulated for it from step to step: its climate, and carbon dioxide where it asks for that.
  std::vector<ClimateInput> accumulated() const;
  // The same in words, e.g. "month: air_temperature mean, precipitation_flux sum".
  std::string accumulates() const;
};

// The static input that is the history of the emulator's own map.
std::string history_name(const std::string &quantity);

// MODEL, naming the entry, if the card is not one that this engine can serve. `origin` is named in the
// sentence.
Card parse_card(const std::string &text, const std::string &origin);

}  // namespace landbc
