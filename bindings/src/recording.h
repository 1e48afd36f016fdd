// The record of a coupled run: what the host gave, what it got, when, and fingerprints of the state, so that
// `pylandbc replay` can run it again and compare bits. Steps are kept in memory, by each rank those of its
// own cells, and go to the file (recording_file.h) a megabyte at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "landbc.h"
#include "outputs.h"
#include "record_column.h"
#include "recording_file.h"
#include "team.h"

namespace landbc {

struct RecordedStep {
  landbc_date begin;
  int64_t interval_seconds;
  const std::vector<const landbc_field *> &inputs;  // null for those that the bundle supplied
  const OutputList &moving;                         // outputs that may be others at each step
  int32_t changed;
  double wall_seconds;
};

// What one emulator had been given in one of its periods.
struct RecordedSums {
  int64_t period = 0, seconds = 0;  // 0 seconds: nothing
  std::vector<double> values;       // (input, cell in the host's order)
};

// What emulators are given, where that is recorded in place of steps.
struct RecordedInput {
  std::string quantity, name, unit;
};

class Recording {
 public:
  // On every rank, each with its own cells; rank 0 makes the file. IO if it cannot be made. Collective.
  // Of updates alone a block is one step, and a state has `sums`, what the emulators had been given.
  Recording(Team &team, const std::string &path, const RecordingHeader &header, size_t own_cells,
            bool updates_alone = false, std::vector<RecordedInput> sums = {});

  // FIELD_UNIT or FIELD_SHAPE if an input's unit or type is another one than at the first step.
  void check(const std::vector<const landbc_field *> &inputs) const;

  // Whether a state was told; where not, tell one before the first step.
  bool begun() const { return !state_columns_.empty(); }
  // What holds from the next step on: outputs that only an update changes, and the maps' fingerprints. IO.
  // Collective.
  void set_state(const OutputList &outputs, const std::vector<std::string> &fingerprints);
  // With one row of sums a state, each row one of every quantity of `sums` in their order; the steps follow
  // the last one. At least one row.
  void set_state(const OutputList &outputs, const std::vector<std::string> &fingerprints,
                 const std::vector<std::vector<RecordedSums>> &rows);
  // IO. Collective.
  void add(const RecordedStep &step);
  // Everything so far is in the file. IO. Collective.
  void flush();
  void close();

 private:
  struct State {
    std::vector<Bytes> values;
    std::vector<std::string> fingerprints;
  };

  void begin(const RecordedStep &step);
  // The states that were told, each but the last a block of its own.
  void write_states();
  std::vector<Bytes> of_all_ranks(const std::vector<RecordColumn> &columns, size_t steps) const;

  Team &team_;
  std::unique_ptr<RecordingFile> file_;  // on rank 0
  size_t own_cells_;
  size_t cells_;     // of all ranks
  size_t kept_ = 0;  // steps in memory
  size_t most_ = 0;  // that may be
  int64_t written_ = 0;
  const bool updates_alone_;
  std::vector<RecordedInput> sums_;
  std::vector<State> states_;  // told, but not to the file yet; on rank 0
  std::vector<RecordColumn> state_columns_;
  std::vector<RecordColumn> columns_;  // dates and the like, inputs, moving outputs
  std::vector<int32_t> types_;         // landbc_type of each input, 0 for the bundle's
};

}  // namespace landbc
