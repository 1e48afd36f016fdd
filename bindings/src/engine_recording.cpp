// What the engine tells the recording; with several ranks, rank 0 writes what all of them give and get. And
// what a replay of updates gives back.

#include <algorithm>
#include <cmath>

#include "engine.h"
#include "error.h"
#include "name_list.h"
#include "pack.h"
#include "version.h"

namespace landbc {

void Engine::open_recording() {
  team_->agree("whether a recording is written", configuration_.recording.empty() ? 0 : 1);
  if (configuration_.recording.empty()) return;
  RecordingHeader header;
  header.cell_id = unpack<int64_t>(team_->collect(pack(cells_.id)));
  for (const auto &phase : phases_) {
    fingerprints_.push_back(phase->fingerprint());
    header.quantities.push_back(phase->card().quantity);
    if (phase->card().classes) header.classes[phase->card().quantity] = phase->card().classes->classes;
  }
  header.texts = {{"format", "landbc-recording"},
                  {"bundle", bundle_.folder},
                  {"bundle_sha256", bundle_.sha256},
                  {"calendar", configuration_.calendar.name()},
                  {"device", configuration_.device},
                  {"start", iso(configuration_.start)},
                  {"missing_policy", policy_name(configuration_.hold_missing)},
                  {"scenario_policy", policy_name(configuration_.hold_scenario)},
                  {"range_policy", range_policy_name(configuration_.range_policy)},
                  {"absent_policy", configuration_.nearest_absent ? "nearest" : "error"},
                  {"interpolation", interpolation_name(configuration_.interpolation)},
                  {"from_bundle", join_names(configuration_.from_bundle)},
                  {"record", record_name(configuration_.record_updates)},
                  {"restart", configuration_.restart},
                  {"restart_sha256", restart_sha256_},
                  {"quantities", join_names(header.quantities)},
                  {"landbc_version", library_version()},
                  {"torch_version", torch_version()}};
  std::vector<RecordedInput> sums;
  for (const auto &phase : phases_) {
    if (!configuration_.record_updates) break;
    header.texts.emplace_back("accumulates_" + phase->card().quantity, phase->card().accumulates());
    for (const ClimateInput &input : phase->card().accumulated()) {
      const bool mean = input.statistic == Statistic::mean;
      sums.push_back({phase->card().quantity, input.name, mean ? input.unit + " s" : input.unit});
    }
  }
  recorded_seconds_.resize(phases_.size());
  header.numbers = {{"format_version", 5},
                    {"threads", configuration_.threads},
                    {"core", core_},
                    {"direction", configuration_.direction},
                    {"ranks", team_->size()}};
  recording_ = std::make_unique<Recording>(*team_, configuration_.recording, header, cells_.id.size(),
                                           configuration_.record_updates, std::move(sums));
}

void Engine::record(const Interval &interval, const landbc_date &begin,
                    const std::vector<const landbc_field *> &inputs, int32_t ran, int32_t changed,
                    double seconds) {
  try {
    const bool anew = ran != 0 || !recording_->begun();
    if (configuration_.record_updates && !anew) return;
    if (anew) {
      for (size_t i = 0; i < phases_.size(); ++i) {
        if (phases_[i]->updated()) fingerprints_[i] = phases_[i]->fingerprint();
      }
      if (configuration_.record_updates) {
        recording_->set_state(outputs_of(true), fingerprints_, rows_of_sums());
      } else {
        recording_->set_state(outputs_of(true), fingerprints_);
      }
    }
    recording_->add({begin, interval.end - interval.begin, inputs, outputs_of(false), changed, seconds});
    if (ran != 0) recording_->flush();
  } catch (...) {
    // On all ranks alike: what is not in the file is lost, and a run that goes on does so without it.
    recording_.reset();
    throw;
  }
}

std::vector<std::vector<RecordedSums>> Engine::rows_of_sums() {
  const size_t cells = cells_.id.size();
  std::vector<std::vector<RecordedSums>> told;  // by emulator
  std::vector<RecordedSums> nothing;
  size_t most = 1;
  for (size_t i = 0; i < phases_.size(); ++i) {
    Phase &phase = *phases_[i];
    const size_t inputs = phase.card().accumulated().size();
    if (inputs == 0) continue;
    nothing.push_back({0, 0, std::vector<double>(inputs * cells)});
    std::vector<RecordedSums> &periods = told.emplace_back();
    if (!phase.updated()) continue;
    std::map<int64_t, int64_t> &recorded = recorded_seconds_[i];
    const auto &sums = phase.accumulator().sums();
    std::erase_if(recorded, [&](const auto &entry) { return sums.count(entry.first) == 0; });
    for (const auto &[period, sum] : sums) {
      if (sum.seconds == recorded[period]) continue;
      recorded[period] = sum.seconds;
      RecordedSums &row = periods.emplace_back(nothing.back());
      row.period = period;
      row.seconds = sum.seconds;
      for (size_t v = 0; v < inputs; ++v)
        for (size_t c = 0; c < cells; ++c)
          row.values[v * cells + c] = sum.values[v * cells + static_cast<size_t>(cells_.slot[c])];
    }
    most = std::max(most, periods.size());
  }
  // A state has one period of each emulator: where several ended in one step, those before the last stand
  // alone.
  std::vector<std::vector<RecordedSums>> rows(most, nothing);
  for (size_t i = 0; i < told.size(); ++i)
    for (size_t r = 0; r < told[i].size(); ++r) rows[r][i] = std::move(told[i][r]);
  return rows;
}

void Engine::set_accumulated(const std::string &quantity, const std::string &accumulates, int64_t period,
                             int64_t seconds, const double *values, int64_t size) {
  for (const auto &phase : phases_) {
    if (phase->card().quantity != quantity) continue;
    const std::string own = phase->card().accumulates();
    if (accumulates != own) {
      fail(LANDBC_ERROR_ARGUMENT, "the emulator of ", quantity, " accumulates '", own, "', not '",
           accumulates, "'; a recording of every step replays with it");
    }
    const Periods &periods = phase->accumulator().periods();
    const int64_t last = periods.first_of(kLastYear) - 1;
    if (period < periods.first_of(1) || period > last) {
      fail(LANDBC_ERROR_ARGUMENT, "accumulated ", quantity, ": 'period' ", period, " is not in ",
           periods.first_of(1), " ... ", last);
    }
    const int64_t longest = periods.end(period) - periods.begin(period);
    if (seconds <= 0 || seconds > longest) {
      fail(LANDBC_ERROR_ARGUMENT, "accumulated ", quantity, ": 'seconds' is ", seconds, ", not in 1 ... ",
           longest);
    }
    const size_t cells = cells_.id.size();
    const size_t inputs = phase->card().accumulated().size();
    if (size != static_cast<int64_t>(inputs * cells)) {
      fail(LANDBC_ERROR_FIELD_SHAPE, "accumulated ", quantity, ": ", size, " values where there are ", inputs,
           " inputs of ", cells, " cells");
    }
    if (!std::all_of(values, values + size, [](double value) { return std::isfinite(value); }))
      fail(LANDBC_ERROR_FIELD_VALUE, "accumulated ", quantity, ": NaN or infinity in period ", period);
    Accumulator::Sum sum{std::vector<double>(inputs * cells), seconds};
    for (size_t v = 0; v < inputs; ++v)
      for (size_t c = 0; c < cells; ++c)
        sum.values[v * cells + static_cast<size_t>(cells_.slot[c])] = values[v * cells + c];
    phase->accumulator().restore(period, std::move(sum));
    return;
  }
  fail(LANDBC_ERROR_FIELD_NAME, "no emulator of '", quantity, "' in the bundle");
}

OutputList Engine::outputs_of(bool classes) const {
  OutputList listed;
  for (const auto &phase : phases_) {
    if (phase->card().classes.has_value() == classes) phase->offer(listed);
  }
  return listed;
}

}  // namespace landbc
