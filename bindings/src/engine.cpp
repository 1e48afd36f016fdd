#include "engine.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <cstring>
#include <limits>

#include "error.h"
#include "sha256.h"
#include "stopwatch.h"
#include "threads.h"
#include "version.h"

namespace landbc {
namespace {

constexpr int64_t kLongestInterval = 366 * kSecondsPerDay;

void check_start(const Configuration &configuration, const Bundle &bundle) {
  const landbc_date &start = configuration.start;
  if (start.year != bundle.state_year) {
    fail(LANDBC_ERROR_TIME, "the run starts on ", iso(start), ", but the bundle's state is of ",
         bundle.state_year, "; compile a bundle for ", start.year, " or start in ", bundle.state_year);
  }
  if (start.month != 1 || start.day != 1 || start.second != 0) {
    fail(LANDBC_ERROR_TIME, "the run starts on ", iso(start),
         "; it must start at 00:00 on 1 January, for the first year's climate mean is over ",
         "the whole year");
  }
}

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

}  // namespace

Engine::Engine(const Configuration &configuration) : configuration_(configuration) {
  const ThreadScope threads(configuration.threads);
  const c10::Device device = find_device(configuration.device);
  bundle_ = open_bundle(configuration.bundle);
  check_start(configuration, bundle_);
  auto model = load_model(bundle_.file("emulator.pt"), device);
  card_ = parse_card(model->card(), bundle_.file("emulator.pt"));
  core_ = configuration.core > 0 ? configuration.core : bundle_.core;
  check_tiles(bundle_, card_, core_);
  model->prepare();

  const c10::InferenceMode inference;
  domain_ = read_domain(bundle_, card_);
  const Mesh mesh = read_mesh(bundle_);
  cells_ = {configuration.cell_ids, locate_cells(mesh, configuration.cell_ids.data(),
                                                 static_cast<int64_t>(configuration.cell_ids.size()))};
  fraction_maker_.emplace(domain_, mesh, static_cast<int64_t>(card_.classes.size()));
  update_.emplace(bundle_, card_, domain_, mesh, std::move(model), core_, device);
  state_.emplace(domain_, update_->canvas(), device);
  update_->warm_up(*state_);

  const size_t values = cells_.id.size() * card_.climate.size();
  accumulator_.emplace(values);
  values_.resize(values);
  last_valid_.assign(values, std::numeric_limits<double>::quiet_NaN());
  year_ = bundle_.state_year;
  last_.begin = last_.end = configuration.calendar.seconds(configuration.start);
  Fractions fractions;
  fraction_maker_->make(domain_.land_use.data(), fractions);
  host_fractions_ = in_host_order(cells_, static_cast<int64_t>(card_.classes.size()), fractions);
  timings_.struct_size = sizeof(landbc_timings);
  if (!configuration.recording.empty()) {
    state_sha256_ = map_sha256(domain_.land_use.data());
    recording_ = std::make_unique<Recording>(configuration.recording, recording_header());
  }
  // The device holds them from here on.
  domain_.statics = {};
  domain_.land_use = {};
  domain_.active = {};
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
  if (interval.begin == last_.end || (started_ && interval == last_)) return interval;
  const char *const kind = interval.begin < last_.end ? "goes backwards" : "leaves a gap";
  fail(LANDBC_ERROR_TIME, "the step at ", iso(begin), " ", kind, ": the interval before ended at ",
       iso(calendar.date(last_.end)));
}

int32_t Engine::step(const landbc_date &begin, int64_t interval_seconds, const landbc_field *inputs,
                     int32_t input_count, const landbc_field *outputs, int32_t output_count) {
  Stopwatch watch;
  const ThreadScope threads(configuration_.threads);
  const c10::InferenceMode inference;
  const auto matched = match_inputs(card_, cells_, inputs, input_count);
  const auto wanted =
      match_outputs(cells_, static_cast<int64_t>(card_.classes.size()), outputs, output_count);
  const Interval interval = check_time(begin, interval_seconds);
  read_inputs(card_, cells_, matched, configuration_.hold_missing, last_valid_, values_);
  if (started_ && interval == last_) {
    write_outputs(wanted, host_fractions_);
    return last_changed_;
  }

  accumulator_->reserve(configuration_.calendar, interval.begin, interval.end);
  Pending pending;
  if (begin.year > year_) pending = advance(begin.year);
  const int32_t changed = pending.updated || !started_ ? LANDBC_CHANGED_LAND_USE : 0;
  double seconds = watch.lap();
  double record_seconds = 0.0;
  if (recording_) {
    const HostFractions &result = pending.updated ? pending.host : host_fractions_;
    const std::string &sha = pending.updated ? pending.sha256 : state_sha256_;
    recording_->write({begin, interval_seconds, matched, result, changed, sha}, seconds);
    if (pending.updated) recording_->sync();
    record_seconds = watch.lap();
    seconds += record_seconds;
  }

  // Nothing below can fail.
  if (pending.updated) {
    state_->commit();
    year_ = begin.year;
    host_fractions_ = std::move(pending.host);
    state_sha256_ = std::move(pending.sha256);
    const auto updates = timings_.updates + pending.timings.updates;
    const auto steps = timings_.steps;
    timings_ = pending.timings;
    timings_.updates = updates;
    timings_.steps = steps;
  }
  accumulator_->drop_before(begin.year);
  accumulator_->add(configuration_.calendar, interval.begin, interval.end, values_);
  std::swap(values_, last_valid_);
  last_ = interval;
  last_changed_ = changed;
  started_ = true;
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
  for (int32_t from = year_; from < year; ++from) {
    update_->run(from, accumulator_->mean(from), configuration_.hold_scenario, *state_, pending.timings);
    ++pending.timings.updates;
  }
  Stopwatch watch;
  const at::Tensor map = state_->written();
  const auto *const codes = map.const_data_ptr<uint8_t>();
  fraction_maker_->make(codes, pending.fractions);
  pending.host = in_host_order(cells_, static_cast<int64_t>(card_.classes.size()), pending.fractions);
  pending.timings.scatter = watch.lap();
  if (recording_) pending.sha256 = map_sha256(codes);
  return pending;
}

void Engine::copy_window(const uint8_t *codes, uint8_t *map) const {
  const Window &all = domain_.extended;
  const Window &window = domain_.window;
  const int64_t col = all.column_offset(window);
  const int64_t before_wrap = std::min(window.cols, all.cols - col);
  for (int64_t row = 0; row < window.rows; ++row) {
    const uint8_t *const from = codes + (window.row - all.row + row) * all.cols;
    uint8_t *const to = map + row * window.cols;
    std::memcpy(to, from + col, static_cast<size_t>(before_wrap));
    std::memcpy(to + before_wrap, from, static_cast<size_t>(window.cols - before_wrap));
  }
}

void Engine::copy_map(uint8_t *map) const {
  const c10::InferenceMode inference;
  const at::Tensor codes = state_->current();
  copy_window(codes.const_data_ptr<uint8_t>(), map);
}

std::string Engine::map_sha256(const uint8_t *codes) const {
  std::vector<uint8_t> map(static_cast<size_t>(domain_.window.pixels()));
  copy_window(codes, map.data());
  return sha256(map.data(), map.size());
}

RecordingHeader Engine::recording_header() const {
  RecordingHeader header;
  header.texts = {{"format", "landbc-recording"},
                  {"bundle", bundle_.folder},
                  {"bundle_sha256", bundle_.sha256},
                  {"calendar", configuration_.calendar.name()},
                  {"device", configuration_.device},
                  {"start", iso(configuration_.start).substr(0, 10)},
                  {"missing_policy", configuration_.hold_missing ? "hold" : "error"},
                  {"scenario_policy", configuration_.hold_scenario ? "hold" : "error"},
                  {"landbc_version", library_version()},
                  {"torch_version", torch_version()}};
  header.numbers = {{"format_version", 1}, {"threads", configuration_.threads}, {"core", core_}};
  header.cell_id = cells_.id;
  header.classes = card_.classes;
  return header;
}

void Engine::close() {
  if (recording_) recording_->close();
}

}  // namespace landbc
