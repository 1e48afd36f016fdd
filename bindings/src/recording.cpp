#include "recording.h"

#include <algorithm>

#include "calendar.h"
#include "error.h"
#include "pack.h"

namespace landbc {
namespace {

// What is kept in memory, of all ranks together: still in the processor's caches when it is written.
constexpr size_t kKept = size_t{1} << 20;
// Of the file: long enough that a block's state is little beside its steps, short enough that what a state
// leaves unused of its last block is little.
constexpr size_t kBlock = size_t{64} << 10;
constexpr size_t kFewestSteps = 16;
constexpr int64_t kLongestBlock = 31 * kSecondsPerDay;

enum Head : size_t { year, month, day, second, interval, changed, wall, heads };

std::vector<RecordColumn> head_columns() {
  std::vector<RecordColumn> columns;
  for (const char *name : {"year", "month", "day", "second"})
    columns.push_back({name, "", RecordType::int32, false, ""});
  columns.push_back({"interval_seconds", "s", RecordType::int64, false, ""});
  columns.push_back({"changed", "", RecordType::int32, false, ""});
  columns.push_back({"wall_seconds", "s", RecordType::float64, false, ""});
  return columns;
}

RecordColumn output_column(const Output &output) {
  return {"output_" + output.name, output.unit, RecordType::float64, true, output.classes_of, output.width};
}

// What was given to an emulator: of which period, of how many seconds, and the sums by input.
void add_sum_columns(const std::vector<RecordedInput> &sums, std::vector<RecordColumn> &columns) {
  std::string before;
  for (const RecordedInput &input : sums) {
    const std::string name = "accumulated_" + input.quantity;
    if (input.quantity != before) {
      columns.push_back({name + "_period", "", RecordType::int64, false, ""});
      columns.push_back({name + "_seconds", "s", RecordType::int64, false, ""});
    }
    before = input.quantity;
    columns.push_back({name + "_" + input.name, input.unit, RecordType::float64, true, ""});
  }
}

size_t bytes_of(const RecordColumn &column, size_t cells) {
  return size_of(column.type) * column.width * (column.of_cells ? cells : 1);
}

// Rows of every rank as rows of all cells, rank by rank.
Bytes side_by_side(const std::vector<Bytes> &parts, size_t rows) {
  size_t size = 0;
  for (const Bytes &part : parts) size += part.size();
  Bytes all(size);
  size_t before = 0;
  for (const Bytes &part : parts) {
    const size_t row = part.size() / rows;
    if (row == 0) continue;
    for (size_t r = 0; r < rows; ++r)
      std::copy_n(part.data() + r * row, row, all.data() + r * (size / rows) + before);
    before += row;
  }
  return all;
}

}  // namespace

Recording::Recording(Team &team, const std::string &path, const RecordingHeader &header, size_t own_cells,
                     bool updates_alone, std::vector<RecordedInput> sums)
    : team_(team),
      own_cells_(own_cells),
      cells_(header.cell_id.size()),
      updates_alone_(updates_alone),
      sums_(std::move(sums)) {
  team_.together([&] {
    if (team_.rank() == 0) file_ = std::make_unique<RecordingFile>(path, header);
  });
  Bytes bytes = pack(&cells_, 1);
  team_.share(bytes);
  cells_ = unpack<size_t>({bytes})[0];
}

void Recording::check(const std::vector<const landbc_field *> &inputs) const {
  size_t column = heads;
  for (size_t i = 0; i < types_.size(); ++i) {
    if (types_[i] == 0 || inputs[i] == nullptr) continue;
    const landbc_field &field = *inputs[i];
    const std::string &unit = columns_[column++].unit;
    if (unit != field.unit) {
      fail(LANDBC_ERROR_FIELD_UNIT, "field '", field.name, "': unit '", field.unit,
           "', but it is being recorded in '", unit, "' since the first step");
    }
    if (types_[i] != field.type) {
      fail(LANDBC_ERROR_FIELD_SHAPE, "field '", field.name,
           "': its type differs from the one being recorded since the first step");
    }
  }
}

void Recording::begin(const RecordedStep &step) {
  columns_ = head_columns();
  for (const landbc_field *field : step.inputs) {
    types_.push_back(field == nullptr ? 0 : field->type);
    if (field == nullptr) continue;
    team_.agree(std::string("the type of input ") + field->name, field->type);
    columns_.push_back({std::string("input_") + field->name, field->unit,
                        field->type == LANDBC_FLOAT32 ? RecordType::float32 : RecordType::float64, true, ""});
  }
  for (const Output *output : step.moving) columns_.push_back(output_column(*output));
  size_t bytes = 0;
  for (const RecordColumn &column : columns_) bytes += bytes_of(column, cells_);
  most_ = std::max<size_t>(1, kKept / bytes);
  const auto in_time = static_cast<size_t>(std::max<int64_t>(1, kLongestBlock / step.interval_seconds));
  const size_t in_block =
      updates_alone_ ? size_t{1} : std::min(std::max(kFewestSteps, kBlock / bytes), in_time);
  team_.together([&] {
    for (RecordColumn &column : columns_) column.bytes.reserve(most_ * bytes_of(column, own_cells_));
    if (file_) file_->define(columns_, state_columns_, in_block);
  });
  write_states();
}

void Recording::set_state(const OutputList &outputs, const std::vector<std::string> &fingerprints) {
  set_state(outputs, fingerprints, {{}});
}

void Recording::set_state(const OutputList &outputs, const std::vector<std::string> &fingerprints,
                          const std::vector<std::vector<RecordedSums>> &rows) {
  flush();
  if (!begun()) {
    for (const Output *output : outputs) state_columns_.push_back(output_column(*output));
    add_sum_columns(sums_, state_columns_);
  }
  for (const std::vector<RecordedSums> &row : rows) {
    for (RecordColumn &column : state_columns_) column.bytes.clear();
    for (size_t i = 0; i < outputs.size(); ++i)
      state_columns_[i].add(outputs[i]->values.data(), outputs[i]->values.size());
    size_t column = outputs.size();
    size_t input = 0;
    for (const RecordedSums &sums : row) {
      state_columns_[column++].add(&sums.period, 1);
      state_columns_[column++].add(&sums.seconds, 1);
      const std::string &quantity = sums_[input].quantity;
      for (size_t v = 0; input < sums_.size() && sums_[input].quantity == quantity; ++v, ++input)
        state_columns_[column++].add(sums.values.data() + v * own_cells_, own_cells_);
    }
    std::vector<Bytes> values = of_all_ranks(state_columns_, 1);
    if (file_) states_.push_back({std::move(values), fingerprints});
  }
  if (!columns_.empty()) write_states();
}

void Recording::write_states() {
  team_.together([&] {
    for (size_t i = 0; i < states_.size(); ++i) {
      file_->set_state(std::move(states_[i].values), std::move(states_[i].fingerprints));
      if (i + 1 < states_.size()) file_->keep_state();
    }
  });
  states_.clear();
}

void Recording::add(const RecordedStep &step) {
  if (columns_.empty()) begin(step);
  const landbc_date &date = step.begin;
  columns_[Head::year].add(&date.year, 1);
  columns_[Head::month].add(&date.month, 1);
  columns_[Head::day].add(&date.day, 1);
  columns_[Head::second].add(&date.second, 1);
  columns_[Head::interval].add(&step.interval_seconds, 1);
  columns_[Head::changed].add(&step.changed, 1);
  columns_[Head::wall].add(&step.wall_seconds, 1);
  size_t column = Head::heads;
  for (const landbc_field *field : step.inputs) {
    if (field != nullptr) columns_[column++].add(field->data, static_cast<size_t>(field->shape[0]));
  }
  for (const Output *output : step.moving)
    columns_[column++].add(output->values.data(), output->values.size());
  if (++kept_ >= most_) flush();
}

std::vector<Bytes> Recording::of_all_ranks(const std::vector<RecordColumn> &columns, size_t steps) const {
  std::vector<Bytes> all;
  for (const RecordColumn &column : columns) {
    all.push_back(column.of_cells ? side_by_side(team_.collect(column.bytes), steps * column.width)
                                  : column.bytes);
  }
  return all;
}

void Recording::flush() {
  if (kept_ == 0) return;
  std::vector<Bytes> gathered;
  if (team_.size() > 1) gathered = of_all_ranks(columns_, kept_);
  team_.together([&] {
    if (!file_) return;
    std::vector<const uint8_t *> values;
    for (size_t i = 0; i < columns_.size(); ++i)
      values.push_back(gathered.empty() ? columns_[i].bytes.data() : gathered[i].data());
    try {
      file_->append(values, kept_);
    } catch (const Error &error) {
      fail(error.status(), error.what(), "; the recording ends with the ", written_,
           " steps that it holds, and the run may go on without it");
    }
  });
  written_ += static_cast<int64_t>(kept_);
  kept_ = 0;
  for (RecordColumn &column : columns_) column.bytes.clear();
}

void Recording::close() {
  flush();
  team_.together([&] {
    if (file_) file_->close();
  });
}

}  // namespace landbc
