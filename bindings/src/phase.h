// One emulator of a coupled run: what is accumulated for it, when its next step is complete, its state, and
// what it offers the host. An update works aside; only `commit` makes it the state, so that a step that fails
// on any rank can be repeated.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "accumulator.h"
#include "card.h"
#include "changing_pixels.h"
#include "configuration.h"
#include "distribution.h"
#include "fractions.h"
#include "gather.h"
#include "outputs.h"
#include "restart.h"
#include "static_fields.h"

namespace landbc {

// The classes of a quantity at the pixels of the cells (Distribution::at_cells); none where no emulator makes
// it.
struct ClassesAtCells {
  std::vector<uint8_t> codes;
  size_t classes = 0;
};

// What the emulators of a run share.
struct PhaseSurroundings {
  const Configuration &configuration;
  const Bundle &bundle;
  const HostCells &cells;
  Distribution &distribution;
  int64_t core;
  c10::Device device;
  ChangingPixels changing;
  Gather gather;                  // from the cells to the pixels of the region
  FractionMaker fractions;        // from the pixels of the cells to the cells
  std::vector<std::string> made;  // the quantities that emulators of the bundle make
  MapOf map_of;                   // their class maps as they are now
  std::function<ClassesAtCells(const std::string &quantity)> classes_at_cells;
};

class Phase {
 public:
  Phase(const PhaseSurroundings &around, Card card, Accumulator accumulator, int64_t next);
  virtual ~Phase() = default;
  Phase(const Phase &) = delete;
  Phase &operator=(const Phase &) = delete;

  const Card &card() const { return card_; }
  Accumulator &accumulator() { return accumulator_; }
  // The period whose end (backwards: beginning) its next update awaits, and that moment.
  int64_t next() const { return coming_next_; }
  int64_t due() const;
  // Bit of landbc_step's `changed`.
  virtual int32_t changed_bit() const = 0;

  // Settles what travels between ranks, after construction on all of them. Collective.
  virtual void connect() {}

  // Begins a change from the current state.
  void begin() noexcept;
  // The update at the end of its next period. Collective.
  void run(landbc_timings &timings);
  bool updated() const { return updated_; }
  // After the last update of a step: what its maps mean for the cells. Collective.
  void finish(landbc_timings &timings);
  // Whether its outputs follow time within its own steps.
  virtual bool follows_time() const { return false; }
  // After all emulators finished: outputs that hold for the interval [begin, end), where they follow time or
  // other emulators; `anew` tells whether class maps changed. Where time alone has passed and they are not
  // `asked` for, they are left for `catch_up`. Collective.
  virtual void speak(int64_t begin, int64_t end, bool anew, bool asked);
  // Between steps: makes outputs that were left. False if there are none.
  virtual bool catch_up() { return false; }
  void commit() noexcept;

  // What it offers: as it will be when committed, or as it is.
  void offer(OutputList &outputs) const;

  // Its latest class map on the canvas, null for a series; and the classes at the cells' pixels.
  virtual const PixelMap<uint8_t> *class_map() const { return nullptr; }
  virtual ClassesAtCells classes_at_cells() const { return {}; }
  // Fingerprint of its map as it will be when committed: as the C interface gives it, over the window; on
  // rank 0. Collective.
  virtual std::string fingerprint() const = 0;
  // Its sentence for the log.
  virtual std::string news() const = 0;

  // Its maps and hidden state for a checkpoint, on rank 0. Collective.
  virtual void save(PhaseRestart &restart) const = 0;
  // RESTART if a part does not fit; `origin` is named.
  virtual void restore(const PhaseRestart &restart, const std::string &origin) = 0;
  // After `restore` on every rank. Collective.
  virtual void restored() = 0;

 protected:
  virtual void update(int64_t period, landbc_timings &timings) = 0;
  virtual void begin_change() noexcept = 0;
  virtual void make_outputs(landbc_timings &timings) = 0;
  virtual void commit_change() noexcept = 0;
  bool forwards() const { return around_.configuration.direction == 1; }
  // Where the state that is current began to hold.
  void go_on_at(int64_t next) { next_ = coming_next_ = next; }

  const PhaseSurroundings &around_;
  Card card_;
  Accumulator accumulator_;
  // Offered now, and when committed.
  std::vector<Output> outputs_, coming_outputs_;
  bool fresh_ = false;  // the coming outputs are others than the current ones

 private:
  int64_t next_, coming_next_;
  bool updated_ = false;
};

}  // namespace landbc
