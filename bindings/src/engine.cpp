#include "engine.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <limits>

#include "error.h"
#include "log.h"
#include "sealed_file.h"
#include "sha256.h"
#include "stopwatch.h"
#include "threads.h"
#include "version.h"

namespace landbc {
namespace {

constexpr int64_t kLongestInterval = 366 * kSecondsPerDay;

void check_tiles(const Bundle &bundle, const Card &card, int64_t core) {
  if (bundle.halo < card.radius || bundle.margin < card.radius) {
    fail(LANDBC_ERROR_MODEL, "the emulator's receptive field of ", card.radius,
         " pixels is wider than the bundle's halo ", bundle.halo, " or margin ", bundle.margin);
  }
  if (bundle.halo % card.multiple != 0 || core % card.multiple != 0) {
    fail(LANDBC_ERROR_MODEL, "the emulator needs tiles on multiples of ", card.multiple, " pixels; core ",
         core, " or halo ", bundle.halo, " is not one");
  }
}

std::vector<Statistic> statistics_of(const Card &card) {
  std::vector<Statistic> statistics;
  for (const ClimateInput &input : card.climate) statistics.push_back(input.statistic);
  return statistics;
}

}  // namespace

Engine::Engine(const Configuration &configuration, std::unique_ptr<Team> team)
    : configuration_(configuration), team_(std::move(team)) {
  const ThreadScope threads(configuration.threads);
  const c10::InferenceMode inference;
  c10::Device device(c10::kCPU);
  std::unique_ptr<ModelRuntime> model;
  Mesh mesh;
  std::optional<Restart> restart;
  team_->together([&] {
    device = find_device(configuration.device, team_->local_rank());
    bundle_ = open_bundle(configuration.bundle);
    year_ = bundle_.state_year;
    if (!configuration.restart.empty()) {
      restart = read_restart(configuration.restart);
      restart_sha256_ = file_sha256(configuration.restart);
    }
    {
      // A model is loaded outside of inference mode, as it may be changed yet.
      const c10::InferenceMode normal(false);
      model = load_model(bundle_.file("emulator.pt"), device);
      card_ = parse_card(model->card(), bundle_.file("emulator.pt"));
      core_ = configuration.core > 0 ? configuration.core : bundle_.core;
      check_tiles(bundle_, card_, core_);
      model->prepare();
    }
    mesh = read_mesh(bundle_);
    cells_ = locate_cells(mesh, configuration.cell_ids);
  });
  team_->agree("the bundle", std::stoll(bundle_.sha256.substr(0, 15), nullptr, 16));
  team_->agree("the tile core", core_);
  team_->agree("the direction", configuration.direction);
  distribution_.emplace(*team_, bundle_, mesh, cells_, configuration.nearest_absent, core_);
  team_->together([&] {
    start_state(mesh, std::move(model), device);
    if (restart) {
      continue_from(*restart);
    } else {
      last_.begin = last_.end = configuration_.calendar.seconds(configuration_.start);
      if (year_due(last_) != bundle_.state_year) {
        fail(LANDBC_ERROR_TIME, "the run starts at ", iso(configuration_.start), ", where the land use of ",
             year_due(last_), " holds, but the bundle's state is of ", bundle_.state_year,
             "; start within the state's year, or compile a bundle for another");
      }
    }
    // The device holds them from here on.
    distribution_->forget_overlaps();
  });
  open_recording();
  if (team_->rank() == 0) {
    tell(LANDBC_LOG_INFO, "landbc ", library_version(), " with libtorch ", torch_version(), ": bundle ",
         bundle_.folder, ", ", distribution_->given_cells(), " cells, ", team_->size(), " ranks, device ",
         configuration_.device, restart ? ", continued from " + configuration_.restart : "");
  }
}

void Engine::start_state(const Mesh &mesh, std::unique_ptr<ModelRuntime> model, c10::Device device) {
  Domain domain = read_domain(bundle_, card_, distribution_->region());
  const auto classes = static_cast<int64_t>(card_.classes.size());
  fraction_maker_.emplace(distribution_->scatter_overlaps(), distribution_->counted(), classes);
  update_.emplace(bundle_, card_, domain, distribution_->gather_overlaps(), std::move(model), core_,
                  distribution_->mine(), device);
  state_.emplace(domain, update_->canvas(), device);
  update_->warm_up(*state_);
  inputs_.emplace(configuration_, bundle_, card_, cells_, mesh.cell_id.size());
  const size_t values = cells_.id.size() * card_.climate.size();
  accumulator_.emplace(Periods(configuration_.calendar, card_.step), statistics_of(card_), cells_.id.size());
  values_.resize(values);
  last_valid_.assign(values, std::numeric_limits<double>::quiet_NaN());
  Fractions fractions;
  fraction_maker_->make(distribution_->initial_codes(domain), fractions);
  host_fractions_ = in_host_order(cells_, classes, fractions);
  timings_.struct_size = sizeof(landbc_timings);
}

int32_t Engine::year_due(const Interval &interval) const {
  const Calendar &calendar = configuration_.calendar;
  // Backwards a year's land use holds down to, and without, the 1 January before.
  return forwards() ? calendar.date(interval.begin).year : calendar.date(interval.end - 1).year + 1;
}

Engine::Interval Engine::check_time(const landbc_date &begin, int64_t interval_seconds) const {
  const Calendar &calendar = configuration_.calendar;
  if (interval_seconds <= 0 || interval_seconds > kLongestInterval) {
    fail(LANDBC_ERROR_ARGUMENT, "interval_seconds is ", interval_seconds,
         "; a coupling interval lasts 1 s to 366 days");
  }
  const int64_t from = calendar.seconds(begin);
  const Interval interval{from, from + interval_seconds};
  calendar.seconds(calendar.date(interval.end));
  const bool follows = forwards() ? interval.begin == last_.end : interval.end == last_.begin;
  if (follows || (started_ && interval == last_)) return interval;
  if (forwards()) {
    fail(LANDBC_ERROR_TIME, "the step at ", iso(begin), " ",
         interval.begin < last_.end ? "goes backwards" : "leaves a gap", ": the interval before ended at ",
         iso(calendar.date(last_.end)));
  }
  fail(LANDBC_ERROR_TIME, "the step at ", iso(begin), " ",
       interval.end > last_.begin ? "goes forwards in a run that goes backwards" : "leaves a gap",
       ": it ends at ", iso(calendar.date(interval.end)), ", the interval before began at ",
       iso(calendar.date(last_.begin)));
}

int32_t Engine::step(const landbc_date *begin, int64_t interval_seconds, const landbc_field *inputs,
                     int32_t input_count, const landbc_field *outputs, int32_t output_count) {
  Stopwatch watch;
  const ThreadScope threads(configuration_.threads);
  const c10::InferenceMode inference;
  std::vector<const landbc_field *> matched;
  OutputFields wanted;
  Interval interval;
  team_->together([&] {
    if (begin == nullptr) fail(LANDBC_ERROR_NULL_ARGUMENT, "argument 'begin' is null");
    interval = check_time(*begin, interval_seconds);
    const Span span{interval_seconds, configuration_.calendar.whole_month(interval.begin, interval.end)};
    matched = inputs_->match(inputs, input_count, span);
    wanted = match_outputs(cells_, static_cast<int64_t>(card_.classes.size()), outputs, output_count);
    inputs_->read(matched, interval.begin, interval.end, span, last_valid_, values_);
    accumulator_->reserve(interval.begin, interval.end);
  });
  team_->agree("the beginning of the step (seconds of the calendar)", interval.begin);
  team_->agree("the length of the step", interval_seconds);
  if (started_ && interval == last_) {
    write_outputs(wanted, host_fractions_);
    if (first_) last_changed_ = LANDBC_CHANGED_LAND_USE;
    first_ = false;
    return last_changed_;
  }

  const int32_t due = year_due(interval);
  Pending pending;
  if (due != year_) pending = advance(due);
  const int32_t changed = pending.updated || first_ ? LANDBC_CHANGED_LAND_USE : 0;
  double seconds = watch.lap();
  double record_seconds = 0.0;
  if (!configuration_.recording.empty()) {
    record(interval, *begin, matched, pending, changed, seconds);
    record_seconds = watch.lap();
    seconds += record_seconds;
  }

  // Nothing below can fail.
  if (pending.updated) {
    state_->commit();
    year_ = due;
    host_fractions_ = std::move(pending.host);
    state_sha256_ = std::move(pending.sha256);
    const auto updates = timings_.updates + pending.timings.updates;
    const auto steps = timings_.steps;
    timings_ = pending.timings;
    timings_.updates = updates;
    timings_.steps = steps;
  }
  const Periods &periods = accumulator_->periods();
  if (forwards()) {
    accumulator_->keep(periods.first_of(year_), std::numeric_limits<int64_t>::max());
  } else {
    accumulator_->keep(std::numeric_limits<int64_t>::min(), periods.first_of(year_) - 1);
  }
  accumulator_->add(interval.begin, interval.end, values_);
  std::swap(values_, last_valid_);
  last_ = interval;
  last_changed_ = changed;
  started_ = true;
  first_ = false;
  write_outputs(wanted, host_fractions_);
  timings_.record = record_seconds;
  timings_.step = seconds + watch.lap();
  ++timings_.steps;
  return changed;
}

Engine::Pending Engine::advance(int32_t year) {
  Pending pending;
  pending.updated = true;
  pending.timings.struct_size = sizeof(landbc_timings);
  state_->begin();
  const int32_t by = configuration_.direction;
  for (int32_t from = year_; from != year; from += by) {
    // The climate between the two maps: of the year that begins with the earlier one.
    const int32_t between = std::min(from, from + by);
    std::vector<double> statistics;
    team_->together([&] { statistics = accumulator_->result(between); });
    const std::vector<double> climate = distribution_->climate(statistics, card_.climate.size());
    team_->together([&] {
      update_->run(from, from + by, climate, configuration_.hold_scenario, *state_, pending.timings);
    });
    distribution_->exchange_halos(*state_);
    ++pending.timings.updates;
  }
  Stopwatch watch;
  const uint8_t *const codes = distribution_->codes(*state_);
  team_->together([&] {
    Fractions fractions;
    fraction_maker_->make(codes, fractions);
    pending.host = in_host_order(cells_, static_cast<int64_t>(card_.classes.size()), fractions);
  });
  pending.timings.scatter = watch.lap();
  if (!configuration_.recording.empty()) {
    const auto map = distribution_->window_map(*state_, update_->tiles(), true);
    pending.sha256 = sha256(map.data(), map.size());
  }
  if (team_->rank() == 0) {
    tell(LANDBC_LOG_INFO, "land use of ", year, ": ", pending.timings.updates, " updates, ",
         pending.timings.tiles, " tiles, ", pending.timings.forward, " s in the network");
  }
  return pending;
}

void Engine::copy_map(uint8_t *map) {
  const c10::InferenceMode inference;
  auto codes = distribution_->window_map(*state_, update_->tiles(), false);
  team_->share(codes);
  std::copy(codes.begin(), codes.end(), map);
}

void Engine::close() {
  if (recording_) recording_->close();
}

}  // namespace landbc
