#include "static_fields.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace landbc {

at::Tensor channels_of(const at::Tensor &canvas, const Tile &tile, int64_t size) {
  return plane_of(canvas, tile, size).permute({2, 0, 1}).unsqueeze(0);
}

StaticFields::StaticFields(const Bundle &bundle, const Window &region, const Card &card,
                           const std::vector<std::string> &made, const Canvas &canvas, int64_t size,
                           c10::Device device)
    : file_(bundle.file("domain.nc")),
      extended_(bundle.extended()),
      region_(region),
      canvas_(canvas),
      size_(size),
      upload_(device) {
  const auto variables = static_cast<int64_t>(card.statics.size());
  for (int64_t v = 0; v < variables; ++v) {
    const StaticInput &input = card.statics[static_cast<size_t>(v)];
    const bool map =
        input.history || (input.current && std::find(made.begin(), made.end(), input.name) != made.end());
    (map ? maps_ : fields_).emplace_back(v, input.name);
    if (!map) {
      file_.keep_chunks(input.name);
      part(input.name, 0, 0, 1, 1);
    }
  }
  now_.assign(maps_.size(), nullptr);
  const bool whole = !device.is_cpu();
  const int64_t rows = whole ? canvas.rows.length : size;
  const int64_t cols = whole ? canvas.cols.length : size;
  values_ = at::zeros({rows, cols, variables}, at::TensorOptions().dtype(at::kFloat).device(device));
  if (!whole) codes_ = at::empty({maps_.empty() ? 0 : size, maps_.empty() ? 0 : size}, at::kByte);
  rest();
}

at::Tensor StaticFields::part(const std::string &name, int64_t row, int64_t col, int64_t rows,
                              int64_t cols) const {
  const auto size = [](int64_t n) { return static_cast<size_t>(n); };
  read_.resize(size(rows * cols));
  file_.open().read_into(name, {size(extended_.rows), size(extended_.cols)},
                         {size(region_.row - extended_.row + row), size(col)}, {size(rows), size(cols)},
                         read_.data());
  return at::from_blob(read_.data(), {rows, cols}, at::kFloat);
}

void StaticFields::refresh(const MapOf &map_of) {
  for (size_t m = 0; m < maps_.size(); ++m) {
    now_[m] = map_of(maps_[m].second);
    if (now_[m] == nullptr || values_.is_cpu()) continue;
    const at::Tensor channel = values_.select(2, maps_[m].first);
    channel.copy_(now_[m]->rectangle(0, 0, channel));
  }
}

void StaticFields::read(const std::string &name, const Tile &tile, const at::Tensor &to) const {
  canvas_.lay_tile(
      [&](int64_t row, int64_t col, int64_t rows, int64_t cols) { return part(name, row, col, rows, cols); },
      tile.row, tile.col, to);
}

// What the halos of two tiles share is sent twice, the same both times.
void StaticFields::send(const Tile &tile) {
  for (const auto &[channel, name] : fields_) {
    read(name, tile, upload_.room({size_, size_}, at::kFloat));
    upload_.send(plane_of(values_.select(2, channel), tile, size_));
  }
  sent_.emplace(tile.row, tile.col);
}

at::Tensor StaticFields::of(const Tile &tile) {
  if (!values_.is_cpu()) {
    if (!sent_.contains({tile.row, tile.col})) send(tile);
    return channels_of(values_, tile, size_);
  }
  for (const auto &[channel, name] : fields_) read(name, tile, values_.select(2, channel));
  for (size_t m = 0; m < maps_.size(); ++m) {
    if (now_[m] != nullptr)
      values_.select(2, maps_[m].first).copy_(now_[m]->rectangle(tile.row, tile.col, codes_));
  }
  return values_.permute({2, 0, 1}).unsqueeze(0);
}

}  // namespace landbc
