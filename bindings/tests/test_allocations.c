/* A step in which nothing is due asks for no memory, whatever the host's units, order of cells and outputs:
 * every call of the C library's allocator is counted, the engine's and libtorch's as well. With the small
 * bundle in LANDBC_TEST_BUNDLE and, where LANDBC_TEST_BUNDLE_MONTH names one, with one that has leaf area and
 * land cover besides: leaf area then is put between the middles of months at every step. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "landbc.h"

enum { CELLS = 30, CLASSES = 8, FIELDS = 16, HOUR = 3600, WARM = 30, COUNTED = 700 };

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

static volatile int counting = 0;
static volatile long calls = 0;

static void count(void) {
  if (counting) ++calls;
}

void *malloc(size_t size) {
  count();
  return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
  count();
  return __libc_calloc(number, size);
}

void *realloc(void *old, size_t size) {
  count();
  return __libc_realloc(old, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
  count();
  return __libc_memalign(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size) {
  count();
  *memory = __libc_memalign(alignment, size);
  return *memory == NULL ? ENOMEM : 0;
}

static landbc_field field_of(const landbc_variable *variable, double *data) {
  landbc_field field;
  memset(&field, 0, sizeof field);
  field.struct_size = sizeof field;
  field.name = variable->name;
  field.unit = variable->unit;
  field.data = data;
  field.type = LANDBC_FLOAT64;
  field.rank = variable->class_count > 0 ? 2 : 1;
  field.shape[0] = CELLS;
  field.shape[1] = variable->class_count;
  return field;
}

/* The level of an input, in the card's unit or in another. */
static double level_of(landbc_variable *variable, int others) {
  if (strcmp(variable->unit, "K") == 0) {
    if (!others) return 280.0;
    variable->unit = "degC";
    return 7.0;
  }
  if (strcmp(variable->unit, "kg m-2 s-1") == 0) {
    if (!others) return 1e-5;
    variable->unit = "mm day-1";
    return 0.9;
  }
  return 390.0;
}

/* Cells in the mesh's order or backwards; units as in the card or others. */
static int run(const char *bundle, int backwards, int others) {
  static double given[FIELDS][CELLS], made[FIELDS][CELLS * CLASSES];
  int64_t ids[CELLS];
  landbc_config config;
  landbc_handle *handle = NULL;
  landbc_field inputs[FIELDS], outputs[FIELDS];
  landbc_variable variable;
  int32_t input_count = 0, output_count = 0, changed = 0, status = LANDBC_OK;
  int hour, i, k;
  landbc_config_default(&config);
  for (k = 0; k < CELLS; ++k) ids[k] = 1000 + 7 * (backwards ? CELLS - 1 - k : k);
  config.bundle = bundle;
  config.calendar = "noleap";
  config.cell_ids = ids;
  config.cell_count = CELLS;
  config.threads = 1;
  config.start.year = 2009;
  config.start.month = config.start.day = 1;
  if (landbc_init(&config, &handle) != LANDBC_OK) {
    fprintf(stderr, "init: %s\n", landbc_last_error(NULL));
    return 1;
  }
  landbc_input_count(handle, &input_count);
  landbc_output_count(handle, &output_count);
  if (input_count > FIELDS || output_count > FIELDS) return 1;
  for (i = 0; i < input_count; ++i) {
    double level;
    variable.struct_size = sizeof variable;
    landbc_input(handle, i, &variable);
    level = level_of(&variable, others);
    for (k = 0; k < CELLS; ++k) given[i][k] = level;
    inputs[i] = field_of(&variable, given[i]);
  }
  for (i = 0; i < output_count; ++i) {
    variable.struct_size = sizeof variable;
    landbc_output(handle, i, &variable);
    outputs[i] = field_of(&variable, made[i]);
  }
  for (hour = 0; hour < WARM + COUNTED && status == LANDBC_OK; ++hour) {
    landbc_date date;
    date.year = 2009;
    date.month = 1;
    date.day = 1 + hour / 24;
    date.second = HOUR * (hour % 24);
    counting = hour >= WARM;
    status = landbc_step(handle, &date, HOUR, inputs, input_count, outputs, output_count, &changed);
    counting = 0;
  }
  if (status != LANDBC_OK) fprintf(stderr, "step %d: %s\n", hour, landbc_last_error(handle));
  landbc_finalize(&handle);
  return status != LANDBC_OK;
}

int main(void) {
  const char *const month = getenv("LANDBC_TEST_BUNDLE_MONTH");
  int failed = 0;
  failed |= run(getenv("LANDBC_TEST_BUNDLE"), 0, 0);
  failed |= run(getenv("LANDBC_TEST_BUNDLE"), 1, 1);
  if (month != NULL) failed |= run(month, 1, 1);
  if (calls > 0) fprintf(stderr, "%ld allocations in steps in which nothing was due\n", (long)calls);
  return failed || calls > 0;
}
