// What the engine tells the recording; with several ranks, rank 0 writes what all of them give and get.

#include "engine.h"
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
                  {"restart", configuration_.restart},
                  {"restart_sha256", restart_sha256_},
                  {"quantities", join_names(header.quantities)},
                  {"landbc_version", library_version()},
                  {"torch_version", torch_version()}};
  header.numbers = {{"format_version", 4},
                    {"threads", configuration_.threads},
                    {"core", core_},
                    {"direction", configuration_.direction},
                    {"ranks", team_->size()}};
  recording_ = std::make_unique<Recording>(*team_, configuration_.recording, header, cells_.id.size());
}

void Engine::record(const Interval &interval, const landbc_date &begin,
                    const std::vector<const landbc_field *> &inputs, int32_t ran, int32_t changed,
                    double seconds) {
  try {
    const bool anew = ran != 0 || !recording_->begun();
    if (anew) {
      for (size_t i = 0; i < phases_.size(); ++i) {
        if (phases_[i]->updated()) fingerprints_[i] = phases_[i]->fingerprint();
      }
      recording_->set_state(outputs_of(true), fingerprints_);
    }
    recording_->add({begin, interval.end - interval.begin, inputs, outputs_of(false), changed, seconds});
    if (ran != 0) recording_->flush();
  } catch (...) {
    // On all ranks alike: what is not in the file is lost, and a run that goes on does so without it.
    recording_.reset();
    throw;
  }
}

OutputList Engine::outputs_of(bool classes) const {
  OutputList listed;
  for (const auto &phase : phases_) {
    if (phase->card().classes.has_value() == classes) phase->offer(listed);
  }
  return listed;
}

}  // namespace landbc
