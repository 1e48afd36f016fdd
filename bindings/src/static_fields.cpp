#include "static_fields.h"

#include <ATen/ATen.h>

namespace landbc {

at::Tensor channels_of(const at::Tensor &canvas, const Tile &tile, int64_t size) {
  return plane_of(canvas, tile, size).permute({2, 0, 1}).unsqueeze(0);
}

StaticFields::StaticFields(const Domain &domain, const Card &card, const Canvas &canvas, c10::Device device) {
  const int64_t rows = domain.region.rows;
  const int64_t cols = domain.region.cols;
  const auto variables = static_cast<int64_t>(card.statics.size());
  const at::Tensor host =
      at::from_blob(const_cast<float *>(domain.statics.data()), {rows, cols, variables}, at::kFloat);
  fields_ = at::empty({canvas.rows.length, canvas.cols.length, variables},
                      at::TensorOptions().dtype(at::kFloat).device(device));
  Canvas::lay(host.to(device), fields_, 0, canvas.rows, canvas.cols);
  for (int64_t v = 0; v < variables; ++v) {
    const StaticInput &input = card.statics[static_cast<size_t>(v)];
    if (input.current) maps_.emplace_back(v, input.name);
  }
}

void StaticFields::refresh(const MapOf &map_of) {
  for (const auto &[channel, quantity] : maps_) {
    if (const at::Tensor *const map = map_of(quantity)) fields_.select(2, channel).copy_(*map);
  }
}

}  // namespace landbc
