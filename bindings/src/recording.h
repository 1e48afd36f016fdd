// The record of a coupled run (netCDF-4, format 3, docs/contracts.md): what the host gave, what it got, when,
// and fingerprints of the state, so that `pylandbc replay` can run it again and compare bits.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "netcdf_file.h"
#include "outputs.h"

namespace landbc {

struct RecordingHeader {
  std::vector<std::pair<std::string, std::string>> texts;
  std::vector<std::pair<std::string, int64_t>> numbers;
  std::vector<int64_t> cell_id;
  std::vector<std::string> quantities;                      // whose maps have fingerprints
  std::map<std::string, std::vector<std::string>> classes;  // by quantity
  OutputList outputs;
};

struct RecordedStep {
  landbc_date begin;
  int64_t interval_seconds;
  const std::vector<const landbc_field *> &inputs;  // null for those that the bundle supplied
  const OutputList &outputs;
  int32_t changed;
  const std::vector<std::string> &fingerprints;  // of the maps, by quantity
};

class Recording {
 public:
  // IO if the file cannot be made.
  Recording(const std::string &path, const RecordingHeader &header);

  // Appends a step, or writes the last one again if that had failed. FIELD_UNIT or FIELD_SHAPE if an input's
  // unit or type is another one than at the first step.
  void write(const RecordedStep &step, double wall_seconds);

  void sync() { file_.sync(); }
  void close() { file_.close(); }

 private:
  struct Input {
    std::string name, unit;
    int32_t type;
    int variable;
  };

  const Input &input_variable(const landbc_field &field);

  NetcdfFile file_;
  size_t cells_;
  size_t steps_ = 0;
  int step_dimension_, cell_dimension_;
  int year_, month_, day_, second_, interval_, changed_, wall_;
  std::vector<int> fingerprints_, outputs_;  // variables
  std::vector<Input> inputs_;
};

}  // namespace landbc
