// The file of a recording (netCDF CDF-5, format 5, docs/contracts.md): blocks of consecutive steps under one
// state of the land. Steps are appended, then counted, then counted as a whole at the file's beginning: a
// process that dies at any moment leaves a file that can be read, with the steps that were counted, and one
// that was cut short lacks some.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "file_lock.h"
#include "netcdf_file.h"
#include "record_column.h"

namespace landbc {

struct RecordingHeader {
  std::vector<std::pair<std::string, std::string>> texts;
  std::vector<std::pair<std::string, int64_t>> numbers;
  std::vector<int64_t> cell_id;
  std::vector<std::string> quantities;                      // whose maps have fingerprints
  std::map<std::string, std::vector<std::string>> classes;  // by quantity
};

class RecordingFile {
 public:
  // IO if the file cannot be made, or another run is writing it.
  RecordingFile(const std::string &path, const RecordingHeader &header);

  // What a step has, and a state: one value of each column a block. Called once.
  void define(const std::vector<RecordColumn> &step, const std::vector<RecordColumn> &state,
              size_t steps_per_block);
  // Makes the state that was told last a block of its own, without steps; after `define`.
  void keep_state();
  // What holds for the steps that follow; a digest for each of the header's quantities.
  void set_state(std::vector<Bytes> values, std::vector<std::string> digests);
  // Appends `count` steps: of each column the bytes, cells of all ranks.
  void append(const std::vector<const uint8_t *> &columns, size_t count);
  void close() { file_.close(); }

 private:
  struct Variable {
    int id;
    RecordType type;
    std::vector<size_t> extents;  // beyond block and step
  };

  Variable add(const RecordColumn &column, bool of_steps);
  void write(const Variable &variable, size_t first, size_t steps, const uint8_t *values);
  void begin_block();

  FileLock lock_;
  NetcdfFile file_;
  size_t cells_;
  size_t steps_per_block_ = 0;
  size_t blocks_ = 0;
  size_t used_ = 0;  // steps of the last block
  int block_dimension_ = -1, step_dimension_ = -1, cell_dimension_ = -1, digest_dimension_ = -1;
  std::map<std::string, int> class_dimensions_;
  int count_ = -1, written_ = -1;
  int64_t steps_written_ = -1;
  std::vector<std::string> quantities_;
  std::vector<Variable> columns_, states_;
  std::vector<int> digest_variables_;
  std::vector<Bytes> state_;
  std::vector<std::string> digests_;
};

}  // namespace landbc
