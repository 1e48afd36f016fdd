#include "recording_file.h"

#include <netcdf.h>

#include <algorithm>

namespace landbc {
namespace {

constexpr size_t kDigest = 64;

int netcdf_type(RecordType type) {
  switch (type) {
    case RecordType::int32:
      return NC_INT;
    case RecordType::int64:
      return NC_INT64;
    case RecordType::float32:
      return NC_FLOAT;
    default:
      return NC_DOUBLE;
  }
}

}  // namespace

RecordingFile::RecordingFile(const std::string &path, const RecordingHeader &header)
    : lock_(path),
      file_(path, NetcdfFile::Mode::create_classic, LANDBC_ERROR_IO),
      cells_(header.cell_id.size()),
      quantities_(header.quantities) {
  const int global = NetcdfFile::kGlobal;
  for (const auto &[name, value] : header.texts) file_.put_text(global, name, value);
  for (const auto &[name, value] : header.numbers) file_.put_number(global, name, value);
  block_dimension_ = file_.add_dimension("block", 0);
  cell_dimension_ = file_.add_dimension("cell", cells_);
  digest_dimension_ = file_.add_dimension("digest", kDigest);
  // The first of the data: what is cut off the end of the file does not reach it.
  written_ = file_.add_variable("steps_written", NC_INT64, {});
  file_.put_text(written_, "long_name", "steps that are in the file, -1 before there are any");
  const int ids = file_.add_variable("cell_id", NC_INT64, {cell_dimension_});
  std::map<std::string, std::pair<int, size_t>> names_of;
  for (const auto &[quantity, names] : header.classes) {
    size_t longest = 1;
    for (const std::string &name : names) longest = std::max(longest, name.size());
    const int of_classes = class_dimensions_[quantity] =
        file_.add_dimension(quantity + "_class", names.size());
    const int letters = file_.add_dimension(quantity + "_class_letter", longest);
    const int variable = file_.add_variable(quantity + "_class_name", NC_CHAR, {of_classes, letters});
    file_.put_text(variable, "_Encoding", "utf-8");
    names_of[quantity] = {variable, longest};
  }
  file_.end_definitions();
  file_.write(written_, {}, {}, &steps_written_);
  file_.write(ids, {0}, {cells_}, header.cell_id.data());
  for (const auto &[quantity, names] : header.classes) {
    const auto [variable, longest] = names_of[quantity];
    for (size_t c = 0; c < names.size(); ++c) {
      std::string text = names[c];
      text.resize(longest);
      file_.write(variable, {c, 0}, {1, longest}, text.data());
    }
  }
  file_.sync();
}

RecordingFile::Variable RecordingFile::add(const RecordColumn &column, bool of_steps) {
  std::vector<int> dimensions = {block_dimension_};
  if (of_steps) dimensions.push_back(step_dimension_);
  Variable variable{-1, column.type, {}};
  if (!column.classes_of.empty()) {
    dimensions.push_back(class_dimensions_.at(column.classes_of));
    variable.extents.push_back(column.width);
  }
  if (column.of_cells) {
    dimensions.push_back(cell_dimension_);
    variable.extents.push_back(cells_);
  }
  variable.id = file_.add_variable(column.name, netcdf_type(column.type), dimensions);
  if (!column.unit.empty()) file_.put_text(variable.id, "units", column.unit);
  return variable;
}

void RecordingFile::define(const std::vector<RecordColumn> &step, const std::vector<RecordColumn> &state,
                           size_t steps_per_block) {
  steps_per_block_ = steps_per_block;
  file_.begin_definitions();
  step_dimension_ = file_.add_dimension("step", steps_per_block);
  count_ = file_.add_variable("steps", NC_INT, {block_dimension_});
  file_.put_text(count_, "long_name", "steps of the block that were written");
  for (const RecordColumn &column : step) columns_.push_back(add(column, true));
  for (const RecordColumn &column : state) states_.push_back(add(column, false));
  for (const std::string &quantity : quantities_) {
    digest_variables_.push_back(
        file_.add_variable(quantity + "_sha256", NC_CHAR, {block_dimension_, digest_dimension_}));
    file_.put_text(digest_variables_.back(), "_Encoding", "utf-8");
  }
  file_.end_definitions();
}

void RecordingFile::write(const Variable &variable, size_t first, size_t steps, const uint8_t *values) {
  std::vector<size_t> start = {blocks_ - 1};
  std::vector<size_t> count = {1};
  if (steps > 0) {
    start.push_back(first);
    count.push_back(steps);
  }
  start.resize(start.size() + variable.extents.size());
  count.insert(count.end(), variable.extents.begin(), variable.extents.end());
  file_.write(variable.id, start, count, values);
}

void RecordingFile::set_state(std::vector<Bytes> values, std::vector<std::string> digests) {
  state_ = std::move(values);
  digests_ = std::move(digests);
  used_ = steps_per_block_;
}

void RecordingFile::begin_block() {
  ++blocks_;
  used_ = 0;
  for (size_t i = 0; i < states_.size(); ++i) write(states_[i], 0, 0, state_[i].data());
  for (size_t i = 0; i < digests_.size(); ++i)
    file_.write(digest_variables_[i], {blocks_ - 1, 0}, {1, kDigest}, digests_[i].data());
}

void RecordingFile::keep_state() {
  begin_block();
  const int32_t none = 0;
  file_.write(count_, {blocks_ - 1}, {1}, &none);
  used_ = steps_per_block_;
}

void RecordingFile::append(const std::vector<const uint8_t *> &columns, size_t count) {
  std::vector<std::pair<size_t, int32_t>> counted;
  for (size_t done = 0; done < count;) {
    if (blocks_ == 0 || used_ == steps_per_block_) begin_block();
    const size_t steps = std::min(count - done, steps_per_block_ - used_);
    for (size_t i = 0; i < columns_.size(); ++i) {
      size_t bytes = size_of(columns_[i].type);
      for (const size_t extent : columns_[i].extents) bytes *= extent;
      write(columns_[i], used_, steps, columns[i] + done * bytes);
    }
    used_ += steps;
    done += steps;
    counted.emplace_back(blocks_ - 1, static_cast<int32_t>(used_));
  }
  file_.sync();
  for (const auto &[block, steps] : counted) file_.write(count_, {block}, {1}, &steps);
  file_.sync();
  steps_written_ = std::max<int64_t>(steps_written_, 0) + static_cast<int64_t>(count);
  file_.write(written_, {}, {}, &steps_written_);
  file_.sync();
}

}  // namespace landbc
