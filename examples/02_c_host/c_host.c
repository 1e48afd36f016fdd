/* A host in C: `c_host BUNDLE FIRST_YEAR YEARS`.
 *
 * It takes its cells from the bundle's mesh, has a climate of its own (a formula of latitude and day), steps
 * through the years a day at a time, and prints the area of every land-use class on each first of January.
 * The calendar is noleap, so that a day of the year is a date without ado. */
#include <math.h>
#include <netcdf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "landbc.h"

enum { DAY = 86400, DAYS = 365 };

/* Ends the program with a sentence unless all is well: the host decides, the library never does. */
static void demand(int well, const char *what, const char *why) {
  if (well) return;
  fprintf(stderr, "c_host: %s: %s\n", what, why);
  exit(1);
}

static void call(int32_t status, const landbc_handle *handle, const char *what) {
  demand(status == LANDBC_OK, what, landbc_last_error(handle));
}

/* A whole variable of the mesh, one value a cell. */
static void read_variable(int file, const char *name, int64_t *ids, double *numbers) {
  int variable, status = nc_inq_varid(file, name, &variable);
  if (status == NC_NOERR)
    status = ids ? nc_get_var_longlong(file, variable, (long long *)ids)
                 : nc_get_var_double(file, variable, numbers);
  demand(status == NC_NOERR, name, nc_strerror(status));
}

/* An array of the host as the library sees it: cells first, classes second. */
static landbc_field field(const char *name, const char *unit, double *data, size_t cells, int32_t classes) {
  landbc_field described = {sizeof described,         name, unit, data, LANDBC_FLOAT64, classes ? 2 : 1,
                            {(int64_t)cells, classes}};
  return described;
}

static landbc_date date_of(int year, int day) {
  static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  int month = 0;
  while (day >= lengths[month]) day -= lengths[month++];
  return (landbc_date){year, month + 1, day + 1, 0};
}

int main(int argc, char **argv) {
  char path[4096];
  int file, dimension, status;
  size_t cells;

  demand(argc == 4, "usage", "c_host BUNDLE FIRST_YEAR YEARS");
  demand(landbc_abi_version() == LANDBC_ABI_VERSION, "liblandbc",
         "another version than landbc.h; compile again");
  const int first = atoi(argv[2]), years = atoi(argv[3]);

  snprintf(path, sizeof path, "%s/mesh.nc", argv[1]);
  status = nc_open(path, NC_NOWRITE, &file);
  demand(status == NC_NOERR, path, nc_strerror(status));
  status = nc_inq_dimid(file, "cell", &dimension);
  demand(status == NC_NOERR && nc_inq_dimlen(file, dimension, &cells) == NC_NOERR, path,
         "no dimension 'cell'");
  int64_t *ids = malloc(cells * sizeof *ids);
  double *lat = malloc(cells * sizeof *lat), *area = malloc(cells * sizeof *area);
  double *temperature = malloc(cells * sizeof *temperature), *rain = malloc(cells * sizeof *rain);
  double *coverage = malloc(cells * sizeof *coverage);
  demand(ids && lat && area && temperature && rain && coverage, "memory", "exhausted");
  read_variable(file, "cell_id", ids, NULL);
  read_variable(file, "cell_lat", NULL, lat);
  read_variable(file, "cell_area", NULL, area);
  nc_close(file);

  /* (1) before the loop */
  landbc_config config;
  landbc_handle *handle = NULL;
  call(landbc_config_default(&config), NULL, "configuration");
  config.bundle = argv[1];
  config.calendar = "noleap";
  config.start = date_of(first, 0);
  config.cell_count = (int64_t)cells;
  config.cell_ids = ids;
  call(landbc_init(&config, &handle), NULL, "landbc_init");

  int32_t classes;
  call(landbc_class_count(handle, &classes), handle, "classes");
  double *fraction = malloc(cells * (size_t)classes * sizeof *fraction);
  demand(fraction != NULL, "memory", "exhausted");
  const landbc_field inputs[] = {field("air_temperature", "K", temperature, cells, 0),
                                 field("precipitation_flux", "mm day-1", rain, cells, 0)};
  landbc_field outputs[] = {field("land_use_fraction", "1", fraction, cells, classes),
                            field("coverage", "1", coverage, cells, 0)};

  printf("year");
  for (int32_t k = 0; k < classes; ++k) {
    const char *name;
    call(landbc_class_name(handle, k, &name), handle, "class name");
    printf(" %s", name);
  }
  printf(" (km2)\n");

  /* (2) the loop */
  for (int step = 0; step <= years * DAYS; ++step) {
    const int year = first + step / DAYS, day = step % DAYS;
    const landbc_date date = date_of(year, day);
    const double season = -cos(2 * acos(-1.0) * (day - 15) / DAYS);
    for (size_t i = 0; i < cells; ++i) {
      const double polar = pow(sin(lat[i] * acos(-1.0) / 180), 2);
      temperature[i] = 300 - 35 * polar + (lat[i] < 0 ? -10 : 10) * season * sqrt(polar);
      rain[i] = 3 - 2 * polar;
    }
    int32_t changed;
    call(landbc_step(handle, &date, DAY, inputs, 2, outputs, 2, &changed), handle, "landbc_step");
    if (!(changed & LANDBC_CHANGED_LAND_USE)) continue;
    printf("%d", year);
    for (int32_t k = 0; k < classes; ++k) {
      double sum = 0;
      for (size_t i = 0; i < cells; ++i) sum += fraction[(size_t)k * cells + i] * coverage[i] * area[i];
      printf(" %.3f", sum / 1e6);
    }
    printf("\n");
  }

  /* (3) after the loop */
  call(landbc_finalize(&handle), NULL, "landbc_finalize");
  free(fraction), free(coverage), free(rain), free(temperature), free(area), free(lat), free(ids);
  return 0;
}
