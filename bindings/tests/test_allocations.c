/* A step in which nothing is due asks for no memory, whatever the host's units, order of cells and outputs:
 * every call of the C library's allocator is counted, the engine's and libtorch's as well. With the small
 * bundle in LANDBC_TEST_BUNDLE. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "landbc.h"

enum { CELLS = 30, CLASSES = 8, HOUR = 3600, WARM = 30, COUNTED = 700 };

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

static landbc_field field_of(const char *name, const char *unit, void *data, int32_t rank) {
  landbc_field field;
  memset(&field, 0, sizeof field);
  field.struct_size = sizeof field;
  field.name = name;
  field.unit = unit;
  field.data = data;
  field.type = LANDBC_FLOAT64;
  field.rank = rank;
  field.shape[0] = CELLS;
  field.shape[1] = rank == 2 ? CLASSES : 0;
  return field;
}

/* Cells in the mesh's order or backwards; units as in the card or others. */
static int run(int backwards, const char *temperature_unit, const char *water_unit) {
  static double temperature[CELLS], water[CELLS], fraction[CELLS * CLASSES], coverage[CELLS];
  int64_t ids[CELLS];
  landbc_config config;
  landbc_handle *handle = NULL;
  landbc_field inputs[2], outputs[2];
  int32_t changed = 0, status = LANDBC_OK;
  int hour, k;
  landbc_config_default(&config);
  for (k = 0; k < CELLS; ++k) {
    ids[k] = 1000 + 7 * (backwards ? CELLS - 1 - k : k);
    temperature[k] = temperature_unit[0] == 'K' ? 280.0 : 7.0;
    water[k] = 1e-5;
  }
  config.bundle = getenv("LANDBC_TEST_BUNDLE");
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
  inputs[0] = field_of("air_temperature", temperature_unit, temperature, 1);
  inputs[1] = field_of("precipitation_flux", water_unit, water, 1);
  outputs[0] = field_of("land_use_fraction", "1", fraction, 2);
  outputs[1] = field_of("coverage", "1", coverage, 1);
  for (hour = 0; hour < WARM + COUNTED && status == LANDBC_OK; ++hour) {
    landbc_date date;
    date.year = 2009;
    date.month = 1;
    date.day = 1 + hour / 24;
    date.second = HOUR * (hour % 24);
    counting = hour >= WARM;
    status = landbc_step(handle, &date, HOUR, inputs, 2, outputs, 2, &changed);
    counting = 0;
  }
  if (status != LANDBC_OK) fprintf(stderr, "step %d: %s\n", hour, landbc_last_error(handle));
  landbc_finalize(&handle);
  return status != LANDBC_OK;
}

int main(void) {
  int failed = 0;
  failed |= run(0, "K", "kg m-2 s-1");
  failed |= run(1, "degC", "mm day-1");
  if (calls > 0) fprintf(stderr, "%ld allocations in steps in which nothing was due\n", (long)calls);
  return failed || calls > 0;
}
