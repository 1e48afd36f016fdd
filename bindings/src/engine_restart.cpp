// The engine's state as a checkpoint, and back.

#include <c10/core/InferenceMode.h>

#include <algorithm>

#include "engine.h"
#include "error.h"
#include "log.h"
#include "name_list.h"
#include "pack.h"
#include "version.h"

namespace landbc {
namespace {

// Every rank's rows of `width` values, each rank's in the order of its numbers, as one list in ascending
// order.
std::vector<double> in_order(const std::vector<Bytes> &ranks, const std::vector<size_t> &row, size_t width) {
  const auto values = unpack<double>(ranks);
  std::vector<double> ordered(values.size());
  for (size_t i = 0; width > 0 && i < values.size() / width; ++i)
    std::copy_n(values.begin() + static_cast<std::ptrdiff_t>(i * width), width,
                ordered.begin() + static_cast<std::ptrdiff_t>(row[i] * width));
  return ordered;
}

}  // namespace

Restart Engine::state_of_run(std::vector<uint8_t> map) {
  Restart restart;
  const Calendar &calendar = configuration_.calendar;
  restart.bundle_sha256 = bundle_.sha256;
  restart.emulator_sha256 = bundle_.emulator_sha256;
  restart.calendar = calendar.name();
  restart.landbc_version = library_version();
  restart.direction = configuration_.direction;
  restart.year = year_;
  restart.begin = last_.begin;
  restart.end = last_.end;
  restart.begin_date = iso(calendar.date(last_.begin));
  restart.end_date = iso(calendar.date(last_.end));
  restart.started = started_;
  restart.changed = last_changed_;
  restart.window = bundle_.window;
  restart.classes = card_.classes;
  for (const ClimateInput &input : card_.climate) {
    restart.inputs.push_back(input.name);
    restart.units.push_back(input.unit);
  }
  restart.land_use = std::move(map);
  return restart;
}

void Engine::checkpoint(const std::string &path) {
  const c10::InferenceMode inference;
  Restart restart = state_of_run(distribution_->window_map(*state_, update_->tiles(), false));
  std::vector<int64_t> ids(cells_.id.size());
  for (size_t i = 0; i < ids.size(); ++i) ids[static_cast<size_t>(cells_.slot[i])] = cells_.id[i];
  const size_t width = card_.climate.size();
  const auto all = unpack<int64_t>(team_->collect(pack(ids)));
  restart.cell_id = all;
  std::sort(restart.cell_id.begin(), restart.cell_id.end());
  std::vector<size_t> row;
  for (const int64_t id : all) {
    const auto at = std::lower_bound(restart.cell_id.begin(), restart.cell_id.end(), id);
    row.push_back(static_cast<size_t>(at - restart.cell_id.begin()));
  }
  restart.last_valid = in_order(team_->collect(pack(last_valid_)), row, width);
  for (const auto &[period, sum] : accumulator_->sums()) {
    // Room that a failed step had made.
    if (sum.seconds == 0) continue;
    restart.sums[period] = {in_order(team_->collect(pack(sum.values)), row, width), sum.seconds};
  }
  team_->together([&] {
    if (team_->rank() != 0) return;
    write_restart(path, restart);
    tell(LANDBC_LOG_INFO, "checkpoint ", path, " at ", restart.end_date);
  });
}

void Engine::continue_from(const Restart &restart) {
  const std::string &path = configuration_.restart;
  const auto refuse = [&](const auto &...why) {
    fail(LANDBC_ERROR_RESTART, path, ": ", why..., "; continue with what the run began with");
  };
  if (restart.bundle_sha256 != bundle_.sha256) {
    refuse("it was written with another bundle",
           restart.emulator_sha256 != bundle_.emulator_sha256 ? " and another emulator" : "", " than ",
           bundle_.folder);
  }
  if (restart.calendar != configuration_.calendar.name())
    refuse("its calendar is ", restart.calendar, ", the configuration's ", configuration_.calendar.name());
  if (restart.direction != configuration_.direction)
    refuse("its run goes ", restart.direction == 1 ? "forwards" : "backwards", ", this one the other way");
  std::vector<std::string> names;
  for (const ClimateInput &input : card_.climate) names.push_back(input.name);
  if (restart.inputs != names || restart.classes != card_.classes)
    refuse("its inputs are ", join_names(restart.inputs, ", "), ", the emulator's ", join_names(names, ", "));
  const auto count = static_cast<int64_t>(restart.cell_id.size());
  if (count != distribution_->given_cells())
    refuse("it has ", count, " cells, the host gives ", distribution_->given_cells());
  const bool same_window =
      restart.window.row == bundle_.window.row && restart.window.col == bundle_.window.col &&
      restart.window.rows == bundle_.window.rows && restart.window.cols == bundle_.window.cols;
  if (!same_window) refuse("its window is another");

  last_ = {restart.begin, restart.end};
  const int64_t at = forwards() ? last_.end : last_.begin;
  const Calendar &calendar = configuration_.calendar;
  if (configuration_.start_given && calendar.seconds(configuration_.start) != at) {
    fail(LANDBC_ERROR_TIME, "the run starts at ", iso(configuration_.start), ", but the checkpoint ", path,
         " goes on at ", iso(calendar.date(at)));
  }
  configuration_.start = calendar.date(at);
  year_ = restart.year;
  started_ = restart.started;
  last_changed_ = restart.changed;

  const size_t width = names.size();
  std::vector<size_t> row(cells_.id.size());
  for (size_t i = 0; i < cells_.id.size(); ++i) {
    const auto found = std::lower_bound(restart.cell_id.begin(), restart.cell_id.end(), cells_.id[i]);
    if (found == restart.cell_id.end() || *found != cells_.id[i])
      refuse("it has no cell of id ", cells_.id[i]);
    row[static_cast<size_t>(cells_.slot[i])] = static_cast<size_t>(found - restart.cell_id.begin());
  }
  const auto own = [&](const std::vector<double> &all) {
    std::vector<double> values(row.size() * width);
    for (size_t i = 0; i < row.size(); ++i)
      std::copy_n(all.begin() + static_cast<std::ptrdiff_t>(row[i] * width), width,
                  values.begin() + static_cast<std::ptrdiff_t>(i * width));
    return values;
  };
  last_valid_ = own(restart.last_valid);
  for (const auto &[period, sum] : restart.sums)
    accumulator_->restore(period, {own(sum.values), sum.seconds});

  for (const uint8_t code : restart.land_use) {
    if (code != kUnknown && code >= card_.classes.size())
      refuse("its land_use holds class ", static_cast<int>(code));
  }
  const NetcdfFile file(bundle_.file("domain.nc"), NetcdfFile::Mode::read, LANDBC_ERROR_BUNDLE);
  auto codes = read_land_use(file, bundle_, distribution_->region());
  distribution_->restore(restart.land_use, codes);
  state_->restore(codes);
  Domain restored;
  restored.land_use = std::move(codes);
  Fractions fractions;
  fraction_maker_->make(distribution_->initial_codes(restored), fractions);
  host_fractions_ = in_host_order(cells_, static_cast<int64_t>(card_.classes.size()), fractions);
}

}  // namespace landbc
