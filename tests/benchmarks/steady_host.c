/* Seconds of steps in which nothing is due: `steady_host BUNDLE YEAR CELLS FIRST_ID ID_STEP STEPS`.
 *
 * A line a step, after one that says how often and for how long the machine interrupts a program that only
 * reads the clock: calls a second, microseconds of each. Between steps it does nothing, so that what a step
 * takes is the step's. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "landbc.h"

enum { WARM_UP = 10, INTERVAL = 1200, DAY = 86400 };
static const double GAP = 0.5e-6; /* s; many times what a reading of the clock takes */

static double now(void) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return (double)at.tv_sec + 1e-9 * (double)at.tv_nsec;
}

static void demand(int well, const char *what) {
  if (well) return;
  fprintf(stderr, "steady_host: %s\n", what);
  exit(1);
}

static void call(int32_t status, const landbc_handle *handle) {
  demand(status == LANDBC_OK, landbc_last_error(handle));
}

static void print_interruptions(void) {
  const double begin = now();
  double last = begin, lost = 0;
  long count = 0;
  while (last - begin < 1) {
    const double at = now(), gap = at - last;
    if (gap > GAP) ++count, lost += gap;
    last = at;
  }
  printf("%ld %.3f\n", count, count > 0 ? 1e6 * lost / (double)count : 0.0);
}

/* A number that is possible in a unit of the emulator. */
static double level(const char *unit) {
  return !strcmp(unit, "K") ? 283 : !strcmp(unit, "kg m-2 s-1") ? 3e-5 : 1;
}

int main(int argc, char **argv) {
  demand(argc == 7, "steady_host BUNDLE YEAR CELLS FIRST_ID ID_STEP STEPS");
  const int32_t year = atoi(argv[2]);
  const int64_t cells = atoll(argv[3]), first_id = atoll(argv[4]), id_step = atoll(argv[5]);
  const long steps = atol(argv[6]);

  int64_t *ids = malloc((size_t)cells * sizeof *ids);
  double *seconds = malloc((size_t)steps * sizeof *seconds);
  demand(ids && seconds, "no memory");
  for (int64_t i = 0; i < cells; ++i) ids[i] = first_id + id_step * i;

  landbc_config config;
  landbc_handle *handle = NULL;
  call(landbc_config_default(&config), NULL);
  config.bundle = argv[1];
  config.calendar = "noleap";
  config.start = (landbc_date){year, 1, 1, 0};
  config.cell_count = cells;
  config.cell_ids = ids;
  config.threads = 1;
  call(landbc_init(&config, &handle), NULL);

  int32_t count, changed;
  call(landbc_input_count(handle, &count), handle);
  landbc_field *inputs = malloc((size_t)count * sizeof *inputs);
  demand(inputs != NULL, "no memory");
  for (int32_t k = 0; k < count; ++k) {
    landbc_variable variable = {.struct_size = sizeof variable};
    call(landbc_input(handle, k, &variable), handle);
    double *numbers = malloc((size_t)cells * sizeof *numbers);
    demand(numbers != NULL, "no memory");
    for (int64_t i = 0; i < cells; ++i) numbers[i] = level(variable.unit);
    inputs[k] =
        (landbc_field){sizeof *inputs, variable.name, variable.unit, numbers, LANDBC_FLOAT64, 1, {cells, 0}};
  }

  print_interruptions();
  for (long step = -WARM_UP; step < steps; ++step) {
    const int64_t at = INTERVAL * (int64_t)(step + WARM_UP);
    const landbc_date date = {year, 1, 1 + (int32_t)(at / DAY), (int32_t)(at % DAY)};
    const double begin = now();
    const int32_t status = landbc_step(handle, &date, INTERVAL, inputs, count, NULL, 0, &changed);
    const double took = now() - begin;
    call(status, handle);
    demand(changed == 0 || step == -WARM_UP, "something was due");
    if (step >= 0) seconds[step] = took;
  }
  for (long step = 0; step < steps; ++step) printf("%.9f\n", seconds[step]);

  for (int32_t k = 0; k < count; ++k) free(inputs[k].data);
  free(inputs), free(seconds), free(ids);
  call(landbc_finalize(&handle), NULL);
  return 0;
}
