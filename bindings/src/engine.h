// What a handle stands for: the life of one coupled run. Checks come first, work goes into buffers aside, and
// only when everything has succeeded, on every rank, does the state change, so that a step that fails can be
// repeated.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "accumulator.h"
#include "configuration.h"
#include "distribution.h"
#include "fractions.h"
#include "inputs.h"
#include "outputs.h"
#include "recording.h"
#include "restart.h"
#include "state.h"
#include "team.h"
#include "yearly_update.h"

namespace landbc {

class Engine {
 public:
  Engine(const Configuration &configuration, std::unique_ptr<Team> team);

  // As landbc_step; returns `changed`.
  int32_t step(const landbc_date *begin, int64_t interval_seconds, const landbc_field *inputs,
               int32_t input_count, const landbc_field *outputs, int32_t output_count);

  Team &team() { return *team_; }
  const std::vector<std::string> &classes() const { return card_.classes; }
  const Window &window() const { return bundle_.window; }
  const landbc_timings &timings() const { return timings_; }
  // The class map over the window; `map` holds window().pixels() bytes.
  void copy_map(uint8_t *map);
  // IO.
  void checkpoint(const std::string &path);
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
    HostFractions host;
    std::string sha256;
    bool updated = false;
  };

  bool forwards() const { return configuration_.direction == 1; }
  Interval check_time(const landbc_date &begin, int64_t interval_seconds) const;
  // The year whose land use holds where an interval begins (backwards: ends).
  int32_t year_due(const Interval &interval) const;
  Pending advance(int32_t year);
  void start_state(const Mesh &mesh, std::unique_ptr<ModelRuntime> model, c10::Device device);
  void continue_from(const Restart &restart);
  void record(const Interval &interval, const landbc_date &begin,
              const std::vector<const landbc_field *> &inputs, const Pending &pending, int32_t changed,
              double seconds);
  void open_recording();
  Restart state_of_run(std::vector<uint8_t> map);

  Configuration configuration_;
  std::unique_ptr<Team> team_;
  Bundle bundle_;
  Card card_;
  HostCells cells_;
  int64_t core_ = 0;
  int32_t year_ = 0;
  std::optional<Distribution> distribution_;
  std::optional<FractionMaker> fraction_maker_;
  std::optional<YearlyUpdate> update_;
  std::optional<State> state_;
  std::optional<Inputs> inputs_;
  std::optional<Accumulator> accumulator_;
  std::unique_ptr<Recording> recording_;  // on rank 0

  HostFractions host_fractions_;
  std::string restart_sha256_, state_sha256_;
  std::vector<double> values_, last_valid_;
  Interval last_;
  int32_t last_changed_ = 0;
  bool started_ = false;  // the run, which may be longer than this handle
  bool first_ = true;     // no step with this handle yet
  landbc_timings timings_{};
};

}  // namespace landbc
