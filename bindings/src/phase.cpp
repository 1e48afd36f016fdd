#include "phase.h"

#include <limits>
#include <utility>

namespace landbc {

Phase::Phase(const PhaseSurroundings &around, Card card, Accumulator accumulator, int64_t next)
    : around_(around),
      card_(std::move(card)),
      accumulator_(std::move(accumulator)),
      next_(next),
      coming_next_(next) {}

int64_t Phase::due() const {
  const Periods &periods = accumulator_.periods();
  return forwards() ? periods.end(coming_next_) : periods.begin(coming_next_);
}

void Phase::begin() noexcept {
  coming_next_ = next_;
  updated_ = false;
  fresh_ = false;
  begin_change();
}

void Phase::run(landbc_timings &timings) {
  update(coming_next_, timings);
  coming_next_ += around_.configuration.direction;
  updated_ = true;
  ++timings.updates;
}

void Phase::finish(landbc_timings &timings) {
  if (!updated_) return;
  make_outputs(timings);
  fresh_ = true;
}

void Phase::speak(int64_t, int64_t, bool, bool) {}

void Phase::commit() noexcept {
  commit_change();
  if (fresh_) std::swap(outputs_, coming_outputs_);
  next_ = coming_next_;
  updated_ = false;
  fresh_ = false;
  if (forwards()) {
    accumulator_.keep(next_ - (card_.climate_steps - 1), std::numeric_limits<int64_t>::max());
  } else {
    accumulator_.keep(std::numeric_limits<int64_t>::min(), next_);
  }
}

void Phase::offer(OutputList &outputs) const {
  for (const Output &output : fresh_ ? coming_outputs_ : outputs_) outputs.push_back(&output);
}

}  // namespace landbc
