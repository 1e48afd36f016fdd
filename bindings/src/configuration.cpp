#include "configuration.h"

#include "error.h"
#include "name_list.h"
#include "window.h"

namespace landbc {
namespace {

void check_choice(const char *name, int32_t value, int32_t last) {
  if (value < 0 || value > last) {
    fail(LANDBC_ERROR_ARGUMENT, "configuration: '", name, "' ", value, " is not a landbc_", name, " (0 ... ",
         last, ")");
  }
}

std::string text(const char *given, const char *otherwise) { return given == nullptr ? otherwise : given; }

}  // namespace

const char *policy_name(bool hold) noexcept { return hold ? "hold" : "error"; }

const char *range_policy_name(landbc_range_policy policy) noexcept {
  return policy == LANDBC_RANGE_WARN ? "warn" : policy == LANDBC_RANGE_ERROR ? "error" : "off";
}

const char *record_name(bool updates) noexcept { return updates ? "updates" : "steps"; }

const char *interpolation_name(landbc_interpolation interpolation) noexcept {
  return interpolation == LANDBC_INTERPOLATION_MID_STEP ? "mid_step"
         : interpolation == LANDBC_INTERPOLATION_NONE   ? "none"
                                                        : "ctsm";
}

Configuration read_configuration(const landbc_config &config) {
  if (config.bundle == nullptr) fail(LANDBC_ERROR_NULL_ARGUMENT, "configuration: 'bundle' is null");
  if (*config.bundle == '\0')
    fail(LANDBC_ERROR_ARGUMENT,
         "configuration: 'bundle' is empty; it is the directory that `pylandbc bundle compile` wrote");
  const bool parallel = config.parallel == 1;
  if (config.cell_ids == nullptr && !(parallel && config.cell_count == 0))
    fail(LANDBC_ERROR_NULL_ARGUMENT, "configuration: 'cell_ids' is null");
  if (config.cell_count < (parallel ? 0 : 1))
    fail(LANDBC_ERROR_ARGUMENT, "configuration: 'cell_count' is ", config.cell_count,
         "; at least one cell is needed");
  if (config.threads < 0)
    fail(LANDBC_ERROR_ARGUMENT, "configuration: 'threads' is ", config.threads,
         "; 0 leaves libtorch's setting");
  check_choice("missing_policy", config.missing_policy, LANDBC_MISSING_HOLD);
  check_choice("scenario_policy", config.scenario_policy, LANDBC_SCENARIO_HOLD);
  check_choice("range_policy", config.range_policy, LANDBC_RANGE_OFF);
  check_choice("absent_policy", config.absent_policy, LANDBC_ABSENT_NEAREST);
  check_choice("interpolation", config.interpolation, LANDBC_INTERPOLATION_CTSM);
  check_choice("record", config.record, LANDBC_RECORD_UPDATES);
  if (config.device_graphs != 0 && config.device_graphs != 1)
    fail(LANDBC_ERROR_ARGUMENT, "configuration: 'device_graphs' is ", config.device_graphs, "; it is 0 or 1");
  if (config.direction != 1 && config.direction != -1)
    fail(LANDBC_ERROR_ARGUMENT, "configuration: 'direction' is ", config.direction,
         "; 1 is forwards, -1 backwards");
  if (config.core < 0 || config.core % 400 != 0 || config.core > kGlobalCols) {
    fail(LANDBC_ERROR_ARGUMENT, "configuration: 'core' is ", config.core,
         "; it must be a multiple of 400 pixels up to ", kGlobalCols, ", or 0 for the bundle's");
  }
  const Calendar calendar = Calendar::named(text(config.calendar, "standard"));
  const std::string restart = text(config.restart, "");
  const landbc_date &start = config.start;
  const bool given = start.year != 0 || start.month != 0 || start.day != 0 || start.second != 0;
  if (given || restart.empty()) calendar.seconds(start);
  return {config.bundle,
          calendar,
          text(config.device, "cpu"),
          text(config.recording, ""),
          restart,
          split_names(text(config.from_bundle, "")),
          start,
          given,
          std::vector<int64_t>(config.cell_ids, config.cell_ids + config.cell_count),
          config.threads,
          config.missing_policy == LANDBC_MISSING_HOLD,
          config.scenario_policy == LANDBC_SCENARIO_HOLD,
          config.absent_policy == LANDBC_ABSENT_NEAREST,
          static_cast<landbc_range_policy>(config.range_policy),
          config.direction,
          config.core,
          static_cast<landbc_interpolation>(config.interpolation),
          config.record == LANDBC_RECORD_UPDATES,
          config.device_graphs == 1};
}

}  // namespace landbc
