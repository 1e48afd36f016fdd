/* Calls of the C interface in random order, with nulls, wrong shapes, dead handles, several handles at once
 * and in two threads: every call comes back with a status of landbc.h, and a run beside them gives its bits.
 * `fuzz_calls [CALLS [SEED]]`, with the small bundle in LANDBC_TEST_BUNDLE. */
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "landbc.h"

enum { CELLS = 30, CLASSES = 8, DAY = 86400, ROWS = 100, COLS = 150, HANDLES = 3 };

typedef struct {
  uint64_t random;
  long calls;
  int faults;
  long lines;
  int succeeded;
} fuzzer;

static const char *bundle;

static uint32_t next(fuzzer *f, uint32_t limit) {
  f->random = f->random * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(f->random >> 33) % limit;
}

static void quiet(void *context, int32_t level, const char *message) {
  (void)context;
  (void)level;
  (void)message;
}

static landbc_field make_field(const char *name, const char *unit, void *data, int32_t rank) {
  landbc_field field;
  memset(&field, 0, sizeof field);
  field.struct_size = sizeof field;
  field.name = name;
  field.unit = unit;
  field.data = data;
  field.type = LANDBC_FLOAT64;
  field.rank = rank;
  field.shape[0] = CELLS;
  field.shape[1] = CLASSES;
  return field;
}

static void configure(landbc_config *config, int64_t *ids) {
  int i;
  landbc_config_default(config);
  for (i = 0; i < CELLS; ++i) ids[i] = 1000 + 7 * i;
  config->bundle = bundle;
  config->calendar = "noleap";
  config->cell_ids = ids;
  config->cell_count = CELLS;
  config->scenario_policy = LANDBC_SCENARIO_HOLD;
  config->threads = 1;
  config->start.year = 2009;
  config->start.month = config->start.day = 1;
}

/* A good configuration with at most one fault. */
static int32_t init(fuzzer *f, landbc_handle **handle) {
  landbc_config config;
  int64_t ids[CELLS];
  configure(&config, ids);
  switch (next(f, 13)) {
    case 0:
      config.struct_size = next(f, 300);
      break;
    case 1:
      config.bundle = next(f, 2) ? NULL : "/none";
      break;
    case 2:
      config.calendar = next(f, 2) ? NULL : "lunar";
      break;
    case 3:
      config.cell_count = (int64_t)next(f, 40) - 5 > CELLS ? CELLS : (int64_t)next(f, CELLS) - 5;
      break;
    case 4:
      ids[next(f, CELLS)] = 1007;
      break;
    case 5:
      config.start.day = (int32_t)next(f, 40);
      break;
    case 6:
      config.core = (int32_t)next(f, 3) * 100 - 100;
      break;
    case 7:
      config.restart = "/none";
      break;
    case 8:
      config.from_bundle = next(f, 2) ? "air_temperature, ,precipitation_flux" : "a,b";
      break;
    case 9:
      config.parallel = (int32_t)next(f, 3);
      break;
    case 10:
      config.direction = (int32_t)next(f, 3) - 1;
      break;
    case 11:
      config.record = (int32_t)next(f, 4) - 1;
      break;
    default:
      config.missing_policy = (int32_t)next(f, 3);
  }
  return landbc_init(&config, next(f, 30) ? handle : NULL);
}

static int32_t step(fuzzer *f, landbc_handle *handle) {
  static const char *const names[] = {
      "air_temperature", "precipitation_flux", "land_use_fraction", "coverage", "x", ""};
  static const char *const units[] = {"K", "kg m-2 s-1", "1", "mm month-1", "", "degC//"};
  double values[4][CELLS * CLASSES];
  landbc_field inputs[3], outputs[3];
  landbc_date begin = {2009, 1, 1, 0};
  int i;
  for (i = 0; i < 4; ++i) {
    int k;
    for (k = 0; k < CELLS * CLASSES; ++k) values[i][k] = i == 1 ? 2e-5 : 284.0;
  }
  inputs[0] = make_field("air_temperature", "K", values[0], 1);
  inputs[1] = make_field("precipitation_flux", "kg m-2 s-1", values[1], 1);
  inputs[2] = inputs[next(f, 2)];
  outputs[0] = make_field("land_use_fraction", "1", values[2], 2);
  outputs[1] = make_field("coverage", "1", values[3], 1);
  outputs[2] = outputs[next(f, 2)];
  if (next(f, 3) == 0) {
    landbc_field *field = next(f, 2) ? &inputs[next(f, 3)] : &outputs[next(f, 3)];
    switch (next(f, 8)) {
      case 0:
        field->struct_size = next(f, 100);
        break;
      case 1:
        field->name = next(f, 2) ? NULL : names[next(f, 6)];
        break;
      case 2:
        field->unit = next(f, 2) ? NULL : units[next(f, 6)];
        break;
      case 3:
        field->data = NULL;
        break;
      case 4:
        field->type = (int32_t)next(f, 5) - 1;
        break;
      case 5:
        field->rank = (int32_t)next(f, 8) - 2;
        break;
      case 6:
        field->shape[next(f, 4)] = (int64_t)next(f, 100) - 50;
        break;
      default:
        values[0][next(f, CELLS)] = next(f, 2) ? NAN : INFINITY;
    }
  }
  if (next(f, 3) == 0) begin.month = (int32_t)next(f, 14);
  if (next(f, 5) == 0) begin.year = (int32_t)next(f, 3) * 5000 - 1;
  return landbc_step(handle, next(f, 50) ? &begin : NULL, (int64_t)next(f, 32) * DAY,
                     next(f, 50) ? inputs : NULL, (int32_t)next(f, 4), next(f, 20) ? outputs : NULL,
                     (int32_t)next(f, 5) - 1, NULL);
}

/* What had been accumulated, with faults. */
static int32_t give(fuzzer *f, landbc_handle *handle) {
  static const int64_t periods[] = {2009, 2010, 0, -1, 9998, 9999, INT64_MAX, INT64_MIN};
  static const int64_t seconds[] = {DAY, 366 * (int64_t)DAY, 0, -1, INT64_MAX};
  double sums[2 * CELLS];
  int k;
  for (k = 0; k < 2 * CELLS; ++k) sums[k] = k < CELLS ? 284.0 * DAY : 2.0;
  if (next(f, 9) == 0) sums[next(f, 2 * CELLS)] = next(f, 2) ? NAN : INFINITY;
  return landbc_set_accumulated(handle,
                                next(f, 9)   ? "land_use"
                                : next(f, 2) ? NULL
                                             : "x",
                                next(f, 9)   ? "year: air_temperature mean, precipitation_flux mean"
                                : next(f, 2) ? NULL
                                             : "month: ",
                                periods[next(f, 2) ? 0 : next(f, 8)], seconds[next(f, 2) ? 0 : next(f, 5)],
                                next(f, 9) ? sums : NULL, next(f, 9) ? 2 * CELLS : (int64_t)next(f, 99) - 9);
}

static void *run(void *given) {
  fuzzer *f = given;
  landbc_handle *handles[HANDLES] = {NULL, NULL, NULL};
  landbc_handle *dead = NULL;
  static uint8_t maps[2][ROWS * COLS];
  uint8_t *map = maps[f->random & 1];
  long call;
  int inits = 0;
  for (call = 0; call < f->calls; ++call) {
    landbc_handle **slot = &handles[next(f, HANDLES)];
    landbc_handle *handle = next(f, 15) ? *slot : next(f, 2) ? dead : (landbc_handle *)&call;
    landbc_window window;
    landbc_timings timings;
    const char *name = NULL;
    int32_t count = 0;
    int32_t status = LANDBC_OK;
    switch (next(f, 13)) {
      case 0:
        /* The costly one: seldom. */
        if (inits < 12 && *slot == NULL && ++inits) status = init(f, slot);
        break;
      case 1:
        if (next(f, 40)) break;
        dead = *slot;
        status = landbc_finalize(next(f, 9) ? slot : NULL);
        break;
      case 2:
        status = landbc_class_count(handle, next(f, 9) ? &count : NULL);
        break;
      case 3:
        status = landbc_class_name(handle, (int32_t)next(f, 12) - 2, next(f, 9) ? &name : NULL);
        break;
      case 4:
        status = landbc_get_window(handle, next(f, 9) ? &window : NULL);
        break;
      case 5:
        status = landbc_get_map(handle,
                                next(f, 9)   ? "land_use"
                                : next(f, 2) ? NULL
                                             : "x",
                                next(f, 9) ? map : NULL, next(f, 9) ? ROWS * COLS : (int64_t)next(f, 9) - 4);
        break;
      case 6:
        timings.struct_size = next(f, 9) ? sizeof timings : next(f, 200);
        status = landbc_get_timings(handle, next(f, 9) ? &timings : NULL);
        break;
      case 7:
        status = landbc_checkpoint(handle, next(f, 2) ? NULL : "/none/state.nc");
        break;
      case 8:
        status = give(f, handle);
        break;
      case 9:
        landbc_set_log(next(f, 2) ? quiet : NULL, NULL);
        break;
      default:
        status = step(f, handle);
    }
    if (status < 0 || status > LANDBC_ERROR_RESTART || status == LANDBC_ERROR_INTERNAL) {
      ++f->faults;
      fprintf(stderr, "call %ld: %s: %s\n", call, landbc_status_name(status), landbc_last_error(handle));
    }
    if (status == LANDBC_OK) ++f->succeeded;
    if (landbc_last_error(handle) == NULL || landbc_status_name(status) == NULL) ++f->faults;
  }
  for (call = 0; call < HANDLES; ++call) landbc_finalize(&handles[call]);
  return NULL;
}

/* Two updates of a good run, which records them; what the others do must not touch it. */
static int good_run(double *fraction) {
  landbc_config config;
  landbc_handle *handle = NULL;
  int64_t ids[CELLS];
  double temperature[CELLS], precipitation[CELLS];
  landbc_field inputs[2], output;
  landbc_date begin = {2009, 1, 1, 0};
  int k;
  configure(&config, ids);
  config.recording = "fuzz_calls_recording.nc";
  config.record = LANDBC_RECORD_UPDATES;
  for (k = 0; k < CELLS; ++k) {
    temperature[k] = 280.0 + 0.3 * k;
    precipitation[k] = 3e-5;
  }
  inputs[0] = make_field("air_temperature", "K", temperature, 1);
  inputs[1] = make_field("precipitation_flux", "kg m-2 s-1", precipitation, 1);
  output = make_field("land_use_fraction", "1", fraction, 2);
  if (landbc_init(&config, &handle) != LANDBC_OK) return 1;
  for (; begin.year < 2012; ++begin.year) {
    if (landbc_step(handle, &begin, (int64_t)365 * DAY, inputs, 2, &output, 1, NULL) != LANDBC_OK) return 1;
  }
  k = landbc_finalize(&handle) != LANDBC_OK;
  return remove(config.recording) != 0 || k;
}

int main(int argc, char **argv) {
  static double before[CELLS * CLASSES], during[CELLS * CLASSES];
  fuzzer fuzzers[2];
  pthread_t threads[2];
  const long calls = argc > 1 ? atol(argv[1]) : 4000;
  int i;
  int failed;
  bundle = getenv("LANDBC_TEST_BUNDLE");
  failed = good_run(before);
  for (i = 0; i < 2; ++i) {
    memset(&fuzzers[i], 0, sizeof fuzzers[i]);
    fuzzers[i].random = (argc > 2 ? strtoull(argv[2], NULL, 10) : 1) * 2 + (uint64_t)i;
    fuzzers[i].calls = calls;
    pthread_create(&threads[i], NULL, run, &fuzzers[i]);
  }
  failed += good_run(during);
  for (i = 0; i < 2; ++i) {
    pthread_join(threads[i], NULL);
    failed += fuzzers[i].faults;
    printf("%d of %ld calls succeeded\n", fuzzers[i].succeeded, calls);
    if (fuzzers[i].succeeded < calls / 10) ++failed;
  }
  if (memcmp(before, during, sizeof before) != 0) {
    fprintf(stderr, "the run beside them has other bits\n");
    ++failed;
  }
  return failed == 0 ? 0 : 1;
}
