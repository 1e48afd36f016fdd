#include "class_phase.h"

#include <algorithm>
#include <utility>

#include "error.h"
#include "sha256.h"
#include "stopwatch.h"

namespace landbc {
namespace {

std::string text_of(int64_t year) { return std::to_string(year); }

bool sees_history(const Card &card) {
  return std::any_of(card.statics.begin(), card.statics.end(),
                     [](const StaticInput &input) { return input.history; });
}

}  // namespace

ClassPhase::ClassPhase(const PhaseSurroundings &around, const Card &card, Accumulator accumulator,
                       int32_t state_year, std::unique_ptr<ModelRuntime> model)
    : ClassPhase(around, card, std::move(accumulator), state_year, std::move(model),
                 read_domain(around.bundle, card, around.distribution.region())) {}

ClassPhase::ClassPhase(const PhaseSurroundings &around, const Card &card, Accumulator accumulator,
                       int32_t state_year, std::unique_ptr<ModelRuntime> model, const Domain &domain)
    : Phase(around, card, std::move(accumulator),
            around.configuration.direction == 1 ? state_year : state_year - 1),
      update_(around, card_, domain, std::move(model)),
      state_(domain, around.changing, update_.tile_size(), around.device),
      fraction_maker_(around.fractions) {
  if (!around.distribution.one_process()) {
    const Bundle &bundle = around.bundle;
    const NetcdfFile file(bundle.file("domain.nc"), NetcdfFile::Mode::read, LANDBC_ERROR_BUNDLE);
    codes_ = around.distribution.field_at_cells<uint8_t>(
        [&](const Window &strip) { return read_codes(file, card_.quantity, bundle, strip); });
  }
  if (sees_history(card_)) {
    history_ = std::make_unique<History>(first_history(around.distribution.region()), around.changing,
                                         around.device);
  }
  update_.warm_up(state_);
  outputs_ = fractions(around.distribution.one_process() ? domain.codes : codes_);
}

// Years count along the run, so that backwards the history is another.
std::string ClassPhase::history_variable() const {
  return history_name(card_.quantity) + (forwards() ? "" : "_backwards");
}

std::vector<uint8_t> ClassPhase::first_history(const Window &strip) const {
  const Bundle &bundle = around_.bundle;
  const NetcdfFile file(bundle.file("domain.nc"), NetcdfFile::Mode::read, LANDBC_ERROR_BUNDLE);
  auto codes = read_codes(file, history_variable(), bundle, strip);
  for (const uint8_t code : codes) {
    if (code >= kHistoryCodes)
      fail(LANDBC_ERROR_BUNDLE, bundle.file("domain.nc"), ": ", history_variable(), " holds ",
           static_cast<int>(code), ", which is no code of a history");
  }
  return codes;
}

int32_t ClassPhase::changed_bit() const {
  return card_.quantity == "land_use" ? LANDBC_CHANGED_LAND_USE : LANDBC_CHANGED_LAND_COVER;
}

// With one process the map is all there is; with several the pixels that others compute are brought here and
// kept. Collective.
std::vector<uint8_t> ClassPhase::codes_of(const PixelMap<uint8_t> &map) const {
  std::vector<uint8_t> codes = codes_;
  codes.resize(around_.distribution.cell_pixels(), kUnknown);
  around_.distribution.at_cells(update_.canvas(), map, codes);
  return codes;
}

ClassesAtCells ClassPhase::classes_at_cells() const {
  return {around_.distribution.one_process() ? codes_of(state_.written()) : codes_,
          card_.classes->classes.size()};
}

std::vector<Output> ClassPhase::fractions(const std::vector<uint8_t> &codes) const {
  Fractions made;
  const size_t classes = card_.classes->classes.size();
  fraction_maker_.make(codes.data(), static_cast<int64_t>(classes), made);
  const std::string coverage = card_.quantity == "land_use" ? "coverage" : card_.quantity + "_coverage";
  return {{card_.quantity + "_fraction", "1", card_.quantity, classes,
           in_host_order(around_.cells, classes, made.classes)},
          {coverage, "1", "", 1, in_host_order(around_.cells, 1, made.coverage)}};
}

void ClassPhase::update(int64_t period, landbc_timings &timings) {
  const Distribution &distribution = around_.distribution;
  std::vector<double> statistics;
  // The climate between the two maps: of the year that begins with the earlier one.
  distribution.team().together([&] { statistics = accumulator_.result(period); });
  const std::vector<double> climate = distribution.climate(statistics, card_.climate.size());
  const auto from = static_cast<int32_t>(year());
  const int32_t to = from + around_.configuration.direction;
  distribution.team().together([&] {
    if (history_) history_->begin_year();
    update_.refresh([&](const std::string &name) {
      return history_ && name == history_name(card_.quantity) ? &history_->seen() : around_.map_of(name);
    });
    update_.run(from, to, climate, around_.configuration.hold_scenario, state_, timings);
  });
  distribution.exchange_halos(update_.canvas(), state_.written());
  state_.end_year();
  if (history_) distribution.team().together([&] { history_->end_year(state_.seen(), state_.written()); });
}

void ClassPhase::make_outputs(landbc_timings &timings) {
  Stopwatch watch;
  std::vector<uint8_t> codes = codes_of(state_.written());
  around_.distribution.team().together([&] { coming_outputs_ = fractions(codes); });
  if (!around_.distribution.one_process()) codes_ = std::move(codes);
  timings.scatter += watch.lap();
}

std::vector<uint8_t> ClassPhase::window_map(const PixelMap<uint8_t> &map) const {
  return around_.distribution.window_map<uint8_t>(map, update_.tiles(), [&] {
    const Bundle &bundle = around_.bundle;
    const NetcdfFile file(bundle.file("domain.nc"), NetcdfFile::Mode::read, LANDBC_ERROR_BUNDLE);
    return read_codes(file, card_.quantity, bundle, bundle.extended());
  });
}

std::vector<uint8_t> ClassPhase::window_history() const {
  return around_.distribution.window_map<uint8_t>(history_->current(), update_.tiles(),
                                                  [&] { return first_history(around_.bundle.extended()); });
}

std::string ClassPhase::fingerprint() const {
  const auto map = window_map(updated() ? state_.written() : state_.current());
  return sha256(map.data(), map.size());
}

std::string ClassPhase::news() const { return card_.quantity + " of " + text_of(year()); }

void ClassPhase::save(PhaseRestart &restart) const {
  restart.classes = card_.classes->classes;
  restart.codes = current_map();
  if (history_) restart.history = window_history();
}

void ClassPhase::restore(const PhaseRestart &restart, const std::string &origin) {
  if (restart.classes != card_.classes->classes)
    fail(LANDBC_ERROR_RESTART, origin, ": its classes of ", card_.quantity,
         " are others than the emulator's");
  for (const uint8_t code : restart.codes) {
    if (code != kUnknown && code >= restart.classes.size())
      fail(LANDBC_ERROR_RESTART, origin, ": its ", card_.quantity, " holds class ", static_cast<int>(code));
  }
  const Bundle &bundle = around_.bundle;
  const NetcdfFile file(bundle.file("domain.nc"), NetcdfFile::Mode::read, LANDBC_ERROR_BUNDLE);
  auto codes = read_codes(file, card_.quantity, bundle, around_.distribution.region());
  around_.distribution.put_window(restart.codes, codes);
  state_.restore(codes);
  if (history_) restore_history(restart.history, origin);
  go_on_at(restart.next);
}

void ClassPhase::restore_history(const std::vector<uint8_t> &window, const std::string &origin) {
  if (window.size() != static_cast<size_t>(around_.bundle.window.pixels()))
    fail(LANDBC_ERROR_RESTART, origin, ": it lacks the history of its ", card_.quantity,
         ", which the emulator sees; begin anew, or continue a checkpoint of this bundle");
  if (std::any_of(window.begin(), window.end(), [](uint8_t code) { return code >= kHistoryCodes; }))
    fail(LANDBC_ERROR_RESTART, origin, ": the history of its ", card_.quantity,
         " holds what is no code of one");
  auto codes = first_history(around_.distribution.region());
  around_.distribution.put_window(window, codes);
  history_->restore(codes);
}

void ClassPhase::restored() {
  std::vector<uint8_t> codes = codes_of(state_.current());
  around_.distribution.team().together([&] { outputs_ = fractions(codes); });
  if (!around_.distribution.one_process()) codes_ = std::move(codes);
}

}  // namespace landbc
