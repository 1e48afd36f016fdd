// An annual emulator of classes in a coupled run (land use, land cover): the class map of a year becomes that
// of the next on 1 January.
#pragma once

#include <memory>

#include "fractions.h"
#include "history.h"
#include "phase.h"
#include "state.h"
#include "yearly_update.h"

namespace landbc {

class ClassPhase : public Phase {
 public:
  // `state_year` is that of the first map.
  ClassPhase(const PhaseSurroundings &around, const Card &card, Accumulator accumulator, int32_t state_year,
             std::unique_ptr<ModelRuntime> model);

  int32_t changed_bit() const override;
  const PixelMap<uint8_t> *class_map() const override { return &state_.written(); }
  ClassesAtCells classes_at_cells() const override;
  std::string fingerprint() const override;
  std::string news() const override;
  void save(PhaseRestart &restart) const override;
  void restore(const PhaseRestart &restart, const std::string &origin) override;
  void restored() override;

  // The current map over the window, on rank 0. Collective.
  std::vector<uint8_t> window_map(const PixelMap<uint8_t> &map) const;
  std::vector<uint8_t> current_map() const { return window_map(state_.current()); }

 protected:
  void update(int64_t period, landbc_timings &timings) override;
  void begin_change() noexcept override {
    state_.begin();
    if (history_) history_->begin();
  }
  void make_outputs(landbc_timings &timings) override;
  void commit_change() noexcept override {
    if (!updated()) return;
    state_.commit();
    if (history_) history_->commit();
  }

 private:
  ClassPhase(const PhaseSurroundings &around, const Card &card, Accumulator accumulator, int32_t state_year,
             std::unique_ptr<ModelRuntime> model, const Domain &domain);

  std::string history_variable() const;
  std::vector<uint8_t> window_history() const;
  void restore_history(const std::vector<uint8_t> &window, const std::string &origin);
  std::vector<uint8_t> first_history(const Window &strip) const;
  std::vector<uint8_t> codes_of(const PixelMap<uint8_t> &map) const;
  std::vector<Output> fractions(const std::vector<uint8_t> &codes) const;
  // The year whose map holds while `next` is awaited.
  int64_t year() const { return forwards() ? next() : next() + 1; }

  YearlyUpdate update_;
  State state_;
  std::unique_ptr<History> history_;  // where the emulator sees it
  const FractionMaker &fraction_maker_;
  std::vector<uint8_t> codes_;  // at the cells' pixels, where other ranks compute some of them
};

}  // namespace landbc
