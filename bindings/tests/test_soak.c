/* Many steps without growth of memory: `test_soak [STEPS [FROM_BUNDLE]]`, with the small bundle in
 * LANDBC_TEST_BUNDLE; FROM_BUNDLE names inputs beyond temperature and precipitation that the bundle supplies.
 * Steps of 17 minutes and 13 seconds, so that years pass and the state advances; a checkpoint now and then.
 * Resident memory is told at 1, 2 and 5 times the powers of ten. `make soak` runs 1,000,000 steps.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "landbc.h"

enum { CELLS = 30, CLASSES = 8, STEP = 1033, DAY = 86400 };

/* What is allocated, which grows with a leak and not with what the allocator keeps for later. */
static long allocated_kilobytes(void) {
  const struct mallinfo2 heap = mallinfo2();
  return (long)((heap.uordblks + heap.hblkhd) / 1024);
}

/* What the process has in memory, allocator's reserve and libraries included. */
static long resident_kilobytes(void) {
  long pages = 0, resident = 0;
  FILE *const file = fopen("/proc/self/statm", "r");
  if (file == NULL || fscanf(file, "%ld %ld", &pages, &resident) != 2) resident = 0;
  if (file != NULL) fclose(file);
  return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

int main(int argc, char **argv) {
  const long steps = argc > 1 ? atol(argv[1]) : 100000;
  double temperature[CELLS], precipitation[CELLS];
  static double fraction[CELLS * CLASSES], leaf_area[CELLS];
  int64_t ids[CELLS];
  landbc_config config;
  landbc_handle *handle = NULL;
  landbc_field inputs[2], outputs[2];
  int32_t offered = 0, wanted = 1;
  int64_t seconds = 0;
  long warm = 0;
  long told = 1000;
  long step;
  int k;
  landbc_config_default(&config);
  for (k = 0; k < CELLS; ++k) {
    ids[k] = 1000 + 7 * k;
    temperature[k] = 280.0 + 0.3 * k;
    precipitation[k] = 3e-5;
  }
  config.bundle = getenv("LANDBC_TEST_BUNDLE");
  config.calendar = "360_day";
  config.cell_ids = ids;
  config.cell_count = CELLS;
  config.threads = 1;
  config.from_bundle = argc > 2 ? argv[2] : NULL;
  config.scenario_policy = LANDBC_SCENARIO_HOLD;
  config.start.year = 2009;
  config.start.month = config.start.day = 1;
  if (landbc_init(&config, &handle) != LANDBC_OK) return 2;
  for (k = 0; k < 3; ++k) {
    landbc_field field = {sizeof(landbc_field), "air_temperature", "K", temperature, LANDBC_FLOAT64, 1,
                          {CELLS, 0, 0, 0}};
    if (k == 0) inputs[0] = field;
    field.name = "precipitation_flux";
    field.unit = "kg m-2 s-1";
    field.data = precipitation;
    if (k == 1) inputs[1] = field;
    field.name = "land_use_fraction";
    field.unit = "1";
    field.data = fraction;
    field.rank = 2;
    field.shape[1] = CLASSES;
    outputs[0] = field;
    field.name = "leaf_area_index";
    field.unit = "m2 m-2";
    field.data = leaf_area;
    field.rank = 1;
    outputs[1] = field;
  }
  if (landbc_output_count(handle, &offered) != LANDBC_OK) return 1;
  for (k = 0; k < offered; ++k) {
    landbc_variable variable;
    variable.struct_size = sizeof variable;
    if (landbc_output(handle, k, &variable) != LANDBC_OK) return 1;
    if (strcmp(variable.name, "leaf_area_index") == 0) wanted = 2;
  }
  for (step = 0; step < steps; ++step, seconds += STEP) {
    if (step == told) {
      printf("%8ld steps, %ld kB resident\n", step, resident_kilobytes());
      fflush(stdout);
      told = told % 9 == 2 ? told * 5 / 2 : told * 2; /* 1 2 5 10: their digits' sums are 1, 2, 5 */
    }
    const int64_t day = seconds / DAY;
    const landbc_date begin = {(int32_t)(2009 + day / 360), (int32_t)(day % 360 / 30 + 1),
                               (int32_t)(day % 30 + 1), (int32_t)(seconds % DAY)};
    if (landbc_step(handle, &begin, STEP, inputs, 2, outputs, wanted, NULL) != LANDBC_OK) {
      fprintf(stderr, "step %ld: %s\n", step, landbc_last_error(handle));
      return 1;
    }
    if (step % (steps / 20) == 0 && landbc_checkpoint(handle, "soak_state.nc") != LANDBC_OK) return 1;
    /* Two updates and the checkpoints have filled every cache by then. */
    if (step == steps * 7 / 10) warm = allocated_kilobytes();
  }
  const long grown = allocated_kilobytes() - warm;
  remove("soak_state.nc");
  printf("%8ld steps, %ld kB resident\n", steps, resident_kilobytes());
  printf("%ld kB allocated, %ld kB more than after 7/10 of the steps\n", warm + grown, grown);
  if (landbc_finalize(&handle) != LANDBC_OK) return 1;
  /* Memcheck and AddressSanitizer stand in for the allocator and tell the program nothing. */
  return (warm > 0 || getenv("LANDBC_OTHER_ALLOCATOR") != NULL) && grown < 512 ? 0 : 1;
}
