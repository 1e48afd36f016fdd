/*
 * landbc.h - the C interface of liblandbc: realistic, evolving land boundary conditions at 1 km,
 * called from the time loop of an Earth-system model.
 *
 * Life of a handle: landbc_config_default -> landbc_init -> many landbc_step -> landbc_finalize.
 * Every function that can fail returns a status (0 is success); nothing throws, aborts, exits or
 * prints. landbc_last_error gives the sentence that belongs to the last failure; landbc_set_log takes a
 * callback for what is worth telling besides. A host compares landbc_abi_version() with LANDBC_ABI_VERSION
 * before anything else.
 *
 * Threads: several handles may live in one process and be used by different threads at once; one handle is
 * used by one thread at a time. Functions without a handle may be called from any thread. netCDF-C is not
 * safe to use from several threads: the library's own calls of it take turns, a host's come between them.
 *
 * Ranks: with `parallel` set, landbc_init, landbc_step, landbc_get_outputs, landbc_get_map,
 * landbc_get_values, landbc_checkpoint and landbc_finalize are collective over the communicator, between
 * MPI_Init and MPI_Finalize: a failure on one rank is a failure on all. What only describes a handle is not.
 *
 * Ownership: the library keeps no pointer that the caller passed in, but for those of landbc_set_log.
 * Strings returned by the library belong to it; those of a handle stay valid until the next call with that
 * handle, all others (versions, names of statuses) as long as the process.
 *
 * Time: a coupling interval is [begin, begin + interval_seconds). Inputs are means over it (or amounts,
 * minima and maxima, where the model card says so); outputs are what holds at its beginning. The land use of
 * year Y, and its land cover, hold from 00:00 on 1 January of Y. Leaf area index is made at the end of each
 * month or dekad, from its climate, and put between the middles of steps (docs/coupling.md). A run may begin
 * at any moment of the state's year; the first period's statistics are then those of the part that was run.
 *
 * Backwards (direction -1) everything is mirrored: each interval ends where the one before began, outputs are
 * what holds at its end, and the land use of year Y holds from 00:00 on 1 January of Y back to that of Y - 1.
 *
 * The text between the two `cffi` markers is plain C declarations, which pylandbc reads as they are.
 */
#ifndef LANDBC_H
#define LANDBC_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Everything else in the library is hidden. */
#if defined(__GNUC__)
#pragma GCC visibility push(default)
#endif

/* cffi: begin */

#define LANDBC_ABI_VERSION 5
#define LANDBC_MAX_RANK 4

/* Opaque. Holds the model, the domain, the state and the accumulators. */
typedef struct landbc_handle landbc_handle;

/* What a call returns. The values never change; new ones are added at the end. */
typedef enum landbc_status {
  LANDBC_OK = 0,
  LANDBC_ERROR_NULL_ARGUMENT = 1,  /* a required pointer is null */
  LANDBC_ERROR_INVALID_HANDLE = 2, /* the handle is null, finalized, or was never made by landbc_init */
  LANDBC_ERROR_ABI = 3,            /* struct_size fits no known version of the struct */
  LANDBC_ERROR_ARGUMENT = 4,       /* a value in the configuration or a call is not allowed */
  LANDBC_ERROR_BUNDLE = 5,         /* the bundle is missing, incomplete, damaged or of another format */
  LANDBC_ERROR_MODEL = 6,          /* the emulator cannot be loaded, or its card does not fit */
  LANDBC_ERROR_CELLS = 7,          /* cell ids: unknown, repeated, or some that the domain needs are absent */
  LANDBC_ERROR_FIELD_NAME = 8,     /* a field is not known, given twice, or missing */
  LANDBC_ERROR_FIELD_SHAPE = 9,    /* a field's rank, extent or type is wrong */
  LANDBC_ERROR_FIELD_UNIT = 10,    /* a field's unit cannot be converted exactly to the one needed */
  LANDBC_ERROR_FIELD_VALUE = 11,   /* a field holds NaN or infinity and the policy is to refuse it */
  LANDBC_ERROR_TIME = 12,          /* not a date of the calendar, backwards, a gap, or outside the scenario */
  LANDBC_ERROR_DEVICE = 13,        /* the device does not exist or ran out of memory */
  LANDBC_ERROR_IO = 14,            /* a file could not be written or read */
  LANDBC_ERROR_MEMORY = 15,        /* the host ran out of memory */
  LANDBC_ERROR_INTERNAL = 16,      /* a fault in this library: please report it with the text */
  LANDBC_ERROR_RESTART = 17        /* the checkpoint is missing, damaged, or of another run than this one */
} landbc_status;

typedef enum landbc_type { LANDBC_FLOAT32 = 1, LANDBC_FLOAT64 = 2 } landbc_type;

/* What to do with NaN or infinity in an input: refuse the step, or keep that cell's last valid value. */
typedef enum landbc_missing_policy {
  LANDBC_MISSING_ERROR = 0,
  LANDBC_MISSING_HOLD = 1
} landbc_missing_policy;

/* What to do beyond the last (or before the first) year of the bundle's scenario: refuse the step, or hold
 * that year. */
typedef enum landbc_scenario_policy {
  LANDBC_SCENARIO_ERROR = 0,
  LANDBC_SCENARIO_HOLD = 1
} landbc_scenario_policy;

/* What to do with an input beyond the range that its quantity can have on Earth: tell the log, refuse the
 * step, or nothing. */
typedef enum landbc_range_policy {
  LANDBC_RANGE_WARN = 0,
  LANDBC_RANGE_ERROR = 1,
  LANDBC_RANGE_OFF = 2
} landbc_range_policy;

/* What to do with cells of the bundle that the host does not give: refuse the run, or let the nearest given
 * cell stand in for their inputs (a host without ocean cells, say). */
typedef enum landbc_absent_policy { LANDBC_ABSENT_ERROR = 0, LANDBC_ABSENT_NEAREST = 1 } landbc_absent_policy;

/* What a recording holds: every step; or of the steps only the first and those in which an emulator ran, with
 * what it had been given until then in place of the steps between. Half-hourly inputs of years are large. */
typedef enum landbc_record { LANDBC_RECORD_STEPS = 0, LANDBC_RECORD_UPDATES = 1 } landbc_record;

/* How much a line of the log matters. */
typedef enum landbc_log_level { LANDBC_LOG_INFO = 1, LANDBC_LOG_WARNING = 2 } landbc_log_level;

/* How a leaf area index comes from one step (month or dekad) to the next: between the middles of the
 * calendar's steps; not at all (that of the last finished step holds); or as CTSM does it, by whole days in
 * months of 31, 28, 31 ... days. */
typedef enum landbc_interpolation {
  LANDBC_INTERPOLATION_MID_STEP = 0,
  LANDBC_INTERPOLATION_NONE = 1,
  LANDBC_INTERPOLATION_CTSM = 2
} landbc_interpolation;

/* Bits of landbc_step's `changed`: which emulators ran since the step before; all of the bundle's at a
 * handle's first step. Interpolated outputs move from step to step besides. */
typedef enum landbc_changed {
  LANDBC_CHANGED_LAND_USE = 1,
  LANDBC_CHANGED_LAND_COVER = 2,
  LANDBC_CHANGED_LEAF_AREA = 4
} landbc_changed;

typedef struct landbc_date {
  int32_t year;   /* 1 ... 9999 */
  int32_t month;  /* 1 ... 12 */
  int32_t day;    /* 1 ... length of the month in the calendar */
  int32_t second; /* of the day, 0 ... 86399 */
} landbc_date;

typedef struct landbc_config {
  uint64_t struct_size;    /* sizeof(landbc_config), set by landbc_config_default */
  const char *bundle;      /* bundle directory (required) */
  const char *calendar;    /* standard, proleptic_gregorian, noleap, 360_day; default standard */
  const char *device;      /* cpu (default), cuda:N, or cuda: ranks share the devices of their machine */
  const char *recording;   /* path of the recording to write, or NULL for none */
  landbc_date start;       /* where the first coupling interval begins (backwards: ends); required, but with
                              `restart` all zeros take the checkpoint's */
  int64_t cell_count;      /* number of the caller's native cells (required); with `parallel` this rank's,
                              perhaps 0 */
  const int64_t *cell_ids; /* their global ids, any order, each once (required) */
  int32_t threads;         /* libtorch's threads within an operation; 0 leaves libtorch's setting */
  int32_t missing_policy;  /* landbc_missing_policy; of this and the enumerations below 0 is the default */
  int32_t scenario_policy; /* landbc_scenario_policy */
  int32_t core;            /* tile core in pixels, a multiple of 400; 0 takes the bundle's */
  const char *restart;     /* checkpoint to continue from, or NULL for the bundle's initial state */
  const char *from_bundle; /* inputs that the host does not give, by name with commas between; the bundle's
                              series.nc supplies them. NULL for none */
  int32_t range_policy;    /* landbc_range_policy */
  int32_t absent_policy;   /* landbc_absent_policy */
  int32_t direction;       /* 1 forwards (default), -1 backwards in time */
  int32_t parallel;        /* 1: `communicator` is given, and calls are collective (Ranks, above) */
  int32_t communicator;    /* MPI communicator as a Fortran integer (MPI_Comm_c2f); duplicated */
  int32_t interpolation;   /* landbc_interpolation */
  int32_t record;          /* landbc_record; without `recording` it says nothing */
  int32_t device_graphs;   /* 1: on a GPU emulators run as CUDA graphs, with the same bits; default 0. Without
                              effect on the CPU */
} landbc_config;

/* One field of the host. The first extent is the number of cells and varies fastest (Fortran order). */
typedef struct landbc_field {
  uint64_t struct_size;           /* sizeof(landbc_field) */
  const char *name;               /* as in the model card, e.g. air_temperature, land_use_fraction */
  const char *unit;               /* of the host's values, e.g. K, degC, kg m-2 s-1, mm day-1, 1 */
  void *data;                     /* read for inputs, written for outputs */
  int32_t type;                   /* landbc_type */
  int32_t rank;                   /* 1 ... LANDBC_MAX_RANK */
  int64_t shape[LANDBC_MAX_RANK]; /* cells first */
} landbc_field;

/* An input or output of a handle. */
typedef struct landbc_variable {
  uint64_t struct_size; /* sizeof(landbc_variable), set by the caller */
  const char *name;     /* as in landbc_field */
  const char *unit;     /* of inputs the emulators'; others that convert exactly are taken too */
  const char *classes;  /* the quantity whose classes are the second extent (land_use, land_cover), or NULL */
  int32_t class_count;  /* 0 for one number a cell */
  int32_t from_bundle;  /* 1: an input that the bundle supplies, by configuration; the host gives none */
} landbc_variable;

/* The window of the 1 km grid (0.01 degree) that the handle covers: first row, from 0 at 90 N, first column,
 * from 0 at 180 W, and extents, in pixels. Columns beyond 35999 are those from 0 on again. */
typedef struct landbc_window {
  int64_t row;
  int64_t col;
  int64_t rows;
  int64_t cols;
} landbc_window;

/* Wall seconds of the last emulator update, by phase, and of the last step as a whole. On a device other than
 * the CPU gather, features, forward and state are by its own clock, in the order of its work. */
typedef struct landbc_timings {
  uint64_t struct_size; /* sizeof(landbc_timings) */
  double gather;        /* native mesh -> 1 km */
  double features;      /* assembling the tiles' inputs */
  double forward;       /* the network */
  double state;         /* class map, state update */
  double scatter;       /* 1 km -> native mesh */
  double record;        /* writing the recording, last step */
  double step;          /* the whole last step */
  int64_t tiles;        /* tiles computed in the last update */
  int64_t updates;      /* emulator updates since init */
  int64_t steps;        /* steps since init */
} landbc_timings;

/* Takes one line of the log, without a line break; `message` is valid during the call only. It is called by
 * the thread that made the call to the library, and must not call the library itself. */
typedef void (*landbc_log_function)(void *context, int32_t level, const char *message);

/* LANDBC_ABI_VERSION that the library was built with. */
int32_t landbc_abi_version(void);

/* Version of the library, e.g. "0.1.0". */
const char *landbc_version(void);

/* Version of the libtorch it runs with. */
const char *landbc_torch_version(void);

/* Name of a status, e.g. "LANDBC_ERROR_TIME"; "unknown status" for others. */
const char *landbc_status_name(int32_t status);

/* The sentence of the handle's last failure, empty if there was none. With NULL or a dead handle: of this
 * thread's last failure in a call without a live handle (landbc_init, say), until the next. Never null. */
const char *landbc_last_error(const landbc_handle *handle);

/* Sends what is worth telling (a damped warning, an update, values out of range) to `log`, for all handles of
 * the process; null for nowhere, which is where it goes at first. `log` and what `context` points to must
 * live until another call of this function, and longer where other threads are in a call by then. Never
 * fails. */
void landbc_set_log(landbc_log_function log, void *context);

/* 1 if the library was built with MPI, so that landbc_config.parallel may be set; else 0. */
int32_t landbc_has_mpi(void);

/* Fills a configuration with defaults. NULL_ARGUMENT. */
int32_t landbc_config_default(landbc_config *config);

/* Loads the bundle, checks it, warms the model up. On failure *handle is null. NULL_ARGUMENT, ABI, ARGUMENT,
 * BUNDLE, MODEL, CELLS, FIELD_NAME (of from_bundle), TIME, DEVICE, IO, RESTART, MEMORY, INTERNAL. */
int32_t landbc_init(const landbc_config *config, landbc_handle **handle);

/* One coupling interval, 1 second to 366 days long. `inputs` are all of landbc_input that the bundle does not
 * supply, one value a cell, in any order; `outputs` any of landbc_output. Fractions (cells, classes) are of
 * the known pixels and sum to 1; a coverage (cells) is the share of the cell's area that they are of, and
 * where it is 0 so are they. A leaf area index is the mean over the cell's land, which its own coverage
 * tells. What adapters of the bundle make has the names and units of the land model's own variables
 * (docs/adapters.md). `changed` may be null. The first step that begins after the end of an emulator's step
 * (a year, a month, a dekad) runs it. A step that fails changes nothing: it may be repeated. The interval
 * just done may be asked again and gives the same outputs and `changed`; nothing is accumulated or recorded
 * twice. IO: the recording cannot be written; it ends there, and the step may be repeated without it.
 *
 * NULL_ARGUMENT, INVALID_HANDLE, ABI, ARGUMENT, FIELD_*, TIME, MODEL, DEVICE, IO, MEMORY, INTERNAL. */
int32_t landbc_step(landbc_handle *handle, const landbc_date *begin, int64_t interval_seconds,
                    const landbc_field *inputs, int32_t input_count, landbc_field *outputs,
                    int32_t output_count, int32_t *changed);

/* For replays of recordings of updates: what an emulator was given in one of its periods, in place of what
 * the steps of this handle gave. `quantity` is the emulator's; `accumulates` says what is accumulated for it,
 * as the recording's attribute accumulates_QUANTITY does, and must be the same; `period` is numbered and
 * `seconds` counted as there; `values` (inputs of that attribute x this rank's cells, cells fastest) are
 * sums, and `size` is their number. Not collective. NULL_ARGUMENT, INVALID_HANDLE, ARGUMENT, FIELD_NAME,
 * FIELD_SHAPE, FIELD_VALUE, MEMORY. */
int32_t landbc_set_accumulated(landbc_handle *handle, const char *quantity, const char *accumulates,
                               int64_t period, int64_t seconds, const double *values, int64_t size);

/* Numbers of inputs and outputs. NULL_ARGUMENT, INVALID_HANDLE. */
int32_t landbc_input_count(landbc_handle *handle, int32_t *count);
int32_t landbc_output_count(landbc_handle *handle, int32_t *count);

/* Describes input or output 0 ... count-1; its strings live as long as the handle. NULL_ARGUMENT,
 * INVALID_HANDLE, ABI, ARGUMENT. */
int32_t landbc_input(landbc_handle *handle, int32_t index, landbc_variable *variable);
int32_t landbc_output(landbc_handle *handle, int32_t index, landbc_variable *variable);

/* Fills outputs as they are between two steps, before the first one too: a host that allocates by the upper
 * bounds of an adapter (PCT_NAT_PFT_MAX and the like, which never change) asks for them here. NULL_ARGUMENT,
 * INVALID_HANDLE, ABI, ARGUMENT, FIELD_NAME, FIELD_SHAPE, FIELD_UNIT. */
int32_t landbc_get_outputs(landbc_handle *handle, landbc_field *outputs, int32_t output_count);

/* Number of land-use classes. NULL_ARGUMENT, INVALID_HANDLE. */
int32_t landbc_class_count(landbc_handle *handle, int32_t *count);

/* Name of land-use class 0 ... count-1. NULL_ARGUMENT, INVALID_HANDLE, ARGUMENT. */
int32_t landbc_class_name(landbc_handle *handle, int32_t index, const char **name);

/* The same of a quantity (land_use, land_cover), whose outputs tell its class_count; for an adapter's output
 * with rows the quantity is its own name. NULL_ARGUMENT, INVALID_HANDLE, FIELD_NAME, ARGUMENT. */
int32_t landbc_class_name_of(landbc_handle *handle, const char *quantity, int32_t index, const char **name);

/* The window that the handle covers. NULL_ARGUMENT, INVALID_HANDLE. */
int32_t landbc_get_window(landbc_handle *handle, landbc_window *window);

/* Copies a class map (land_use, land_cover) over the window (rows x cols bytes, north first, longitude
 * fastest; 255 unknown). `size` is the buffer's size in bytes. NULL_ARGUMENT, INVALID_HANDLE, FIELD_NAME,
 * FIELD_SHAPE, MEMORY, INTERNAL. */
int32_t landbc_get_map(landbc_handle *handle, const char *name, uint8_t *map, int64_t size);

/* Copies the values of a series' last finished step (leaf_area_index, m2 m-2) over the window, as
 * landbc_get_map; NaN where there is none. `size` is the buffer's size in values. NULL_ARGUMENT,
 * INVALID_HANDLE, FIELD_NAME, FIELD_SHAPE, MEMORY, INTERNAL. */
int32_t landbc_get_values(landbc_handle *handle, const char *name, float *values, int64_t size);

/* Timings, for benchmarks. NULL_ARGUMENT, INVALID_HANDLE, ABI. */
int32_t landbc_get_timings(landbc_handle *handle, landbc_timings *timings);

/* Writes all that the run needs to go on from the end of its last step, bit for bit: netCDF, under a
 * temporary name beside `path` (`path`.partial), checksummed, then renamed to `path`. Killed at any moment, a
 * file that was there stays as it was. NULL_ARGUMENT, INVALID_HANDLE, IO, MEMORY, INTERNAL. */
int32_t landbc_checkpoint(landbc_handle *handle, const char *path);

/* Ends the handle and sets *handle to null. A second call gives INVALID_HANDLE and does no harm.
 * NULL_ARGUMENT, INVALID_HANDLE, IO (the recording could not be closed; the handle is gone all the same). */
int32_t landbc_finalize(landbc_handle **handle);

/* cffi: end */

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif

#ifdef __cplusplus
}
#endif

#endif /* LANDBC_H */
