// What the engine tells the recording; with several ranks, rank 0 writes what all of them give and get.

#include <cstring>

#include "engine.h"
#include "error.h"
#include "name_list.h"
#include "pack.h"
#include "sha256.h"
#include "version.h"

namespace landbc {
void Engine::open_recording() {
  team_->agree("whether a recording is written", configuration_.recording.empty() ? 0 : 1);
  if (configuration_.recording.empty()) return;
  const auto map = distribution_->window_map(*state_, update_->tiles(), false);
  state_sha256_ = sha256(map.data(), map.size());
  RecordingHeader header;
  header.cell_id = unpack<int64_t>(team_->collect(pack(cells_.id)));
  header.classes = card_.classes;
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
                  {"from_bundle", join_names(configuration_.from_bundle)},
                  {"restart", configuration_.restart},
                  {"restart_sha256", restart_sha256_},
                  {"landbc_version", library_version()},
                  {"torch_version", torch_version()}};
  header.numbers = {{"format_version", 2},
                    {"threads", configuration_.threads},
                    {"core", core_},
                    {"direction", configuration_.direction},
                    {"ranks", team_->size()}};
  team_->together([&] {
    if (team_->rank() == 0) recording_ = std::make_unique<Recording>(configuration_.recording, header);
  });
}

void Engine::record(const Interval &interval, const landbc_date &begin,
                    const std::vector<const landbc_field *> &inputs, const Pending &pending, int32_t changed,
                    double seconds) {
  const HostFractions &result = pending.updated ? pending.host : host_fractions_;
  const std::string &sha = pending.updated ? pending.sha256 : state_sha256_;
  const int64_t length = interval.end - interval.begin;
  if (team_->size() == 1) {
    recording_->write({begin, length, inputs, result, changed, sha}, seconds);
    if (pending.updated) recording_->sync();
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
  HostFractions all;
  all.coverage = unpack<double>(team_->collect(pack(result.coverage)));
  const auto parts = team_->collect(pack(result.land_use));
  const size_t classes = card_.classes.size();
  for (size_t c = 0; c < classes; ++c) {
    for (const Bytes &part : parts) {
      const size_t row = part.size() / classes;
      const size_t before = all.land_use.size();
      all.land_use.resize(before + row / sizeof(double));
      if (row > 0) std::memcpy(all.land_use.data() + before, part.data() + c * row, row);
    }
  }
  team_->together([&] {
    if (!recording_) return;
    recording_->write({begin, length, together, all, changed, sha}, seconds);
    if (pending.updated) recording_->sync();
  });
}

}  // namespace landbc
