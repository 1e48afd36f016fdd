#include "engine.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>

#include "counted.h"
#include "error.h"
#include "graph_runtime.h"
#include "log.h"
#include "pack.h"
#include "sealed_file.h"
#include "stopwatch.h"
#include "threads.h"
#include "version.h"

namespace landbc {
namespace {

constexpr const char *kLeafArea = "leaf_area_index";
constexpr int64_t kLongestInterval = 366 * kSecondsPerDay;

void check_tiles(const Bundle &bundle, const Card &card, int64_t core) {
  if (bundle.halo < card.radius || bundle.margin < card.radius) {
    fail(LANDBC_ERROR_MODEL, "the emulator of ", card.quantity, ": its receptive field of ", card.radius,
         " pixels is wider than the bundle's halo ", bundle.halo, " or margin ", bundle.margin);
  }
  if (bundle.halo % card.multiple != 0 || core % card.multiple != 0) {
    fail(LANDBC_ERROR_MODEL, "the emulator of ", card.quantity, " needs tiles on multiples of ",
         card.multiple, " pixels; core ", core, " or halo ", bundle.halo, " is not one");
  }
}

std::vector<Statistic> statistics_of(const std::vector<ClimateInput> &inputs) {
  std::vector<Statistic> statistics;
  for (const ClimateInput &input : inputs) statistics.push_back(input.statistic);
  return statistics;
}

}  // namespace

Engine::Engine(const Configuration &configuration, std::unique_ptr<Team> team, const FindDevice &find)
    : configuration_(configuration), team_(std::move(team)) {
  const ThreadScope threads(configuration.threads);
  const c10::InferenceMode inference;
  c10::Device device(c10::kCPU);
  Mesh mesh;
  std::optional<Restart> restart;
  team_->together([&] {
    device = find(configuration.device, team_->local_rank());
    bundle_ = open_bundle(configuration.bundle);
    if (!configuration.restart.empty()) {
      restart = read_restart(configuration.restart);
      restart_sha256_ = file_sha256(configuration.restart);
    }
    core_ = configuration.core > 0 ? configuration.core : bundle_.core;
    load_emulators(device);
    mesh = read_mesh(bundle_);
    cells_ = locate_cells(mesh, configuration.cell_ids);
  });
  team_->agree("the bundle", std::stoll(bundle_.sha256.substr(0, 15), nullptr, 16));
  team_->agree("the tile core", core_);
  team_->agree("the direction", configuration.direction);
  team_->agree("the interpolation", configuration.interpolation);
  distribution_.emplace(*team_, bundle_, mesh, cells_, configuration.nearest_absent, core_);
  team_->together([&] {
    surround(device);
    if (!restart) last_.begin = last_.end = configuration_.calendar.seconds(configuration_.start);
    start_phases(mesh);
    if (restart) {
      continue_from(*restart);
    } else {
      check_start();
    }
    // The device holds them from here on.
    distribution_->forget_overlaps();
  });
  for (const auto &phase : phases_) {
    phase->connect();
    if (restart) phase->restored();
  }
  speak(last_, every_bit_, true);
  team_->together([&] { start_adapters(mesh.cell_id.size(), restart); });
  for (const auto &phase : phases_) phase->commit();
  adapters_->commit();
  for (const Output *output : offered())
    described_outputs_.push_back({output->name, output->unit, output->classes_of, output->width, {}});
  open_recording();
  if (team_->rank() == 0) {
    tell(LANDBC_LOG_INFO, "landbc ", library_version(), " with libtorch ", torch_version(), ": bundle ",
         bundle_.folder, ", ", counted(distribution_->given_cells(), "cell"), ", ",
         counted(team_->size(), "rank"), ", device ", configuration_.device,
         restart ? ", continued from " + configuration_.restart : "");
  }
}

void Engine::surround(c10::Device device) {
  const Window &region = distribution_->region();
  const NetcdfFile file(bundle_.file("domain.nc"), NetcdfFile::Mode::read, LANDBC_ERROR_BUNDLE);
  const auto active = read_active(file, bundle_, region);
  auto blocks = std::make_shared<const LiveBlocks>(Canvas(region, core_, bundle_.halo), active);
  surroundings_.emplace(
      PhaseSurroundings{configuration_,
                        bundle_,
                        cells_,
                        *distribution_,
                        core_,
                        device,
                        ChangingPixels(std::move(blocks), active, device),
                        Gather(distribution_->gather_overlaps().overlaps(region.pixels())),
                        FractionMaker(distribution_->scatter_overlaps(), distribution_->counted()),
                        {},
                        {},
                        {}});
}

void Engine::load_emulators(c10::Device device) {
  // A model is loaded outside of inference mode, as it may be changed yet.
  const c10::InferenceMode normal(false);
  for (const BundledEmulator &emulator : bundle_.emulators) {
    auto model =
        load_model(bundle_.file(emulator.compiled.empty() ? emulator.file : emulator.compiled), device);
    Card card = parse_card(model->card(), bundle_.file(emulator.file));
    check_tiles(bundle_, card, core_);
    for (const Card &other : cards_) {
      if (other.quantity == card.quantity)
        fail(LANDBC_ERROR_BUNDLE, bundle_.folder, ": two emulators of ", card.quantity);
    }
    if (card.series && emulator.normals.empty()) {
      fail(LANDBC_ERROR_BUNDLE, bundle_.folder, ": 'emulators' names no 'normals' for ", card.quantity,
           "; compile the bundle again");
    }
    model->prepare(bundle_.halo);
    if (configuration_.device_graphs && !device.is_cpu())
      model = with_device_graph(std::move(model), device, card.quantity);
    models_.push_back(std::move(model));
    cards_.push_back(std::move(card));
  }
  const bool land_use =
      std::any_of(cards_.begin(), cards_.end(), [](const Card &card) { return card.quantity == "land_use"; });
  if (!land_use) fail(LANDBC_ERROR_BUNDLE, bundle_.folder, ": no emulator of land_use");
}

void Engine::start_phases(const Mesh &mesh) {
  inputs_.emplace(configuration_, bundle_, inputs_of(cards_), cells_, mesh.cell_id.size());
  for (const Card &card : cards_) surroundings_->made.push_back(card.quantity);
  const auto phase_of = [this](const std::string &quantity) {
    const auto found = std::find_if(phases_.begin(), phases_.end(), [&](const std::unique_ptr<Phase> &phase) {
      return phase->card().quantity == quantity;
    });
    return found == phases_.end() ? nullptr : found->get();
  };
  surroundings_->map_of = [phase_of](const std::string &quantity) -> const PixelMap<uint8_t> * {
    const Phase *const phase = phase_of(quantity);
    return phase == nullptr ? nullptr : phase->class_map();
  };
  surroundings_->classes_at_cells = [phase_of](const std::string &quantity) {
    const Phase *const phase = phase_of(quantity);
    return phase == nullptr ? ClassesAtCells{} : phase->classes_at_cells();
  };
  for (size_t i = 0; i < cards_.size(); ++i) {
    const Card &card = cards_[i];
    const std::vector<ClimateInput> wanted = card.accumulated();
    Accumulator accumulator(Periods(configuration_.calendar, card.step), statistics_of(wanted),
                            inputs_->columns_of(wanted), cells_.id.size());
    if (card.classes) {
      phases_.push_back(std::make_unique<ClassPhase>(*surroundings_, card, std::move(accumulator),
                                                     bundle_.state_year, std::move(models_[i])));
    } else {
      const int64_t next = accumulator.periods().holding(moment(last_));
      phases_.push_back(std::make_unique<SeriesPhase>(*surroundings_, card, std::move(accumulator), next,
                                                      bundle_.emulators[i].normals, std::move(models_[i])));
    }
    every_bit_ |= phases_.back()->changed_bit();
  }
  models_.clear();
  timings_.struct_size = sizeof(landbc_timings);
}

SeriesPhase *Engine::leaf_area() const {
  for (const auto &phase : phases_) {
    if (phase->card().quantity == kLeafArea && phase->card().series)
      return static_cast<SeriesPhase *>(phase.get());
  }
  return nullptr;
}

const std::vector<FinishedStep> &Engine::finished_leaves() const {
  static const std::vector<FinishedStep> none;
  const SeriesPhase *const leaves = leaf_area();
  return leaves == nullptr ? none : leaves->finished();
}

void Engine::start_adapters(std::size_t mesh_cells, const std::optional<Restart> &restart) {
  SeriesPhase *const leaves = leaf_area();
  std::optional<LeafSteps> steps;
  if (leaves != nullptr) steps = {leaves->accumulator().periods().per_year(), leaves->next()};
  adapters_.emplace(bundle_, cells_, mesh_cells, outputs(), steps);
  if (adapters_->leaf_year()) {
    leaves->keep_finished();
    if (restart) adapters_->go_on(leaf_year_of(*restart, *adapters_->leaf_year()));
  }
  adapters_->make(outputs(), true, {});
}

void Engine::check_start() const {
  const Calendar &calendar = configuration_.calendar;
  // Backwards a year's land use holds down to, and without, the 1 January before.
  const int32_t year = forwards() ? calendar.date(last_.begin).year : calendar.date(last_.end - 1).year + 1;
  if (year == bundle_.state_year) return;
  fail(LANDBC_ERROR_TIME, "the run starts at ", iso(configuration_.start), ", where the land use of ", year,
       " holds, but the bundle's state is of ", bundle_.state_year,
       "; start within the state's year, or compile a bundle for another");
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
  const std::vector<const landbc_field *> *given = nullptr;
  Interval interval;
  team_->together([&] {
    if (begin == nullptr) fail(LANDBC_ERROR_NULL_ARGUMENT, "argument 'begin' is null");
    interval = check_time(*begin, interval_seconds);
    const Span span{interval_seconds, configuration_.calendar.whole_month(interval.begin, interval.end)};
    given = &inputs_->match(inputs, input_count, span);
    if (recording_ && !(started_ && interval == last_)) recording_->check(*given);
    match_outputs(cells_, offered(), outputs, output_count, wanted_);
    inputs_->read(*given, interval.begin, interval.end, span);
    for (const auto &phase : phases_) phase->accumulator().reserve(interval.begin, interval.end);
  });
  team_->agree("the beginning of the step (seconds of the calendar)", interval.begin);
  team_->agree("the length of the step", interval_seconds);
  if (started_ && interval == last_) {
    catch_up();
    write_outputs(wanted_, offered());
    if (first_) last_changed_ = every_bit_;
    first_ = false;
    return last_changed_;
  }

  landbc_timings timings{};
  int32_t ran = 0;
  int32_t changed = 0;
  double seconds = 0.0;
  double record_seconds = 0.0;
  try {
    ran = advance(moment(interval), timings);
    speak(interval, ran, asked_for_moment(ran));
    changed = first_ ? every_bit_ : ran;
    seconds = watch.lap();
    if (recording_) {
      record(interval, *begin, *given, ran, changed, seconds);
      record_seconds = watch.lap();
      seconds += record_seconds;
    }
  } catch (...) {
    // What was made aside is not the state, whatever is asked next.
    for (const auto &phase : phases_) phase->begin();
    adapters_->begin();
    throw;
  }

  commit(interval, ran, timings);
  last_changed_ = changed;
  write_outputs(wanted_, offered());
  timings_.record = record_seconds;
  timings_.step = seconds + watch.lap();
  ++timings_.steps;
  return changed;
}

Phase *Engine::next_phase(int64_t now) const {
  Phase *first = nullptr;
  for (const auto &phase : phases_) {
    const bool complete = forwards() ? phase->due() <= now : phase->due() >= now;
    if (!complete) continue;
    const bool sooner =
        first == nullptr || (forwards() ? phase->due() < first->due() : phase->due() > first->due());
    if (sooner) first = phase.get();
  }
  return first;
}

int32_t Engine::advance(int64_t now, landbc_timings &timings) {
  for (const auto &phase : phases_) phase->begin();
  adapters_->begin();
  while (Phase *const phase = next_phase(now)) phase->run(timings);
  int32_t ran = 0;
  for (const auto &phase : phases_) {
    phase->finish(timings);
    if (phase->updated()) ran |= phase->changed_bit();
  }
  if (ran != 0 && team_->rank() == 0) tell_news(timings, ran);
  return ran;
}

// `wanted_` goes by what is offered: the phases' outputs, then the adapters', which may follow any of them.
bool Engine::asked_for_moment(int32_t ran) const {
  // Making them may be collective, and other ranks may ask.
  if (team_->size() > 1) return true;
  if (recording_ && (!configuration_.record_updates || ran != 0 || !recording_->begun())) return true;
  size_t at = 0;
  bool any = false;
  for (const auto &phase : phases_) {
    made_.clear();
    phase->offer(made_);
    for (size_t end = at + made_.size(); at < end; ++at) {
      if (wanted_[at] != nullptr && phase->follows_time()) return true;
    }
    any = any || phase->follows_time();
  }
  return any && std::any_of(wanted_.begin() + static_cast<std::ptrdiff_t>(at), wanted_.end(),
                            [](const landbc_field *field) { return field != nullptr; });
}

void Engine::catch_up() {
  const ThreadScope threads(configuration_.threads);
  const c10::InferenceMode inference;
  bool any = false;
  for (const auto &phase : phases_) any = phase->catch_up() || any;
  if (!any) return;
  adapters_->make(outputs(), false, {});
  adapters_->commit();
}

void Engine::speak(const Interval &interval, int32_t ran, bool asked) {
  const bool maps = (ran & ~LANDBC_CHANGED_LEAF_AREA) != 0;
  for (const auto &phase : phases_) phase->speak(interval.begin, interval.end, maps, asked);
  // At first they do not know yet what there is.
  if (!adapters_ || (ran == 0 && !asked)) return;
  team_->together([&] { adapters_->make(outputs(), maps, finished_leaves()); });
  for (const std::string &line : adapters_->news()) tell(LANDBC_LOG_WARNING, line);
}

void Engine::tell_news(const landbc_timings &timings, int32_t ran) const {
  std::string news;
  for (const auto &phase : phases_) {
    if ((ran & phase->changed_bit()) != 0) news += (news.empty() ? "" : ", ") + phase->news();
  }
  std::replace(news.begin(), news.end(), '_', ' ');
  tell(LANDBC_LOG_INFO, news, ": ", counted(timings.updates, "update"), ", ", counted(timings.tiles, "tile"),
       ", ", timings.forward, " s in the network");
}

// Nothing here can fail.
void Engine::commit(const Interval &interval, int32_t ran, const landbc_timings &timings) {
  for (const auto &phase : phases_) phase->commit();
  adapters_->commit();
  if (ran != 0) {
    const auto updates = timings_.updates + timings.updates;
    const auto steps = timings_.steps;
    timings_ = timings;
    timings_.struct_size = sizeof(landbc_timings);
    timings_.updates = updates;
    timings_.steps = steps;
  }
  for (const auto &phase : phases_) phase->accumulator().open(interval.begin, interval.end);
  inputs_->hand_out([&](size_t input, size_t first, size_t count, const double *values) {
    for (const auto &phase : phases_) phase->accumulator().add(input, first, count, values);
  });
  for (const auto &phase : phases_) phase->accumulator().close();
  last_ = interval;
  started_ = true;
  first_ = false;
}

const OutputList &Engine::outputs() const {
  made_.clear();
  for (const auto &phase : phases_) phase->offer(made_);
  return made_;
}

const OutputList &Engine::offered() const {
  offered_ = outputs();
  adapters_->offer(offered_);
  return offered_;
}

void Engine::copy_outputs(const landbc_field *outputs, int32_t count) {
  std::vector<const landbc_field *> wanted;
  catch_up();
  match_outputs(cells_, offered(), outputs, count, wanted);
  write_outputs(wanted, offered());
}

const std::vector<std::string> &Engine::classes(const std::string &quantity) const {
  for (const auto &phase : phases_) {
    if (phase->card().quantity == quantity && phase->card().classes) return phase->card().classes->classes;
  }
  if (const auto *rows = adapters_->rows(quantity)) return *rows;
  fail(LANDBC_ERROR_FIELD_NAME, "no emulator or adapter of the bundle makes classes of '", quantity, "'");
}

void Engine::check_map(const std::string &name, bool of_classes) const {
  std::string known;
  for (const auto &phase : phases_) {
    const Card &card = phase->card();
    if (card.classes.has_value() != of_classes) continue;
    if (card.quantity == name) return;
    known += (known.empty() ? "" : ", ") + card.quantity;
  }
  fail(LANDBC_ERROR_FIELD_NAME, "map '", name, "' is not known; there is ", known.empty() ? "none" : known);
}

void Engine::copy_map(const std::string &name, uint8_t *map) {
  const c10::InferenceMode inference;
  for (const auto &phase : phases_) {
    if (phase->card().quantity != name) continue;
    auto codes = static_cast<const ClassPhase &>(*phase).current_map();
    team_->share(codes);
    std::copy(codes.begin(), codes.end(), map);
  }
}

void Engine::copy_values(const std::string &name, float *values) {
  const c10::InferenceMode inference;
  for (const auto &phase : phases_) {
    if (phase->card().quantity != name) continue;
    Bytes bytes = pack(static_cast<const SeriesPhase &>(*phase).window_values());
    team_->share(bytes);
    if (!bytes.empty()) std::memcpy(values, bytes.data(), bytes.size());
  }
}

void Engine::close() {
  if (recording_) recording_->close();
}

}  // namespace landbc
