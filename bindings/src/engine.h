// What a handle stands for: the life of one coupled run. Checks come first, work goes into buffers aside, and
// only when everything has succeeded does the state change, so that a step that fails can be repeated.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "accumulator.h"
#include "calendar.h"
#include "fields.h"
#include "fractions.h"
#include "recording.h"
#include "state.h"
#include "yearly_update.h"

namespace landbc {

// The caller's configuration, checked as far as it can be without the bundle.
struct Configuration {
  std::string bundle;
  Calendar calendar;
  std::string device;
  std::string recording;  // empty for none
  landbc_date start;
  std::vector<int64_t> cell_ids;
  int32_t threads;
  bool hold_missing;
  bool hold_scenario;
  int64_t core;  // 0: the bundle's
};

// NULL_ARGUMENT, ABI, ARGUMENT, TIME.
Configuration read_configuration(const landbc_config &config);

class Engine {
 public:
  explicit Engine(const Configuration &configuration);

  // As landbc_step; returns `changed`.
  int32_t step(const landbc_date &begin, int64_t interval_seconds, const landbc_field *inputs,
               int32_t input_count, const landbc_field *outputs, int32_t output_count);

  const std::vector<std::string> &classes() const { return card_.classes; }
  const Window &window() const { return domain_.window; }
  const landbc_timings &timings() const { return timings_; }
  // The class map over the window; `map` holds window().pixels() bytes.
  void copy_map(uint8_t *map) const;
  // IO if the recording cannot be closed.
  void close();

 private:
  struct Interval {
    int64_t begin = 0;
    int64_t end = 0;

    bool operator==(const Interval &) const = default;
  };

  // What an update makes, until it is committed.
  struct Pending {
    landbc_timings timings{};
    Fractions fractions;
    HostFractions host;
    std::string sha256;
    bool updated = false;
  };

  Interval check_time(const landbc_date &begin, int64_t interval_seconds) const;
  Pending advance(int32_t year);
  std::string map_sha256(const uint8_t *codes) const;
  void copy_window(const uint8_t *codes, uint8_t *map) const;
  RecordingHeader recording_header() const;

  Configuration configuration_;
  Bundle bundle_;
  Card card_;
  Domain domain_;
  HostCells cells_;
  int64_t core_ = 0;
  int32_t year_ = 0;
  std::optional<FractionMaker> fraction_maker_;
  std::optional<YearlyUpdate> update_;
  std::optional<State> state_;
  std::optional<Accumulator> accumulator_;
  std::unique_ptr<Recording> recording_;

  HostFractions host_fractions_;
  std::string state_sha256_;
  std::vector<double> values_, last_valid_;
  Interval last_;
  int32_t last_changed_ = 0;
  bool started_ = false;
  landbc_timings timings_{};
};

}  // namespace landbc
