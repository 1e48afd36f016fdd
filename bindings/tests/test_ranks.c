/* A host of several ranks: `test_ranks BUNDLE DECOMPOSITION FOLDER [checkpoint STEP | continue STEP | fail]`.
 *
 * Two and a half years in unequal intervals; all outputs that the bundle offers, of all ranks, are put
 * together on rank 0 by cell id, and written to FOLDER/answers.bin with the last maps, so that runs can be
 * compared byte by byte. Exit status 1 where something is not as it should be. */
#include <math.h>
#include <mpi.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "landbc.h"

enum { CELLS = 30, WIDTH = 192, STEPS = 12, DAY = 86400, ROWS = 100, COLS = 150, MOST = 48 };

static int rank, ranks;

static void demand(int holds, const char *what, const char *why) {
  if (holds) return;
  fprintf(stderr, "rank %d: %s: %s\n", rank, what, why);
  MPI_Abort(MPI_COMM_WORLD, 1);
}

/* The rank that has cell k, by the way of dealing them. */
static int owner(const char *decomposition, int k) {
  if (strcmp(decomposition, "blocks") == 0) return k * ranks / CELLS;
  if (strcmp(decomposition, "reversed") == 0) return (CELLS - 1 - k) * ranks / CELLS;
  if (strcmp(decomposition, "scattered") == 0) return (k * 7 + k / 3) % ranks;
  if (strcmp(decomposition, "last_empty") == 0) return ranks > 1 ? k % (ranks - 1) : 0;
  if (strcmp(decomposition, "all_on_last") == 0) return ranks - 1;
  demand(0, decomposition, "no such decomposition");
  return 0;
}

static landbc_field make_field(const landbc_variable *variable, double *data, int64_t cells) {
  landbc_field field;
  memset(&field, 0, sizeof field);
  field.struct_size = sizeof field;
  field.name = variable->name;
  field.unit = variable->unit;
  field.data = data;
  field.type = LANDBC_FLOAT64;
  field.rank = variable->class_count > 0 ? 2 : 1;
  field.shape[0] = cells;
  field.shape[1] = variable->class_count;
  return field;
}

/* Kelvin, kg m-2 s-1, or ppm, by cell and step. */
static double weather(const char *name, int64_t id, int step) {
  const double place = (double)(id - 1000) / 7.0;
  if (strcmp(name, "air_temperature") == 0) return 283.0 + 6.0 * sin(0.7 * place + step);
  if (strcmp(name, "precipitation_flux") == 0) return 2.0e-5 + 1.5e-5 * cos(0.4 * place);
  return 380.0 + step + 0.1 * sin(place);
}

int main(int argc, char **argv) {
  landbc_config config;
  landbc_handle *handle = NULL;
  landbc_field inputs[MOST], outputs[MOST];
  landbc_variable variable;
  landbc_date begin = {2009, 1, 1, 0};
  /* Noleap: the months of each step, so that dates are easy; the last is a year long. */
  static const int months[STEPS] = {1, 2, 1, 4, 3, 1, 6, 2, 4, 3, 2, 1};
  static const int lengths[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  int64_t ids[CELLS];
  static double given[MOST][CELLS], taken[WIDTH][CELLS];
  static double all[STEPS][CELLS][WIDTH], sum[STEPS][CELLS][WIDTH];
  static uint8_t map[ROWS * COLS];
  static float values[ROWS * COLS];
  int32_t input_count = 0, output_count = 0, status;
  const char *action = argc > 4 ? argv[4] : "";
  int turn = argc > 5 ? atoi(argv[5]) : -1;
  char path[4096], recording[4096];
  int cells = 0, width = 0, with_values = 0, i, k, step, first = 0;

  MPI_Init(&argc, &argv);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &ranks);
  demand(argc > 3, "usage",
         "test_ranks BUNDLE DECOMPOSITION FOLDER [checkpoint STEP | continue STEP | fail]");
  demand(landbc_has_mpi() == 1, "landbc_has_mpi", "built without MPI");
  for (k = CELLS - 1; k >= 0; --k)
    if (owner(argv[2], k) == rank) ids[cells++] = 1000 + 7 * k;

  landbc_config_default(&config);
  config.bundle = argv[1];
  config.calendar = "noleap";
  config.start = begin;
  config.cell_ids = ids;
  config.cell_count = cells;
  config.threads = 1;
  config.parallel = 1;
  config.communicator = MPI_Comm_c2f(MPI_COMM_WORLD);
  snprintf(path, sizeof path, "%s/state.nc", argv[3]);
  snprintf(recording, sizeof recording, "%s/recording.nc", argv[3]);
  if (strncmp(action, "record", 6) == 0) config.recording = recording;
  if (strcmp(action, "record_updates") == 0) config.record = LANDBC_RECORD_UPDATES;
  if (strcmp(action, "continue") == 0) {
    config.restart = path;
    memset(&config.start, 0, sizeof config.start);
    first = turn;
  }
  if (strcmp(action, "fail") == 0) {
    /* A fault of one rank is an error on all, and the others learn whose it was. */
    int64_t kept = ids[0];
    if (rank == ranks - 1) ids[0] = 5;
    demand(landbc_init(&config, &handle) == LANDBC_ERROR_CELLS, "init with a wrong cell",
           landbc_last_error(NULL));
    demand(strstr(landbc_last_error(NULL), "does not know: the first is 5") != NULL, "sentence",
           landbc_last_error(NULL));
    demand(handle == NULL, "init with a wrong cell", "gives a handle");
    ids[0] = kept;
    if (rank == ranks - 1) config.core = 500;
    demand(landbc_init(&config, &handle) == LANDBC_ERROR_ARGUMENT, "init with a wrong core",
           landbc_last_error(NULL));
    config.core = rank == 0 ? 400 : 800;
    demand(landbc_init(&config, &handle) == LANDBC_ERROR_ARGUMENT, "cores that differ",
           landbc_last_error(NULL));
    demand(strstr(landbc_last_error(NULL), "the ranks differ in the tile core") != NULL, "sentence",
           landbc_last_error(NULL));
    config.core = 0;
    if (cells > 1) ids[0] = ids[1];
    demand(landbc_init(&config, &handle) == LANDBC_ERROR_CELLS, "a cell twice", landbc_last_error(NULL));
    ids[0] = kept;
  }
  demand(landbc_init(&config, &handle) == LANDBC_OK, "init", landbc_last_error(NULL));
  variable.struct_size = sizeof variable;
  demand(landbc_input_count(handle, &input_count) == LANDBC_OK && input_count <= MOST, "inputs", "too many");
  for (i = 0; i < input_count; ++i) {
    demand(landbc_input(handle, i, &variable) == LANDBC_OK, "input", landbc_last_error(handle));
    inputs[i] = make_field(&variable, given[i], cells);
  }
  demand(landbc_output_count(handle, &output_count) == LANDBC_OK && output_count <= MOST, "outputs",
         "too many");
  for (i = 0; i < output_count; ++i) {
    demand(landbc_output(handle, i, &variable) == LANDBC_OK, "output", landbc_last_error(handle));
    demand(width + variable.class_count + 1 <= WIDTH, "outputs", "too wide");
    outputs[i] = make_field(&variable, taken[0] + (int64_t)width * cells, cells);
    width += variable.class_count > 0 ? variable.class_count : 1;
    if (strcmp(variable.name, "leaf_area_index") == 0) with_values = 1;
  }
  for (step = 0; step < STEPS; ++step) {
    int month, c;
    int64_t seconds = 0;
    for (month = 0; month < months[step]; ++month)
      seconds += (int64_t)DAY * lengths[(begin.month - 1 + month) % 12];
    for (i = 0; i < input_count; ++i) {
      for (k = 0; k < cells; ++k) given[i][k] = weather(inputs[i].name, ids[k], step);
    }
    if (step >= first) {
      if (strcmp(action, "fail") == 0 && cells > 0 && step == 2) {
        const double kept = given[0][0];
        if (rank == ranks - 1) given[0][0] = NAN;
        status = landbc_step(handle, &begin, seconds, inputs, input_count, outputs, output_count, NULL);
        demand(status == LANDBC_ERROR_FIELD_VALUE, "a NaN on one rank", landbc_status_name(status));
        demand(rank == ranks - 1 || strstr(landbc_last_error(handle), "rank ") == landbc_last_error(handle),
               "sentence", landbc_last_error(handle));
        given[0][0] = kept;
        status = landbc_step(handle, &begin, seconds + (rank == 0), inputs, input_count, outputs,
                             output_count, NULL);
        demand(status == LANDBC_ERROR_ARGUMENT, "lengths that differ", landbc_last_error(handle));
        status = landbc_checkpoint(handle, rank == 0 ? "/no/such/folder/state.nc" : path);
        demand(status == LANDBC_ERROR_IO, "a checkpoint that cannot be", landbc_last_error(handle));
        status = landbc_get_map(handle, "land_use", map, rank == 0 ? (int64_t)sizeof map : 3);
        demand(status == (ranks > 1 ? LANDBC_ERROR_FIELD_SHAPE : LANDBC_OK), "a map",
               landbc_last_error(handle));
      }
      demand(
          landbc_step(handle, &begin, seconds, inputs, input_count, outputs, output_count, NULL) == LANDBC_OK,
          "step", landbc_last_error(handle));
      for (k = 0; k < cells; ++k) {
        const int at = (int)(ids[k] - 1000) / 7;
        for (c = 0; c < width; ++c) all[step][at][c] = (taken[0] + (int64_t)c * cells)[k];
      }
    }
    begin.month += months[step];
    begin.year += (begin.month - 1) / 12;
    begin.month = (begin.month - 1) % 12 + 1;
    if (strcmp(action, "checkpoint") == 0 && step + 1 == turn) {
      demand(landbc_checkpoint(handle, path) == LANDBC_OK, "checkpoint", landbc_last_error(handle));
      break;
    }
  }
  demand(landbc_get_map(handle, "land_use", map, sizeof map) == LANDBC_OK, "map", landbc_last_error(handle));
  if (with_values) {
    status = landbc_get_values(handle, "leaf_area_index", values, ROWS * COLS);
    demand(status == LANDBC_OK, "values", landbc_last_error(handle));
  }
  demand(landbc_finalize(&handle) == LANDBC_OK, "finalize", "failed");
  /* Each value comes from one rank, the others give zero: the sums are exact. */
  MPI_Reduce(all, sum, STEPS * CELLS * WIDTH, MPI_DOUBLE, MPI_SUM, 0, MPI_COMM_WORLD);
  if (rank == 0) {
    FILE *file;
    snprintf(path, sizeof path, "%s/answers.bin", argv[3]);
    file = fopen(path, "wb");
    demand(file != NULL, path, "cannot be written");
    fwrite(sum, sizeof sum, 1, file);
    fwrite(values, sizeof values, 1, file);
    fwrite(map, sizeof map, 1, file);
    fclose(file);
  }
  MPI_Finalize();
  return 0;
}
