// What a handle stands for: the life of one coupled run. Checks come first, work goes into buffers aside, and
// only when everything has succeeded, on every rank, does the state change, so that a step that fails can be
// repeated.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapter_outputs.h"
#include "class_phase.h"
#include "configuration.h"
#include "device.h"
#include "distribution.h"
#include "inputs.h"
#include "outputs.h"
#include "phase.h"
#include "recording.h"
#include "restart.h"
#include "series_phase.h"
#include "team.h"

namespace landbc {

class Engine {
 public:
  Engine(const Configuration &configuration, std::unique_ptr<Team> team,
         const FindDevice &find = find_device);

  // As landbc_step; returns `changed`.
  int32_t step(const landbc_date *begin, int64_t interval_seconds, const landbc_field *inputs,
               int32_t input_count, const landbc_field *outputs, int32_t output_count);

  Team &team() { return *team_; }
  // Of a quantity's classes, or of the rows of an adapter's output. FIELD_NAME if there are none of that
  // name.
  const std::vector<std::string> &classes(const std::string &quantity) const;
  const Inputs &inputs() const { return *inputs_; }
  // What the emulators make; and all that the host may ask for, the adapters' included.
  const OutputList &outputs() const;
  const OutputList &offered() const;
  // What is offered, by name, for as long as the engine lives; without values.
  const std::vector<Output> &described_outputs() const { return described_outputs_; }
  // Fills outputs as they are, between steps; as landbc_get_outputs.
  void copy_outputs(const landbc_field *outputs, int32_t count);
  const Window &window() const { return bundle_.window; }
  const landbc_timings &timings() const { return timings_; }
  // FIELD_NAME if there is no such map; as landbc_get_map and landbc_get_values.
  void check_map(const std::string &name, bool of_classes) const;
  // As landbc_set_accumulated; `values` holds `size` numbers.
  void set_accumulated(const std::string &quantity, const std::string &accumulates, int64_t period,
                       int64_t seconds, const double *values, int64_t size);
  // Over the window; `map` and `values` hold window().pixels() numbers. Collective.
  void copy_map(const std::string &name, uint8_t *map);
  void copy_values(const std::string &name, float *values);
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

  bool forwards() const { return configuration_.direction == 1; }
  // The moment whose state the outputs are.
  int64_t moment(const Interval &interval) const { return forwards() ? interval.begin : interval.end; }
  Interval check_time(const landbc_date &begin, int64_t interval_seconds) const;
  // The emulators in the bundle's order, with their models, ready to run.
  void load_emulators(c10::Device device);
  // What their phases share.
  void surround(c10::Device device);
  void start_phases(const Mesh &mesh);
  void check_start() const;
  // Runs every emulator whose steps are complete, each step in its turn; bits of `changed`. Collective.
  int32_t advance(int64_t now, landbc_timings &timings);
  // The emulator whose next step ends first, if that is complete by `now`.
  Phase *next_phase(int64_t now) const;
  void speak(const Interval &interval, int32_t ran, bool asked);
  // Whether the host wants what follows time between updates, or it is recorded in this step.
  bool asked_for_moment(int32_t ran) const;
  // Makes outputs that were left because nobody asked.
  void catch_up();
  void tell_news(const landbc_timings &timings, int32_t ran) const;
  void commit(const Interval &interval, int32_t ran, const landbc_timings &timings);
  void continue_from(const Restart &restart);
  // The emulator of leaf area index; null where there is none.
  SeriesPhase *leaf_area() const;
  const std::vector<FinishedStep> &finished_leaves() const;
  void start_adapters(std::size_t mesh_cells, const std::optional<Restart> &restart);
  // The adapters' part of a checkpoint, `row` by cell of all ranks. Collective.
  void save_leaf_year(const std::vector<std::size_t> &row, Restart &restart) const;
  // The same of this process's cells. RESTART if there is none.
  LeafYear leaf_year_of(const Restart &restart, const LeafYear &otherwise) const;
  void record(const Interval &interval, const landbc_date &begin,
              const std::vector<const landbc_field *> &inputs, int32_t ran, int32_t changed, double seconds);
  void open_recording();
  // What the emulators that ran had been given, as a recording of updates has it.
  std::vector<std::vector<RecordedSums>> rows_of_sums();
  // What the emulators of classes offer, which changes with updates alone; and what the others do.
  OutputList outputs_of(bool classes) const;
  Restart state_of_run() const;

  Configuration configuration_;
  std::unique_ptr<Team> team_;
  Bundle bundle_;
  std::vector<Card> cards_;
  std::vector<std::unique_ptr<ModelRuntime>> models_;  // until their phases have them
  HostCells cells_;
  int64_t core_ = 0;
  std::optional<Distribution> distribution_;
  std::optional<PhaseSurroundings> surroundings_;
  std::optional<Inputs> inputs_;
  std::vector<std::unique_ptr<Phase>> phases_;  // in the bundle's order
  std::optional<AdapterOutputs> adapters_;
  int32_t every_bit_ = 0;                 // of `changed`
  std::unique_ptr<Recording> recording_;  // until it fails
  // By emulator and period, what is in a recording of updates.
  std::vector<std::map<int64_t, int64_t>> recorded_seconds_;
  std::vector<Output> described_outputs_;

  std::string restart_sha256_;
  std::vector<std::string> fingerprints_;  // of the phases' maps; only where a recording is written
  // Made anew in each step, in the memory of the one before.
  mutable OutputList made_, offered_;
  std::vector<const landbc_field *> wanted_;
  Interval last_;
  int32_t last_changed_ = 0;
  bool started_ = false;  // the run, which may be longer than this handle
  bool first_ = true;     // no step with this handle yet
  landbc_timings timings_{};
};

}  // namespace landbc
