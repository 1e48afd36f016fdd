// The checkpoint of a coupled run (netCDF-4, format 3, docs/contracts.md): all that decides what comes next,
// so that a run continued from it gives the bits of the run that was not interrupted.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "accumulator.h"
#include "window.h"

namespace landbc {

// Of one emulator.
struct PhaseRestart {
  std::string quantity, emulator_sha256;
  int64_t next = 0;  // the period that its next update awaits
  std::vector<std::string> inputs;
  std::map<int64_t, Accumulator::Sum> sums;  // by period: (cell, input)
  // Of an emulator of classes: their names, and the map over the window (row, col).
  std::vector<std::string> classes;
  std::vector<uint8_t> codes;
  std::vector<uint8_t> history;  // of that map, where the emulator sees it; else empty
  // Of a series: maps over the window by step, and the hidden state's cells (number; cell, channel).
  std::map<int64_t, std::vector<int16_t>> maps;
  int64_t hidden_channels = 0;
  std::vector<int64_t> hidden_cell;
  std::vector<float> hidden;
};

struct Restart {
  std::string bundle_sha256;
  std::string calendar;
  std::string landbc_version;
  int32_t direction = 1;
  int64_t begin = 0, end = 0;  // of the last interval, in seconds of the calendar
  bool started = false;
  int32_t changed = 0;               // of the last step
  std::string begin_date, end_date;  // for the reader; the seconds count
  Window window;
  std::vector<std::string> inputs;
  std::vector<std::string> units;
  std::vector<int64_t> cell_id;    // ascending
  std::vector<double> last_valid;  // (cell, input), NaN where there is none
  std::vector<PhaseRestart> phases;
  // Leaf area of the last months, for adapters that make stem area of it (cell, month); empty where none
  // does. Of the month that has begun: the sum over its steps (cell), and how many they are.
  std::vector<double> leaf_months, leaf_begun;
  int64_t leaf_begun_steps = 0;
};

// Writes under a temporary name, then renames. IO.
void write_restart(const std::string &path, const Restart &restart);

// RESTART if it is no checkpoint, cut short, changed or of another version.
Restart read_restart(const std::string &path);

}  // namespace landbc
