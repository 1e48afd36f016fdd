#include "engine.h"
#include "error.h"

namespace landbc {

Configuration read_configuration(const landbc_config &config) {
  if (config.struct_size != sizeof(landbc_config)) {
    fail(LANDBC_ERROR_ABI, "configuration: struct_size ", config.struct_size, " where landbc_config has ",
         sizeof(landbc_config),
         "; call landbc_config_default first, and compile the host with this library's landbc.h");
  }
  if (config.bundle == nullptr) fail(LANDBC_ERROR_NULL_ARGUMENT, "configuration: 'bundle' is null");
  if (config.cell_ids == nullptr) fail(LANDBC_ERROR_NULL_ARGUMENT, "configuration: 'cell_ids' is null");
  if (config.cell_count <= 0)
    fail(LANDBC_ERROR_ARGUMENT, "configuration: 'cell_count' is ", config.cell_count,
         "; at least one cell is needed");
  if (config.threads < 0)
    fail(LANDBC_ERROR_ARGUMENT, "configuration: 'threads' is ", config.threads,
         "; 0 leaves libtorch's setting");
  if (config.missing_policy != LANDBC_MISSING_ERROR && config.missing_policy != LANDBC_MISSING_HOLD) {
    fail(LANDBC_ERROR_ARGUMENT, "configuration: 'missing_policy' ", config.missing_policy,
         " is not a landbc_missing_policy");
  }
  if (config.scenario_policy != LANDBC_SCENARIO_ERROR && config.scenario_policy != LANDBC_SCENARIO_HOLD) {
    fail(LANDBC_ERROR_ARGUMENT, "configuration: 'scenario_policy' ", config.scenario_policy,
         " is not a landbc_scenario_policy");
  }
  if (config.core < 0 || config.core % 400 != 0 || config.core > kGlobalCols) {
    fail(LANDBC_ERROR_ARGUMENT, "configuration: 'core' is ", config.core,
         "; it must be a multiple of 400 pixels up to ", kGlobalCols, ", or 0 for the bundle's");
  }
  const Calendar calendar = Calendar::named(config.calendar == nullptr ? "standard" : config.calendar);
  calendar.seconds(config.start);
  return {config.bundle,
          calendar,
          config.device == nullptr ? "cpu" : config.device,
          config.recording == nullptr ? "" : config.recording,
          config.start,
          std::vector<int64_t>(config.cell_ids, config.cell_ids + config.cell_count),
          config.threads,
          config.missing_policy == LANDBC_MISSING_HOLD,
          config.scenario_policy == LANDBC_SCENARIO_HOLD,
          config.core};
}

}  // namespace landbc
