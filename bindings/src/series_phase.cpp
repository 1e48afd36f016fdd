#include "series_phase.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <limits>
#include <utility>

#include "error.h"
#include "log.h"
#include "sha256.h"
#include "stopwatch.h"

namespace landbc {
namespace {

// What interpolation needs, whatever the emulator sees.
constexpr int64_t kShown = 2;

Means difference(const Means &a, const Means &b) {
  Means result = a;
  for (size_t i = 0; i < result.cell.size(); ++i) result.cell[i] -= b.cell[i];
  for (size_t i = 0; i < result.by_class.size(); ++i) result.by_class[i] -= b.by_class[i];
  return result;
}

}  // namespace

SeriesPhase::SeriesPhase(const PhaseSurroundings &around, const Card &card, Accumulator accumulator,
                         int64_t next, const std::string &normals, std::unique_ptr<ModelRuntime> model)
    : SeriesPhase(around, card, std::move(accumulator), next, normals, std::move(model),
                  read_domain(around.bundle, card, around.distribution.region())) {}

SeriesPhase::SeriesPhase(const PhaseSurroundings &around, const Card &card, Accumulator accumulator,
                         int64_t next, const std::string &normals, std::unique_ptr<ModelRuntime> model,
                         const Domain &domain)
    : Phase(around, card, std::move(accumulator), next),
      normals_(around.bundle, normals, card_, periods().per_year()),
      update_(around, card_, periods(), domain, normals_, std::move(model)),
      means_(around.fractions, around.distribution.changing(around.changing)),
      may_set_aside_(around.device.is_cpu()) {
  if (!forwards()) {
    fail(LANDBC_ERROR_ARGUMENT, "the bundle's emulator of ", card_.quantity,
         " runs forwards in time only; for 'direction' -1 compile a bundle without it");
  }
  if (around.configuration.interpolation == LANDBC_INTERPOLATION_CTSM && card_.step != Step::month) {
    fail(LANDBC_ERROR_ARGUMENT, "configuration: 'interpolation' as CTSM does it is of months, the step of ",
         card_.quantity, " is another");
  }
  hidden_ = update_.hidden().zeros();
  const std::vector<int64_t> &steps = normals_.first_steps();
  const int64_t oldest = *std::max_element(card_.series->lags.begin(), card_.series->lags.end());
  for (size_t i = 0; i < steps.size(); ++i) {
    if (steps[i] >= next || steps[i] < next - std::max(oldest, kShown)) continue;
    maps_[steps[i]] = past(update_.on_canvas(normals_.first(i, around.distribution.region())));
    set_aside();
  }
  update_.warm_up();
  normals_.rest();
}

void SeriesPhase::begin_change() noexcept {
  coming_left_.reset();
  coming_maps_.clear();
  coming_numbers_.clear();
  coming_shown_.reset();
  finished_.clear();
}

void SeriesPhase::forget(SeriesMaps &maps, int64_t next) const {
  const std::vector<int64_t> &lags = card_.series->lags;
  const int64_t oldest = std::max(*std::max_element(lags.begin(), lags.end()), kShown);
  maps.erase(maps.begin(), maps.lower_bound(next - oldest));
}

void SeriesPhase::update(int64_t period, landbc_timings &timings) {
  const Distribution &distribution = around_.distribution;
  Team &team = distribution.team();
  if (!updated()) {
    coming_maps_ = maps_;
    coming_hidden_ = hidden_;
    first_finished_ = period;
  }
  const size_t width = card_.climate.size();
  const size_t all = card_.accumulated().size();
  SeriesStep step;
  step.period = period;
  step.co2 = card_.series->co2_constant;
  const auto column = [&](const std::vector<double> &statistics, size_t first, size_t count) {
    std::vector<double> part;
    for (size_t i = 0; i < statistics.size(); i += all)
      part.insert(part.end(), statistics.begin() + static_cast<std::ptrdiff_t>(i + first),
                  statistics.begin() + static_cast<std::ptrdiff_t>(i + first + count));
    return part;
  };
  for (int64_t of = period + 1 - card_.climate_steps; of <= period; ++of) {
    step.climate.emplace_back();
    if (!accumulator_.has(of)) continue;
    std::vector<double> statistics;
    team.together([&] { statistics = accumulator_.result(of); });
    if (width > 0) step.climate.back() = distribution.climate(column(statistics, 0, width), width);
    if (of == period && all > width)
      step.co2 = static_cast<float>(distribution.mean_of_cells(around_.cells, column(statistics, width, 1)));
  }
  const Calendar &calendar = periods().calendar();
  const landbc_date last = calendar.date(periods().end(period) - 1);
  const int64_t day = periods().end(period) - 1 - calendar.year_begin(last.year);
  step.day_of_year = static_cast<float>(day / kSecondsPerDay + 1);

  SeriesMap map;
  at::Tensor hidden = coming_hidden_;
  team.together([&] {
    update_.refresh(around_.map_of);
    map = update_.run(step, coming_maps_, hidden, timings);
  });
  distribution.exchange_halos(update_.canvas(), map);
  map.repeat_columns();
  update_.hidden().exchange_halos(hidden);
  coming_maps_[period] = past(std::move(map));
  coming_hidden_ = hidden;
  if (!keep_finished_) forget(coming_maps_, period + 1);
}

void SeriesPhase::set_aside() noexcept {
  if (!may_set_aside_) return;
  try {
    const auto shown = maps_.lower_bound(next() - kShown);
    for (auto old = maps_.begin(); old != shown; ++old) {
      if (!old->second->in_memory()) continue;
      if (!scratch_) scratch_ = ScratchFile::make(PastMap::size(*around_.changing.blocks()));
      old->second->set_aside(scratch_);
    }
  } catch (const std::exception &error) {
    may_set_aside_ = false;
    try {
      tell(LANDBC_LOG_WARNING, "maps of ", card_.quantity, " of the past stay in memory: ", error.what());
    } catch (...) {  // of the line's own memory
    }
  }
}

SeriesPhase::Numbers SeriesPhase::numbers_of(const SeriesMaps &maps) const {
  Numbers numbers;
  const int64_t first =
      updated() && keep_finished_ ? std::min(next() - kShown, first_finished_) : next() - kShown;
  for (int64_t period = first; period < next(); ++period) {
    const auto map = maps.find(period);
    if (map == maps.end()) continue;
    std::vector<int16_t> &here = numbers[period];
    here.assign(around_.distribution.cell_pixels(), kNoValue);
    around_.distribution.at_cells(update_.canvas(), map->second->map(), here);
  }
  return numbers;
}

void SeriesPhase::make_outputs(landbc_timings &timings) {
  Stopwatch watch;
  coming_numbers_ = numbers_of(coming_maps_);
  forget(coming_maps_, next());
  timings.scatter += watch.lap();
}

std::vector<float> SeriesPhase::normal_at_cells(int64_t of_year) const {
  return around_.distribution.field_at_cells<float>(
      [&](const Window &strip) { return normals_.pixels(of_year, strip); });
}

template <class Value>
Means SeriesPhase::means_of(const Value &value) const {
  const ClassesAtCells of = around_.classes_at_cells("land_use");
  return means_.of(around_.distribution.changing(around_.changing), value, of.codes, of.classes);
}

const Means &SeriesPhase::normal_means(Shown &shown, int64_t of_year) const {
  const auto known = shown.normals.find(of_year);
  if (known != shown.normals.end()) return known->second;
  const std::vector<float> normal = normal_at_cells(of_year);
  Means means = means_of([&](size_t pixel) { return static_cast<double>(normal[pixel]); });
  return shown.normals[of_year] = std::move(means);
}

// Where a step has no value its normal stands in.
Means SeriesPhase::step_means(Shown &shown, const Numbers &numbers, int64_t period) const {
  const int64_t of_year = periods().of_year(period);
  const auto found = numbers.find(period);
  if (found == numbers.end()) return normal_means(shown, of_year);
  const std::vector<int16_t> &here = found->second;
  const bool complete = means_.every(around_.distribution.changing(around_.changing),
                                     [&](size_t pixel) { return here[pixel] != kNoValue; });
  const SeriesScale &scale = update_.scale();
  if (complete) return means_of([&](size_t pixel) { return scale.value(here[pixel]); });
  const std::vector<float> normal = normal_at_cells(of_year);
  return means_of([&](size_t pixel) {
    return here[pixel] == kNoValue ? static_cast<double>(normal[pixel]) : scale.value(here[pixel]);
  });
}

SeriesPhase::Shown SeriesPhase::show(const Numbers &numbers) const {
  Shown shown;
  shown.classes = around_.classes_at_cells("land_use").classes;
  const int64_t last = next() - 1;
  shown.value = step_means(shown, numbers, last);
  if (around_.configuration.interpolation == LANDBC_INTERPOLATION_NONE) return shown;
  shown.departure = difference(shown.value, normal_means(shown, periods().of_year(last)));
  shown.before =
      difference(step_means(shown, numbers, last - 1), normal_means(shown, periods().of_year(last - 1)));
  // What the moments of the coming step lie between, so that no step in which nothing is due reads a file.
  for (const int64_t period : {last + 1, last + 2}) normal_means(shown, periods().of_year(period));
  return shown;
}

void SeriesPhase::make_at(Shown &shown, int64_t begin, int64_t end, std::vector<Output> &outputs) {
  const landbc_interpolation kind = around_.configuration.interpolation;
  const Means *now = &shown.value;
  if (kind != LANDBC_INTERPOLATION_NONE) {
    const Between between = place_between(periods(), periods().calendar(), begin, end, kind);
    const Means &first = normal_means(shown, periods().of_year(between.first));
    const Means &second = normal_means(shown, periods().of_year(between.second));
    const int64_t period = periods().holding(begin);
    const double passed = static_cast<double>(begin - periods().begin(period)) /
                          static_cast<double>(periods().end(period) - periods().begin(period));
    const auto mix = [&](std::vector<double> Means::*part) {
      std::vector<double> &out = mixed_.*part;
      out.resize((shown.value.*part).size());
      for (size_t i = 0; i < out.size(); ++i) {
        const double normal = between.weight * (first.*part)[i] + (1.0 - between.weight) * (second.*part)[i];
        const double before = (shown.before.*part)[i];
        const double departure = before + passed * ((shown.departure.*part)[i] - before);
        out[i] = std::clamp(normal + departure, card_.series->lower, card_.series->upper);
      }
    };
    mix(&Means::cell);
    mix(&Means::by_class);
    now = &mixed_;
  }
  const std::string &name = card_.quantity;
  const std::string &unit = card_.series->unit;
  const size_t count = shown.classes > 0 ? 3 : 2;
  if (outputs.size() != count) {
    outputs = {{name, unit, "", 1, {}}, {name + "_coverage", "1", "", 1, {}}};
    if (shown.classes > 0) outputs.push_back({name + "_by_land_use", unit, "land_use", shown.classes, {}});
  }
  in_host_order(around_.cells, 1, now->cell, outputs[0].values);
  in_host_order(around_.cells, 1, means_.coverage(), outputs[1].values);
  if (shown.classes > 0) in_host_order(around_.cells, shown.classes, now->by_class, outputs[2].values);
}

void SeriesPhase::speak(int64_t begin, int64_t end, bool anew, bool asked) {
  const bool changed = updated() || anew || !shown_;
  if (changed && !updated()) coming_numbers_ = numbers_of(maps_);
  if (!changed && (!follows_time() || !asked)) {
    if (follows_time()) coming_left_ = Left{begin, end};
    return;
  }
  around_.distribution.team().together([&] {
    if (changed) coming_shown_ = show(coming_numbers_);
    for (int64_t period = first_finished_; updated() && keep_finished_ && period < next(); ++period) {
      const Means means = step_means(*coming_shown_, coming_numbers_, period);
      finished_.push_back({period, in_host_order(around_.cells, 1, means.cell)});
    }
    make_at(coming_shown_ ? *coming_shown_ : *shown_, begin, end, coming_outputs_);
    if (!shown_) normals_.rest();  // in the beginning
    fresh_ = true;
  });
}

bool SeriesPhase::catch_up() {
  if (!left_) return false;
  make_at(*shown_, left_->begin, left_->end, outputs_);
  left_.reset();
  return true;
}

void SeriesPhase::commit_change() noexcept {
  if (updated()) {
    maps_.swap(coming_maps_);
    hidden_ = coming_hidden_;
  }
  if (coming_shown_) shown_.swap(coming_shown_);
  if (coming_left_) left_ = coming_left_;
  if (fresh_) left_.reset();
  begin_change();
  set_aside();
}

std::vector<float> SeriesPhase::window_values() const {
  const SeriesMaps &maps = updated() ? coming_maps_ : maps_;
  const auto found = maps.find(next() - 1);
  std::vector<float> values;
  if (found == maps.end()) {
    values.assign(static_cast<size_t>(around_.bundle.window.pixels()),
                  std::numeric_limits<float>::quiet_NaN());
    return values;
  }
  const auto numbers = around_.distribution.window_map<int16_t>(found->second->map(), update_.tiles(), [&] {
    return std::vector<int16_t>(static_cast<size_t>(around_.bundle.extended().pixels()), kNoValue);
  });
  for (const int16_t number : numbers) {
    values.push_back(number == kNoValue ? std::numeric_limits<float>::quiet_NaN()
                                        : static_cast<float>(update_.scale().value(number)));
  }
  return values;
}

std::string SeriesPhase::fingerprint() const {
  const std::vector<float> values = window_values();
  return sha256(values.data(), values.size() * sizeof(float));
}

std::string SeriesPhase::news() const {
  const landbc_date last = periods().calendar().date(periods().end(next() - 1) - 1);
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02d-%02d", last.year, last.month, last.day);
  return card_.quantity + " of the step that ends on " + text.data();
}

void SeriesPhase::save(PhaseRestart &restart) const {
  for (const auto &[period, map] : maps_) {
    std::optional<SeriesMap> again;
    around_.distribution.team().together([&] {
      if (!map->in_memory()) again = map->copy(update_.empty());
    });
    restart.maps[period] =
        around_.distribution.window_map<int16_t>(again ? *again : map->map(), update_.tiles(), [&] {
          return std::vector<int16_t>(static_cast<size_t>(around_.bundle.extended().pixels()), kNoValue);
        });
  }
  HiddenState::Cells cells = update_.hidden().collect(hidden_);
  restart.hidden_cell = std::move(cells.number);
  restart.hidden = std::move(cells.values);
  restart.hidden_channels = card_.series->hidden_channels;
}

void SeriesPhase::restore(const PhaseRestart &restart, const std::string &origin) {
  const auto channels = static_cast<size_t>(card_.series->hidden_channels);
  if (restart.hidden_channels != card_.series->hidden_channels ||
      restart.hidden.size() != restart.hidden_cell.size() * channels) {
    fail(LANDBC_ERROR_RESTART, origin, ": its hidden state of ", card_.quantity, " is not the emulator's");
  }
  maps_.clear();
  for (const auto &[period, map] : restart.maps) {
    std::vector<int16_t> numbers(static_cast<size_t>(around_.distribution.region().pixels()), kNoValue);
    around_.distribution.put_window(map, numbers);
    maps_[period] = past(update_.on_canvas(numbers));
  }
  hidden_ = update_.hidden().from({restart.hidden_cell, restart.hidden});
  shown_.reset();
  go_on_at(restart.next);
  set_aside();
}

void SeriesPhase::restored() {}

}  // namespace landbc
