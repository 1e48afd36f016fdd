// The C interface: checks of pointers and handles, and the way into the engine. No exception leaves this
// file.

#include "landbc.h"

#include <cstring>
#include <exception>
#include <optional>

#include "engine.h"
#include "error.h"
#include "guard.h"
#include "log.h"
#include "registry.h"
#include "trap_scope.h"
#include "version.h"

namespace {

using landbc::fail;

// Of this thread's last failure in a call without a live handle.
thread_local std::string thread_error;

constexpr landbc_status kStatuses[] = {LANDBC_OK,
                                       LANDBC_ERROR_NULL_ARGUMENT,
                                       LANDBC_ERROR_INVALID_HANDLE,
                                       LANDBC_ERROR_ABI,
                                       LANDBC_ERROR_ARGUMENT,
                                       LANDBC_ERROR_BUNDLE,
                                       LANDBC_ERROR_MODEL,
                                       LANDBC_ERROR_CELLS,
                                       LANDBC_ERROR_FIELD_NAME,
                                       LANDBC_ERROR_FIELD_SHAPE,
                                       LANDBC_ERROR_FIELD_UNIT,
                                       LANDBC_ERROR_FIELD_VALUE,
                                       LANDBC_ERROR_TIME,
                                       LANDBC_ERROR_DEVICE,
                                       LANDBC_ERROR_IO,
                                       LANDBC_ERROR_MEMORY,
                                       LANDBC_ERROR_INTERNAL,
                                       LANDBC_ERROR_RESTART};

const char *name_of(landbc_status status) noexcept {
  switch (status) {
    case LANDBC_OK:
      return "LANDBC_OK";
    case LANDBC_ERROR_NULL_ARGUMENT:
      return "LANDBC_ERROR_NULL_ARGUMENT";
    case LANDBC_ERROR_INVALID_HANDLE:
      return "LANDBC_ERROR_INVALID_HANDLE";
    case LANDBC_ERROR_ABI:
      return "LANDBC_ERROR_ABI";
    case LANDBC_ERROR_ARGUMENT:
      return "LANDBC_ERROR_ARGUMENT";
    case LANDBC_ERROR_BUNDLE:
      return "LANDBC_ERROR_BUNDLE";
    case LANDBC_ERROR_MODEL:
      return "LANDBC_ERROR_MODEL";
    case LANDBC_ERROR_CELLS:
      return "LANDBC_ERROR_CELLS";
    case LANDBC_ERROR_FIELD_NAME:
      return "LANDBC_ERROR_FIELD_NAME";
    case LANDBC_ERROR_FIELD_SHAPE:
      return "LANDBC_ERROR_FIELD_SHAPE";
    case LANDBC_ERROR_FIELD_UNIT:
      return "LANDBC_ERROR_FIELD_UNIT";
    case LANDBC_ERROR_FIELD_VALUE:
      return "LANDBC_ERROR_FIELD_VALUE";
    case LANDBC_ERROR_TIME:
      return "LANDBC_ERROR_TIME";
    case LANDBC_ERROR_DEVICE:
      return "LANDBC_ERROR_DEVICE";
    case LANDBC_ERROR_IO:
      return "LANDBC_ERROR_IO";
    case LANDBC_ERROR_MEMORY:
      return "LANDBC_ERROR_MEMORY";
    case LANDBC_ERROR_INTERNAL:
      return "LANDBC_ERROR_INTERNAL";
    case LANDBC_ERROR_RESTART:
      return "LANDBC_ERROR_RESTART";
  }
  return "unknown status";
}

int32_t tell_thread(landbc::Outcome outcome) noexcept {
  if (outcome.status != LANDBC_OK) thread_error = std::move(outcome.sentence);
  return outcome.status;
}

// Runs `body(entry)` for a live handle; a failure's sentence goes to the handle, or to the thread if there is
// no live handle.
template <class Body>
int32_t with_handle(const landbc_handle *handle, const Body &body) noexcept {
  const auto entry = landbc::find_handle(handle);
  if (!entry) {
    return tell_thread(landbc::guarded([&] {
      fail(LANDBC_ERROR_INVALID_HANDLE,
           handle == nullptr
               ? "the handle is null: landbc_init did not succeed, or landbc_finalize was called"
               : "the handle was finalized, or was not made by landbc_init");
    }));
  }
  landbc::Outcome outcome = landbc::guarded([&] { body(*entry); });
  if (outcome.status != LANDBC_OK) entry->last_error = std::move(outcome.sentence);
  return outcome.status;
}

constexpr const char *kLandUse = "land_use";

void require(const void *pointer, const char *name) {
  if (pointer == nullptr) fail(LANDBC_ERROR_NULL_ARGUMENT, "argument '", name, "' is null");
}

// What is asked for of input or output `index` of `count`.
void check_variable(const landbc_variable *variable, const char *kind, int32_t index, size_t count) {
  require(variable, "variable");
  if (variable->struct_size != sizeof(landbc_variable)) {
    fail(LANDBC_ERROR_ABI, "variable: struct_size ", variable->struct_size, " where landbc_variable has ",
         sizeof(landbc_variable),
         "; set it before the call, and compile the host with this library's landbc.h");
  }
  if (index < 0 || static_cast<size_t>(index) >= count)
    fail(LANDBC_ERROR_ARGUMENT, kind, " index ", index, " is not in 0 ... ", static_cast<int64_t>(count) - 1);
}

// A buffer for a map of one of the handle's quantities over its window. Collective.
void check_buffer(landbc::Engine &engine, const char *name, const void *buffer, int64_t size, bool classes) {
  engine.team().together([&] {
    require(name, "name");
    require(buffer, classes ? "map" : "values");
    engine.check_map(name, classes);
    const int64_t needed = engine.window().pixels();
    if (size != needed) {
      fail(LANDBC_ERROR_FIELD_SHAPE, "map '", name, "': the buffer has ", size,
           classes ? " bytes" : " values", " where the window has ", needed, " pixels");
    }
  });
}

}  // namespace

int32_t landbc_abi_version(void) { return LANDBC_ABI_VERSION; }

const char *landbc_version(void) { return landbc::library_version(); }

const char *landbc_torch_version(void) {
  const char *version = "unknown";
  landbc::guarded([&] { version = landbc::torch_version().c_str(); });
  return version;
}

const char *landbc_status_name(int32_t status) {
  for (const landbc_status known : kStatuses) {
    if (known == status) return name_of(known);
  }
  return "unknown status";
}

const char *landbc_last_error(const landbc_handle *handle) {
  const auto entry = landbc::find_handle(handle);
  return entry ? entry->last_error.c_str() : thread_error.c_str();
}

int32_t landbc_config_default(landbc_config *config) {
  return tell_thread(landbc::guarded([&] {
    require(config, "config");
    *config = landbc_config{};
    config->struct_size = sizeof(landbc_config);
    config->calendar = "standard";
    config->device = "cpu";
    config->direction = 1;
  }));
}

int32_t landbc_init(const landbc_config *config, landbc_handle **handle) {
  if (handle != nullptr) *handle = nullptr;
  const landbc::TrapScope traps_off;
  return tell_thread(landbc::guarded([&] {
    require(handle, "handle");
    require(config, "config");
    if (config->struct_size != sizeof(landbc_config)) {
      fail(LANDBC_ERROR_ABI, "configuration: struct_size ", config->struct_size, " where landbc_config has ",
           sizeof(landbc_config),
           "; call landbc_config_default first, and compile the host with this library's landbc.h");
    }
    if (config->parallel != 0 && config->parallel != 1)
      fail(LANDBC_ERROR_ARGUMENT, "configuration: 'parallel' is ", config->parallel, "; it is 0 or 1");
    auto team = landbc::join_team(config->parallel == 1, config->communicator);
    std::optional<landbc::Configuration> configuration;
    team->together([&] { configuration = landbc::read_configuration(*config); });
    *handle = landbc::add_handle(std::make_unique<landbc::Engine>(*configuration, std::move(team)));
  }));
}

int32_t landbc_step(landbc_handle *handle, const landbc_date *begin, int64_t interval_seconds,
                    const landbc_field *inputs, int32_t input_count, landbc_field *outputs,
                    int32_t output_count, int32_t *changed) {
  return with_handle(handle, [&](landbc::Entry &entry) {
    const int32_t flags =
        entry.engine->step(begin, interval_seconds, inputs, input_count, outputs, output_count);
    if (changed != nullptr) *changed = flags;
  });
}

int32_t landbc_set_accumulated(landbc_handle *handle, const char *quantity, const char *accumulates,
                               int64_t period, int64_t seconds, const double *values, int64_t size) {
  return with_handle(handle, [&](landbc::Entry &entry) {
    require(quantity, "quantity");
    require(accumulates, "accumulates");
    require(values, "values");
    entry.engine->set_accumulated(quantity, accumulates, period, seconds, values, size);
  });
}

int32_t landbc_input_count(landbc_handle *handle, int32_t *count) {
  return with_handle(handle, [&](landbc::Entry &entry) {
    require(count, "count");
    *count = static_cast<int32_t>(entry.engine->inputs().wanted().size());
  });
}

int32_t landbc_output_count(landbc_handle *handle, int32_t *count) {
  return with_handle(handle, [&](landbc::Entry &entry) {
    require(count, "count");
    *count = static_cast<int32_t>(entry.engine->described_outputs().size());
  });
}

int32_t landbc_input(landbc_handle *handle, int32_t index, landbc_variable *variable) {
  return with_handle(handle, [&](landbc::Entry &entry) {
    const landbc::Inputs &inputs = entry.engine->inputs();
    check_variable(variable, "input", index, inputs.wanted().size());
    const auto at = static_cast<size_t>(index);
    variable->name = inputs.wanted()[at].name.c_str();
    variable->unit = inputs.wanted()[at].unit.c_str();
    variable->classes = nullptr;
    variable->class_count = 0;
    variable->from_bundle = inputs.from_bundle(at) ? 1 : 0;
  });
}

int32_t landbc_output(landbc_handle *handle, int32_t index, landbc_variable *variable) {
  return with_handle(handle, [&](landbc::Entry &entry) {
    const std::vector<landbc::Output> &outputs = entry.engine->described_outputs();
    check_variable(variable, "output", index, outputs.size());
    const landbc::Output &output = outputs[static_cast<size_t>(index)];
    const bool of_classes = !output.classes_of.empty();
    variable->name = output.name.c_str();
    variable->unit = output.unit.c_str();
    variable->classes = of_classes ? output.classes_of.c_str() : nullptr;
    variable->class_count = of_classes ? static_cast<int32_t>(output.width) : 0;
    variable->from_bundle = 0;
  });
}

int32_t landbc_get_outputs(landbc_handle *handle, landbc_field *outputs, int32_t output_count) {
  return with_handle(handle,
                     [&](landbc::Entry &entry) { entry.engine->copy_outputs(outputs, output_count); });
}

int32_t landbc_class_count(landbc_handle *handle, int32_t *count) {
  return with_handle(handle, [&](landbc::Entry &entry) {
    require(count, "count");
    *count = static_cast<int32_t>(entry.engine->classes(kLandUse).size());
  });
}

int32_t landbc_class_name(landbc_handle *handle, int32_t index, const char **name) {
  return landbc_class_name_of(handle, kLandUse, index, name);
}

int32_t landbc_class_name_of(landbc_handle *handle, const char *quantity, int32_t index, const char **name) {
  return with_handle(handle, [&](landbc::Entry &entry) {
    require(quantity, "quantity");
    require(name, "name");
    const auto &classes = entry.engine->classes(quantity);
    if (index < 0 || static_cast<size_t>(index) >= classes.size()) {
      fail(LANDBC_ERROR_ARGUMENT, "class index ", index, " is not in 0 ... ", classes.size() - 1);
    }
    *name = classes[static_cast<size_t>(index)].c_str();
  });
}

int32_t landbc_get_window(landbc_handle *handle, landbc_window *window) {
  return with_handle(handle, [&](landbc::Entry &entry) {
    require(window, "window");
    const landbc::Window &covered = entry.engine->window();
    *window = {covered.row, covered.col, covered.rows, covered.cols};
  });
}

int32_t landbc_get_map(landbc_handle *handle, const char *name, uint8_t *map, int64_t size) {
  return with_handle(handle, [&](landbc::Entry &entry) {
    check_buffer(*entry.engine, name, map, size, true);
    entry.engine->copy_map(name, map);
  });
}

int32_t landbc_get_values(landbc_handle *handle, const char *name, float *values, int64_t size) {
  return with_handle(handle, [&](landbc::Entry &entry) {
    check_buffer(*entry.engine, name, values, size, false);
    entry.engine->copy_values(name, values);
  });
}

int32_t landbc_get_timings(landbc_handle *handle, landbc_timings *timings) {
  return with_handle(handle, [&](landbc::Entry &entry) {
    require(timings, "timings");
    if (timings->struct_size != sizeof(landbc_timings)) {
      fail(LANDBC_ERROR_ABI, "timings: struct_size ", timings->struct_size, " where landbc_timings has ",
           sizeof(landbc_timings),
           "; set it before the call, and compile the host with this library's landbc.h");
    }
    *timings = entry.engine->timings();
  });
}

int32_t landbc_checkpoint(landbc_handle *handle, const char *path) {
  return with_handle(handle, [&](landbc::Entry &entry) {
    entry.engine->team().together([&] { require(path, "path"); });
    entry.engine->checkpoint(path);
  });
}

void landbc_set_log(landbc_log_function log, void *context) { landbc::set_log(log, context); }

int32_t landbc_has_mpi(void) { return landbc::built_with_mpi() ? 1 : 0; }

int32_t landbc_finalize(landbc_handle **handle) {
  return tell_thread(landbc::guarded([&] {
    require(handle, "handle");
    const landbc_handle *const ended = *handle;
    *handle = nullptr;
    const auto entry = landbc::remove_handle(ended);
    if (!entry) {
      fail(LANDBC_ERROR_INVALID_HANDLE,
           ended == nullptr
               ? "the handle is null: landbc_init did not succeed, or landbc_finalize was called before"
               : "the handle was finalized before, or was not made by landbc_init");
    }
    entry->engine->close();
  }));
}
