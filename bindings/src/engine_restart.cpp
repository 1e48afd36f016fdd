// The engine's state as a checkpoint, and back.

#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <limits>

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

// (variable, cell) as the engine holds it, as rows of cells.
std::vector<double> rows_of(const std::vector<double> &planes, size_t width) {
  std::vector<double> rows(planes.size());
  const size_t cells = width == 0 ? 0 : planes.size() / width;
  for (size_t v = 0; v < width; ++v)
    for (size_t cell = 0; cell < cells; ++cell) rows[cell * width + v] = planes[v * cells + cell];
  return rows;
}

}  // namespace

Restart Engine::state_of_run() const {
  Restart restart;
  const Calendar &calendar = configuration_.calendar;
  restart.bundle_sha256 = bundle_.sha256;
  restart.calendar = calendar.name();
  restart.landbc_version = library_version();
  restart.direction = configuration_.direction;
  restart.begin = last_.begin;
  restart.end = last_.end;
  restart.begin_date = iso(calendar.date(last_.begin));
  restart.end_date = iso(calendar.date(last_.end));
  restart.started = started_;
  restart.changed = last_changed_;
  restart.window = bundle_.window;
  for (const ClimateInput &input : inputs_->wanted()) {
    restart.inputs.push_back(input.name);
    restart.units.push_back(input.unit);
  }
  return restart;
}

void Engine::checkpoint(const std::string &path) {
  const c10::InferenceMode inference;
  Restart restart = state_of_run();
  std::vector<int64_t> ids(cells_.id.size());
  for (size_t i = 0; i < ids.size(); ++i) ids[static_cast<size_t>(cells_.slot[i])] = cells_.id[i];
  const auto all = unpack<int64_t>(team_->collect(pack(ids)));
  restart.cell_id = all;
  std::sort(restart.cell_id.begin(), restart.cell_id.end());
  std::vector<size_t> row;
  for (const int64_t id : all) {
    const auto at = std::lower_bound(restart.cell_id.begin(), restart.cell_id.end(), id);
    row.push_back(static_cast<size_t>(at - restart.cell_id.begin()));
  }
  std::vector<double> valid = inputs_->last_valid();
  valid.resize(cells_.id.size() * restart.inputs.size(), std::numeric_limits<double>::quiet_NaN());
  restart.last_valid =
      in_order(team_->collect(pack(rows_of(valid, restart.inputs.size()))), row, restart.inputs.size());
  save_leaf_year(row, restart);
  for (size_t i = 0; i < phases_.size(); ++i) {
    Phase &phase = *phases_[i];
    PhaseRestart part;
    part.quantity = phase.card().quantity;
    part.emulator_sha256 = bundle_.emulators[i].sha256;
    part.next = phase.next();
    for (const ClimateInput &input : phase.card().accumulated()) part.inputs.push_back(input.name);
    for (const auto &[period, sum] : phase.accumulator().sums()) {
      // Room that a failed step had made.
      if (sum.seconds == 0) continue;
      part.sums[period] = {
          in_order(team_->collect(pack(rows_of(sum.values, part.inputs.size()))), row, part.inputs.size()),
          sum.seconds};
    }
    phase.save(part);
    restart.phases.push_back(std::move(part));
  }
  team_->together([&] {
    if (team_->rank() != 0) return;
    write_restart(path, restart);
    tell(LANDBC_LOG_INFO, "checkpoint ", path, " at ", restart.end_date);
  });
}

void Engine::save_leaf_year(const std::vector<size_t> &row, Restart &restart) const {
  if (!adapters_->leaf_year()) return;
  const LeafYear &year = *adapters_->leaf_year();
  // (variable, cell in the host's order) as all ranks' rows of cells
  const auto all = [&](const std::vector<double> &planes, size_t width) {
    std::vector<double> rows(planes.size());
    for (size_t v = 0; v < width; ++v)
      for (size_t i = 0; i < cells_.slot.size(); ++i)
        rows[static_cast<size_t>(cells_.slot[i]) * width + v] = planes[v * cells_.slot.size() + i];
    return in_order(team_->collect(pack(rows)), row, width);
  };
  restart.leaf_months = all(year.months(), kMonths);
  restart.leaf_begun = all(year.begun(), 1);
  restart.leaf_begun_steps = year.begun_steps();
}

LeafYear Engine::leaf_year_of(const Restart &restart, const LeafYear &otherwise) const {
  if (restart.leaf_months.empty()) {
    fail(LANDBC_ERROR_RESTART, configuration_.restart,
         ": it has no leaf area of the last months; continue with what the run began with");
  }
  const size_t cells = cells_.id.size();
  std::vector<double> months(cells * kMonths);
  std::vector<double> begun(cells);
  for (size_t i = 0; i < cells; ++i) {
    const auto found = std::lower_bound(restart.cell_id.begin(), restart.cell_id.end(), cells_.id[i]);
    const auto row = static_cast<size_t>(found - restart.cell_id.begin());
    for (size_t m = 0; m < kMonths; ++m) months[m * cells + i] = restart.leaf_months[row * kMonths + m];
    begun[i] = restart.leaf_begun[row];
  }
  LeafYear year = otherwise;
  year.go_on(std::move(months), std::move(begun), restart.leaf_begun_steps);
  return year;
}

void Engine::continue_from(const Restart &restart) {
  const std::string &path = configuration_.restart;
  const auto refuse = [&](const auto &...why) {
    fail(LANDBC_ERROR_RESTART, path, ": ", why..., "; continue with what the run began with");
  };
  if (restart.bundle_sha256 != bundle_.sha256) {
    std::string others;
    for (size_t i = 0; i < std::min(restart.phases.size(), phases_.size()); ++i) {
      if (restart.phases[i].emulator_sha256 != bundle_.emulators[i].sha256)
        others += " and another emulator of " + restart.phases[i].quantity;
    }
    refuse("it was written with another bundle", others, " than ", bundle_.folder);
  }
  if (restart.calendar != configuration_.calendar.name())
    refuse("its calendar is ", restart.calendar, ", the configuration's ", configuration_.calendar.name());
  if (restart.direction != configuration_.direction)
    refuse("its run goes ", restart.direction == 1 ? "forwards" : "backwards", ", this one the other way");
  std::vector<std::string> names;
  for (const ClimateInput &input : inputs_->wanted()) names.push_back(input.name);
  if (restart.inputs != names)
    refuse("its inputs are ", join_names(restart.inputs, ", "), ", the emulators' ", join_names(names, ", "));
  bool same = restart.phases.size() == phases_.size();
  for (size_t i = 0; same && i < phases_.size(); ++i)
    same = restart.phases[i].quantity == phases_[i]->card().quantity;
  if (!same) refuse("its emulators are others");
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
  started_ = restart.started;
  last_changed_ = restart.changed;

  std::vector<size_t> row(cells_.id.size());
  for (size_t i = 0; i < cells_.id.size(); ++i) {
    const auto found = std::lower_bound(restart.cell_id.begin(), restart.cell_id.end(), cells_.id[i]);
    if (found == restart.cell_id.end() || *found != cells_.id[i])
      refuse("it has no cell of id ", cells_.id[i]);
    row[static_cast<size_t>(cells_.slot[i])] = static_cast<size_t>(found - restart.cell_id.begin());
  }
  const auto own = [&](const std::vector<double> &all, size_t width) {
    std::vector<double> values(row.size() * width);
    for (size_t v = 0; v < width; ++v)
      for (size_t i = 0; i < row.size(); ++i) values[v * row.size() + i] = all[row[i] * width + v];
    return values;
  };
  inputs_->restore(own(restart.last_valid, names.size()));
  for (size_t i = 0; i < phases_.size(); ++i) {
    const PhaseRestart &part = restart.phases[i];
    Phase &phase = *phases_[i];
    const size_t width = phase.card().accumulated().size();
    if (part.inputs.size() != width) refuse("its inputs of ", part.quantity, " are others");
    for (const auto &[period, sum] : part.sums)
      phase.accumulator().restore(period, {own(sum.values, width), sum.seconds});
    phase.restore(part, path);
  }
}

}  // namespace landbc
