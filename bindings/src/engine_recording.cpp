// What the engine tells the recording; with several ranks, rank 0 writes what all of them give and get.

#include <cstring>

#include "engine.h"
#include "error.h"
#include "name_list.h"
#include "pack.h"
#include "version.h"

namespace landbc {
namespace {

// A field of (width, cell) of every rank as one, its cells rank by rank.
std::vector<double> side_by_side(const std::vector<Bytes> &parts, size_t width) {
  std::vector<double> all;
  for (size_t c = 0; c < width; ++c) {
    for (const Bytes &part : parts) {
      const size_t row = part.size() / width;
      const size_t before = all.size();
      all.resize(before + row / sizeof(double));
      if (row > 0) std::memcpy(all.data() + before, part.data() + c * row, row);
    }
  }
  return all;
}

}  // namespace

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
  header.outputs = outputs();
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
  header.numbers = {{"format_version", 3},
                    {"threads", configuration_.threads},
                    {"core", core_},
                    {"direction", configuration_.direction},
                    {"ranks", team_->size()}};
  team_->together([&] {
    if (team_->rank() == 0) recording_ = std::make_unique<Recording>(configuration_.recording, header);
  });
}

void Engine::record(const Interval &interval, const landbc_date &begin,
                    const std::vector<const landbc_field *> &inputs, int32_t ran, int32_t changed,
                    double seconds) {
  for (size_t i = 0; i < phases_.size(); ++i) {
    if (phases_[i]->updated()) fingerprints_[i] = phases_[i]->fingerprint();
  }
  const OutputList result = outputs();
  const int64_t length = interval.end - interval.begin;
  if (team_->size() == 1) {
    recording_->write({begin, length, inputs, result, changed, fingerprints_}, seconds);
    if (ran != 0) recording_->sync();
    return;
  }
  // Rank by rank, as cell_id says.
  std::vector<Bytes> values(inputs.size());
  std::vector<landbc_field> fields(inputs.size());
  std::vector<const landbc_field *> together;
  for (size_t v = 0; v < inputs.size(); ++v) {
    together.push_back(nullptr);
    if (inputs[v] == nullptr) continue;
    const landbc_field &field = *inputs[v];
    team_->agree(std::string("the type of input ") + field.name, field.type);
    const auto count = static_cast<size_t>(field.shape[0]);
    const size_t size = field.type == LANDBC_FLOAT32 ? sizeof(float) : sizeof(double);
    values[v] = unpack<uint8_t>(team_->collect(pack(static_cast<const uint8_t *>(field.data), count * size)));
    fields[v] = field;
    fields[v].data = values[v].data();
    together.back() = &fields[v];
  }
  std::vector<Output> all;
  for (const Output *output : result) {
    all.push_back({output->name, output->unit, output->classes_of, output->width,
                   side_by_side(team_->collect(pack(output->values)), output->width)});
  }
  OutputList listed;
  for (const Output &output : all) listed.push_back(&output);
  team_->together([&] {
    if (!recording_) return;
    recording_->write({begin, length, together, listed, changed, fingerprints_}, seconds);
    if (ran != 0) recording_->sync();
  });
}

}  // namespace landbc
