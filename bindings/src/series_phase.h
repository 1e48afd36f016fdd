// An emulator of a vegetation series in a coupled run (leaf area index): a map at the end of every month or
// dekad, and for the cells area means over the land at every coupling interval, between the middles of steps
// as the configuration says.
#pragma once

#include <map>
#include <memory>
#include <optional>

#include "cell_means.h"
#include "interpolation.h"
#include "leaf_year.h"
#include "phase.h"
#include "series_normals.h"
#include "series_update.h"

namespace landbc {

class SeriesPhase : public Phase {
 public:
  // `next` is the period in which the run begins. ARGUMENT if the configuration asks for what the series has
  // not.
  SeriesPhase(const PhaseSurroundings &around, const Card &card, Accumulator accumulator, int64_t next,
              const std::string &normals, std::unique_ptr<ModelRuntime> model);

  int32_t changed_bit() const override { return LANDBC_CHANGED_LEAF_AREA; }
  void connect() override { update_.connect(); }
  bool follows_time() const override {
    return around_.configuration.interpolation != LANDBC_INTERPOLATION_NONE;
  }
  void speak(int64_t begin, int64_t end, bool anew, bool asked) override;
  bool catch_up() override;
  std::string fingerprint() const override;
  std::string news() const override;
  void save(PhaseRestart &restart) const override;
  void restore(const PhaseRestart &restart, const std::string &origin) override;
  void restored() override;

  // From now on the cells' means of the steps that a change finishes are kept until it is committed.
  void keep_finished() { keep_finished_ = true; }
  const std::vector<FinishedStep> &finished() const { return finished_; }

  // The values of the last finished step over the window, NaN where there are none; on rank 0. Collective.
  std::vector<float> window_values() const;

 protected:
  void update(int64_t period, landbc_timings &timings) override;
  void begin_change() noexcept override;
  void make_outputs(landbc_timings &timings) override;
  void commit_change() noexcept override;

 private:
  // A map's numbers at the cells' pixels, by step; they live as long as outputs are made of them.
  using Numbers = std::map<int64_t, std::vector<int16_t>>;

  // What the outputs are made of, for the land use as it is.
  struct Shown {
    Means value;                       // of the last finished step
    Means departure, before;           // from its normal, and that of the step before it
    std::map<int64_t, Means> normals;  // by step of the year
    size_t classes = 0;                // of land use, in the means
  };

  SeriesPhase(const PhaseSurroundings &around, const Card &card, Accumulator accumulator, int64_t next,
              const std::string &normals, std::unique_ptr<ModelRuntime> model, const Domain &domain);

  const Periods &periods() const { return accumulator_.periods(); }
  // Drops maps that neither the update of `next` nor a later one sees.
  void forget(SeriesMaps &maps, int64_t next) const;
  std::shared_ptr<PastMap> past(SeriesMap map) const {
    return std::make_shared<PastMap>(around_.changing.blocks(), std::move(map));
  }
  // Moves current maps that no outputs are made of out of memory; where that fails they stay, with a warning.
  void set_aside() noexcept;
  // Of the two last steps, and of those that the change finishes. Collective.
  Numbers numbers_of(const SeriesMaps &maps) const;
  Shown show(const Numbers &numbers) const;
  std::vector<float> normal_at_cells(int64_t of_year) const;
  template <class Value>
  Means means_of(const Value &value) const;
  const Means &normal_means(Shown &shown, int64_t of_year) const;
  Means step_means(Shown &shown, const Numbers &numbers, int64_t period) const;
  // Into the memory of `outputs`, where they were made before.
  void make_at(Shown &shown, int64_t begin, int64_t end, std::vector<Output> &outputs);

  SeriesNormals normals_;
  SeriesUpdate update_;
  CellMeans means_;
  SeriesMaps maps_, coming_maps_;
  std::shared_ptr<ScratchFile> scratch_;
  bool may_set_aside_;
  at::Tensor hidden_, coming_hidden_;
  Numbers coming_numbers_;
  std::optional<Shown> shown_, coming_shown_;
  Means mixed_;  // between two steps
  // The interval whose outputs were left.
  struct Left {
    int64_t begin, end;
  };
  std::optional<Left> left_, coming_left_;
  bool keep_finished_ = false;
  int64_t first_finished_ = 0;  // of the change
  std::vector<FinishedStep> finished_;
};

}  // namespace landbc
