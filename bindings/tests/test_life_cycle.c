/* A host in plain C: the whole life of a handle on the small bundle (tests/couple/small_bundle.py), and the
 * faults that a C program can make. The bundle's directory comes from the environment variable
 * LANDBC_TEST_BUNDLE. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "landbc.h"

enum { CELLS = 30, CLASSES = 8, DAY = 86400, ROWS = 100, COLS = 150 };

static int failures = 0;

static void expect(int holds, const char *what, int line) {
  if (holds) return;
  ++failures;
  fprintf(stderr, "line %d: %s\n", line, what);
}

static void expect_status(int32_t found, int32_t wanted, const landbc_handle *handle, int line) {
  if (found == wanted) return;
  ++failures;
  fprintf(stderr, "line %d: %s where %s is due: %s\n", line, landbc_status_name(found),
          landbc_status_name(wanted), landbc_last_error(handle));
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

static double temperature[CELLS];
static double precipitation[CELLS];
static double fraction[CLASSES * CELLS]; /* Fortran order: cells fastest */
static double coverage[CELLS];
static uint8_t map[ROWS * COLS];

static void check_outputs(void) {
  int cell;
  for (cell = 0; cell < CELLS; ++cell) {
    double sum = 0.0;
    int c;
    for (c = 0; c < CLASSES; ++c) sum += fraction[c * CELLS + cell];
    expect(coverage[cell] > 0.0 ? fabs(sum - 1.0) <= 1e-13 : sum == 0.0, "fractions do not sum to one",
           __LINE__);
  }
}

/* Goes on where the checkpoint was written, with the state that it had. */
static void continue_run(const char *bundle) {
  static uint8_t found[ROWS * COLS];
  landbc_config config;
  landbc_handle *handle = NULL;
  int64_t ids[CELLS];
  int i;
  for (i = 0; i < CELLS; ++i) ids[i] = 1000 + 7 * i;
  expect_status(landbc_config_default(&config), LANDBC_OK, NULL, __LINE__);
  config.bundle = bundle;
  config.calendar = "360_day";
  config.cell_count = CELLS;
  config.cell_ids = ids;
  config.threads = 1;
  config.restart = "life_cycle_state.nc";
  expect_status(landbc_init(&config, &handle), LANDBC_OK, NULL, __LINE__);
  expect_status(landbc_get_map(handle, "land_use", found, sizeof found), LANDBC_OK, handle, __LINE__);
  expect(memcmp(found, map, sizeof map) == 0, "the continued run has another map", __LINE__);
  expect_status(landbc_finalize(&handle), LANDBC_OK, NULL, __LINE__);
}

/* Ranks need MPI, and a library without it says so. */
static void ask_for_ranks(const landbc_config *alone) {
  landbc_config config = *alone;
  landbc_handle *handle = NULL;
  config.parallel = 1;
  expect_status(landbc_init(&config, &handle), LANDBC_ERROR_ARGUMENT, NULL, __LINE__);
  expect(strstr(landbc_last_error(NULL),
                landbc_has_mpi() ? "MPI is not initialised" : "liblandbc was built without MPI") != NULL,
         "the sentence says nothing of MPI", __LINE__);
}

/* `without-mpi`: the library must be one that was built without it. */
int main(int argc, char **argv) {
  const char *const bundle = getenv("LANDBC_TEST_BUNDLE");
  landbc_config config;
  landbc_handle *handle = NULL;
  landbc_handle *stale = NULL;
  landbc_window window;
  landbc_timings timings;
  landbc_field inputs[2];
  landbc_field outputs[2];
  int64_t ids[CELLS];
  int32_t count = 0;
  int32_t changed = -1;
  const char *name = NULL;
  int i;
  int year;

  if (bundle == NULL) {
    fprintf(stderr, "LANDBC_TEST_BUNDLE is not set\n");
    return 2;
  }
  for (i = 0; i < CELLS; ++i) {
    ids[i] = 1000 + 7 * (CELLS - 1 - i);
    temperature[i] = 278.0 + 0.3 * i;
    precipitation[i] = 2.0 + 0.1 * i;
  }
  inputs[0] = make_field("precipitation_flux", "mm day-1", precipitation, 1);
  inputs[1] = make_field("air_temperature", "K", temperature, 1);
  outputs[0] = make_field("land_use_fraction", "1", fraction, 2);
  outputs[1] = make_field("coverage", "1", coverage, 1);

  expect(landbc_abi_version() == LANDBC_ABI_VERSION, "the library speaks another version", __LINE__);
  expect(strlen(landbc_version()) > 0 && strlen(landbc_torch_version()) > 0, "versions are empty", __LINE__);
  expect_status(landbc_config_default(NULL), LANDBC_ERROR_NULL_ARGUMENT, NULL, __LINE__);
  expect_status(landbc_config_default(&config), LANDBC_OK, NULL, __LINE__);
  config.start.year = 2009;
  config.start.month = 1;
  config.start.day = 1;
  config.calendar = "360_day";
  config.cell_count = CELLS;
  config.cell_ids = ids;
  config.threads = 1;
  expect_status(landbc_init(&config, &handle), LANDBC_ERROR_NULL_ARGUMENT, NULL, __LINE__);
  config.bundle = "/nowhere";
  expect_status(landbc_init(&config, &handle), LANDBC_ERROR_BUNDLE, NULL, __LINE__);
  expect(strstr(landbc_last_error(NULL), "/nowhere/bundle.json") != NULL, "the sentence names no file",
         __LINE__);
  expect(handle == NULL, "a failed init leaves a handle", __LINE__);
  if (argc > 1 && strcmp(argv[1], "without-mpi") == 0)
    expect(!landbc_has_mpi(), "the library was built with MPI", __LINE__);
  config.bundle = bundle;
  ask_for_ranks(&config);
  config.struct_size = 1;
  expect_status(landbc_init(&config, &handle), LANDBC_ERROR_ABI, NULL, __LINE__);
  config.struct_size = sizeof config;
  config.recording = "life_cycle_recording.nc";
  expect_status(landbc_init(&config, &handle), LANDBC_OK, NULL, __LINE__);
  /* The library keeps none of the caller's pointers. */
  memset(ids, 0, sizeof ids);
  memset(&config, 0, sizeof config);

  expect_status(landbc_class_count(handle, &count), LANDBC_OK, handle, __LINE__);
  expect(count == CLASSES, "number of classes", __LINE__);
  expect_status(landbc_class_name(handle, 4, &name), LANDBC_OK, handle, __LINE__);
  expect(name != NULL && strcmp(name, "forest") == 0, "name of class 4", __LINE__);
  expect_status(landbc_class_name(handle, CLASSES, &name), LANDBC_ERROR_ARGUMENT, handle, __LINE__);
  expect_status(landbc_get_window(handle, &window), LANDBC_OK, handle, __LINE__);
  expect(window.rows == ROWS && window.cols == COLS, "extents of the window", __LINE__);

  for (year = 2009; year <= 2012; ++year) {
    landbc_date begin;
    memset(&begin, 0, sizeof begin);
    begin.year = year;
    begin.day = 1;
    for (begin.month = 1; begin.month <= 12; ++begin.month) {
      expect_status(landbc_step(handle, &begin, (int64_t)30 * DAY, inputs, 2, outputs, 2, &changed),
                    LANDBC_OK, handle, __LINE__);
      expect(changed == (begin.month == 1 ? LANDBC_CHANGED_LAND_USE : 0), "the state advances in January",
             __LINE__);
      check_outputs();
    }
  }
  inputs[1].unit = "F";
  {
    landbc_date begin = {2013, 1, 1, 0};
    expect_status(landbc_step(handle, &begin, DAY, inputs, 2, outputs, 2, NULL), LANDBC_ERROR_FIELD_UNIT,
                  handle, __LINE__);
    expect(strstr(landbc_last_error(handle), "air_temperature") != NULL, "the sentence names no field",
           __LINE__);
    inputs[1].unit = "K";
    begin.year = 2012;
    expect_status(landbc_step(handle, &begin, DAY, inputs, 2, outputs, 2, NULL), LANDBC_ERROR_TIME, handle,
                  __LINE__);
    begin.year = 2013;
    expect_status(landbc_step(handle, &begin, DAY, inputs, 2, NULL, 0, NULL), LANDBC_OK, handle, __LINE__);
  }
  expect_status(landbc_get_map(handle, "land_use", map, sizeof map), LANDBC_OK, handle, __LINE__);
  for (i = 0; i < ROWS * COLS; ++i) expect(map[i] < CLASSES || map[i] == 255, "a code of the map", __LINE__);
  memset(&timings, 0, sizeof timings);
  expect_status(landbc_get_timings(handle, &timings), LANDBC_ERROR_ABI, handle, __LINE__);
  timings.struct_size = sizeof timings;
  expect_status(landbc_get_timings(handle, &timings), LANDBC_OK, handle, __LINE__);
  expect(timings.steps == 49 && timings.updates == 4 && timings.forward > 0.0, "timings", __LINE__);

  expect_status(landbc_checkpoint(handle, "life_cycle_state.nc"), LANDBC_OK, handle, __LINE__);
  stale = handle;
  expect_status(landbc_finalize(&handle), LANDBC_OK, NULL, __LINE__);
  expect(handle == NULL, "finalize leaves the handle", __LINE__);
  expect_status(landbc_finalize(&handle), LANDBC_ERROR_INVALID_HANDLE, NULL, __LINE__);
  expect_status(landbc_class_count(stale, &count), LANDBC_ERROR_INVALID_HANDLE, NULL, __LINE__);
  expect_status(landbc_class_count((landbc_handle *)&config, &count), LANDBC_ERROR_INVALID_HANDLE, NULL,
                __LINE__);
  expect_status(landbc_finalize(&stale), LANDBC_ERROR_INVALID_HANDLE, NULL, __LINE__);
  expect_status(landbc_finalize(NULL), LANDBC_ERROR_NULL_ARGUMENT, NULL, __LINE__);
  continue_run(bundle);
  remove("life_cycle_recording.nc");
  remove("life_cycle_state.nc");
  return failures == 0 ? 0 : 1;
}
