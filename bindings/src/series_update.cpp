#include "series_update.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <sstream>
#include <tuple>

#include "device.h"
#include "error.h"
#include "laps.h"
#include "tile_check.h"

namespace landbc {
namespace {

// The areas that 0.25 degree cells share with those of the mesh, from the pixels'.
Mesh coarse_overlaps(const Mesh &fine, const Window &region) {
  struct Shared {
    int32_t coarse, cell;
    double area;
  };
  std::vector<Shared> all;
  for (size_t k = 0; k < fine.overlap_pixel.size(); ++k) {
    const int64_t row = fine.overlap_pixel[k] / region.cols / kCoarse;
    const int64_t col = fine.overlap_pixel[k] % region.cols / kCoarse;
    all.push_back({static_cast<int32_t>(row * (region.cols / kCoarse) + col), fine.overlap_cell[k],
                   fine.overlap_area[k]});
  }
  std::stable_sort(all.begin(), all.end(), [](const Shared &a, const Shared &b) {
    return std::tie(a.coarse, a.cell) < std::tie(b.coarse, b.cell);
  });
  Mesh coarse;
  coarse.cell_id = fine.cell_id;
  for (const Shared &one : all) {
    const bool same = !coarse.overlap_pixel.empty() && coarse.overlap_pixel.back() == one.coarse &&
                      coarse.overlap_cell.back() == one.cell;
    if (same) {
      coarse.overlap_area.back() += one.area;
      continue;
    }
    coarse.overlap_pixel.push_back(one.coarse);
    coarse.overlap_cell.push_back(one.cell);
    coarse.overlap_area.push_back(one.area);
  }
  return coarse;
}

// The emulator's own halo where the bundle's, which serves all emulators, is wider.
int64_t narrow_halo(const Card &card, int64_t halo) {
  return card.halo < halo && card.halo % card.multiple == 0 ? card.halo : halo;
}

std::string extents(const at::Tensor &tensor) {
  std::ostringstream text;
  text << tensor.scalar_type() << " " << tensor.sizes();
  return text.str();
}

}  // namespace

SeriesUpdate::SeriesUpdate(const PhaseSurroundings &around, const Card &card, const Periods &periods,
                           const Domain &domain, const SeriesNormals &normals,
                           std::unique_ptr<ModelRuntime> model)
    : model_(std::move(model)),
      card_(card),
      periods_(periods),
      normals_(normals),
      device_(around.device),
      core_(around.core),
      halo_(narrow_halo(card, around.bundle.halo)),
      region_(domain.region),
      scale_(card.series->lower, card.series->upper),
      gather_(coarse_overlaps(around.distribution.gather_overlaps(), domain.region)
                  .overlaps(domain.region.pixels() / (kCoarse * kCoarse))),
      canvas_(around.changing.blocks()->canvas()),
      tiling_(domain, canvas_, core_, halo_, around.distribution.mine()),
      statics_(around.bundle, domain.region, card, around.made, canvas_, tiling_.size(), device_),
      hidden_(around.distribution, canvas_, tiling_.tiles(), domain.active, card.series->hidden_channels,
              card.series->hidden_pixels, device_),
      changing_(around.changing),
      nothing_(changing_.blocks(), std::vector<int16_t>(static_cast<size_t>(region_.pixels()), kNoValue),
               kNoValue, device_),
      upload_(device_) {
  std::vector<float> latitude;
  for (int64_t row = 0; row < canvas_.rows.length; ++row) {
    const int64_t global = std::clamp(canvas_.rows.begin + row, int64_t{0}, kGlobalRows - 1);
    latitude.push_back(static_cast<float>(90.0 - (static_cast<double>(global) + 0.5) / 100));
  }
  latitude_ = at::tensor(latitude, at::kFloat).to(device_);
  coarse_index_ = at::tensor(tiling_.coarse_index(), at::kLong).to(device_);
  const auto lags = static_cast<int64_t>(card.series->lags.size());
  const int64_t size = tiling_.size();
  const auto room = [&](int64_t planes, at::ScalarType type) {
    return at::zeros({planes, size, size}, at::TensorOptions().dtype(type).device(device_));
  };
  numbers_ = room(lags, at::kShort);
  past_ = room(lags, at::kFloat);
  known_ = room(lags, at::kByte);
  normals_here_ = room(lags + 1, at::kFloat);
  core_active_ = changing_.room(core_, core_);
  core_numbers_ = nothing_.room(core_, core_);
  nothing_.forget();
}

SeriesMap SeriesUpdate::on_canvas(const std::vector<int16_t> &numbers) const {
  std::vector<int16_t> active(numbers.size());
  const std::vector<uint8_t> changes = changing_.over_region();
  for (size_t p = 0; p < numbers.size(); ++p) active[p] = changes[p] != 0 ? numbers[p] : kNoValue;
  SeriesMap map = empty();
  map.take_region(active);
  return map;
}

SeriesMap SeriesUpdate::on_canvas(const std::vector<float> &values) const {
  std::vector<int16_t> numbers(values.size());
  // In pieces, for the conversion takes several times the memory of what it converts.
  constexpr size_t kPiece = 1 << 16;
  for (size_t first = 0; first < values.size(); first += kPiece) {
    const size_t count = std::min(kPiece, values.size() - first);
    const at::Tensor piece = scale_.numbers(
        at::from_blob(const_cast<float *>(values.data()) + first, {static_cast<int64_t>(count)}, at::kFloat));
    std::copy_n(piece.const_data_ptr<int16_t>(), count, numbers.data() + first);
  }
  return on_canvas(numbers);
}

void SeriesUpdate::read_normals(int64_t of_year, const Tile &tile, const at::Tensor &to) {
  canvas_.lay_tile(
      [&](int64_t row, int64_t col, int64_t rows, int64_t cols) {
        normals_.part(of_year, region_, row, col, rows, cols, read_);
        return at::from_blob(read_.data(), {rows, cols}, at::kFloat);
      },
      tile.row, tile.col, to);
}

at::Tensor SeriesUpdate::keep_normals(int64_t of_year, const Tile &tile) {
  Kept &kept = kept_normals_[of_year];
  if (!kept.canvas.defined())
    kept.canvas = at::empty({canvas_.rows.length, canvas_.cols.length}, latitude_.options());
  at::Tensor there = plane_of(kept.canvas, tile, tiling_.size());
  if (!kept.tiles.contains({tile.row, tile.col})) {
    read_normals(of_year, tile, upload_.room(there.sizes(), at::kFloat));
    upload_.send(there);
    kept.tiles.emplace(tile.row, tile.col);
  }
  return there;
}

// The bundle's file holds them for the CPU.
void SeriesUpdate::lay_normals(const Tile &tile, const std::vector<int64_t> &of_year) {
  for (size_t i = 0; i < of_year.size(); ++i) {
    const at::Tensor here = normals_here_.select(0, static_cast<int64_t>(i));
    if (device_.is_cpu()) {
      read_normals(of_year[i], tile, here);
    } else {
      here.copy_(keep_normals(of_year[i], tile));
    }
  }
}

// (step, variable, lat, lon) on the canvas: each variable, then its normals.
at::Tensor SeriesUpdate::lay_climate(const SeriesStep &step) {
  const size_t width = card_.climate.size();
  const size_t steps = width == 0 ? 0 : static_cast<size_t>(card_.climate_steps);
  const int64_t rows = region_.rows / kCoarse;
  const int64_t cols = region_.cols / kCoarse;
  const auto size = static_cast<size_t>(rows * cols);
  std::vector<float> fields(steps * 2 * width * size);
  for (size_t k = 0; k < steps; ++k) {
    const int64_t season =
        periods_.of_year(step.period + 1 - static_cast<int64_t>(steps) + static_cast<int64_t>(k));
    std::vector<float> cells(size * width);
    if (!step.climate[k].empty()) {
      const std::vector<double> &values = step.climate[k];
      const std::vector<float> rounded(values.begin(), values.end());
      gather_.apply(values.data(), rounded.data(), static_cast<int64_t>(width), 0, gather_.pixels(),
                    cells.data());
    }
    for (size_t v = 0; v < width; ++v) {
      const std::vector<float> normals = normals_.climate(v, season, region_);
      float *const here = fields.data() + (k * 2 * width + v) * size;
      std::copy(normals.begin(), normals.end(), here + width * size);
      for (size_t i = 0; i < size; ++i) here[i] = step.climate[k].empty() ? normals[i] : cells[i * width + v];
    }
  }
  const auto channels = static_cast<int64_t>(steps * 2 * width);
  const at::Tensor host = at::from_blob(fields.data(), {channels, rows, cols}, at::kFloat);
  at::Tensor canvas = at::empty({channels, canvas_.coarse_rows.length, canvas_.coarse_cols.length},
                                at::TensorOptions().dtype(at::kFloat).device(device_));
  Canvas::lay(upload_.send_copy(host), canvas, 1, canvas_.coarse_rows, canvas_.coarse_cols);
  return canvas.view(
      {static_cast<int64_t>(steps), 2 * static_cast<int64_t>(width), canvas.size(1), canvas.size(2)});
}

std::vector<at::Tensor> SeriesUpdate::arguments(const Tile &tile, const Shared &shared) {
  const int64_t size = tiling_.size();
  for (size_t i = 0; i < shared.past.size(); ++i) {
    const at::Tensor room = numbers_.select(0, static_cast<int64_t>(i));
    if (shared.past[i] == nullptr) {
      room.fill_(kNoValue);
      continue;
    }
    const at::Tensor found = shared.past[i]->rectangle(tile.row, tile.col, room);
    if (!found.is_same(room)) room.copy_(found);
  }
  scale_.values(numbers_, past_, known_);
  lay_normals(tile, shared.normals);
  return {statics_.of(tile),
          shared.climate.narrow(2, tile.coarse_row, tiling_.coarse_size())
              .narrow(3, tile.coarse_col, tiling_.coarse_size())
              .contiguous()
              .unsqueeze(0),
          coarse_index_,
          coarse_index_,
          past_.unsqueeze(0),
          known_.unsqueeze(0),
          normals_here_.unsqueeze(0),
          latitude_.narrow(0, tile.row, size).unsqueeze(0),
          shared.time,
          hidden_.of(shared.hidden, tile, size)};
}

std::vector<at::Tensor> SeriesUpdate::forward(const std::vector<at::Tensor> &arguments) {
  std::vector<at::Tensor> results = model_->forward(arguments, 2);
  const int64_t size = tiling_.size();
  const std::vector<int64_t> wanted{1, card_.series->levels, size, size};
  if (results[0].scalar_type() != at::kFloat || results[0].sizes() != at::IntArrayRef(wanted) ||
      results[1].scalar_type() != at::kFloat || results[1].sizes() != arguments.back().sizes()) {
    fail(LANDBC_ERROR_MODEL, "the emulator's results are ", extents(results[0]), " and ", extents(results[1]),
         " where Float [1, ", card_.series->levels, ", ", size, ", ", size, "] and ",
         extents(arguments.back()), " follow from its card");
  }
  return results;
}

void SeriesUpdate::warm_up() {
  if (tiling_.tiles().empty()) return;
  const int64_t steps = card_.climate.empty() ? 0 : card_.climate_steps;
  Shared shared;
  shared.climate = at::zeros({steps, 2 * static_cast<int64_t>(card_.climate.size()),
                              canvas_.coarse_rows.length, canvas_.coarse_cols.length},
                             latitude_.options());
  shared.hidden = hidden_.zeros();
  shared.time = at::ones({1, 2}, latitude_.options());
  shared.past.assign(card_.series->lags.size(), nullptr);
  // The first run profiles, the second optimises.
  for (int i = 0; i < 2; ++i) forward(arguments(tiling_.tiles().front(), shared));
  wait_for(device_);
  statics_.rest();
}

SeriesMap SeriesUpdate::run(const SeriesStep &step, const SeriesMaps &maps, at::Tensor &hidden,
                            landbc_timings &timings) {
  Laps laps(device_);
  TileCheck check(canvas_, "the emulator of " + card_.quantity, "step");
  Shared shared;
  shared.climate = lay_climate(step);
  shared.hidden = hidden;
  for (const int64_t lag : card_.series->lags) {
    const auto found = maps.find(step.period - lag);
    shared.past.push_back(found == maps.end() ? nullptr : found->second.get());
    shared.normals.push_back(periods_.of_year(step.period - lag));
  }
  shared.normals.push_back(periods_.of_year(step.period));
  std::erase_if(kept_normals_, [&](const auto &kept) {
    return std::find(shared.normals.begin(), shared.normals.end(), kept.first) == shared.normals.end();
  });
  shared.time = upload_.send_copy(at::tensor({step.day_of_year, step.co2}, at::kFloat).view({1, 2}));
  SeriesMap map = empty();
  at::Tensor after = hidden_.zeros();
  laps.lap(timings.gather);
  for (const Tile &tile : tiling_.tiles()) {
    const auto inputs = arguments(tile, shared);
    laps.lap(timings.features);
    const std::vector<at::Tensor> results = forward(inputs);
    laps.lap(timings.forward);
    const auto core = [&](const at::Tensor &all, int64_t row, int64_t col) {
      return all.narrow(0, row, tile.core_rows).narrow(1, col, tile.core_cols);
    };
    const at::Tensor values =
        core(results[0][0][card_.series->median], tile.core_row - tile.row, tile.core_col - tile.col);
    const at::Tensor active = changing_.rectangle(tile.core_row, tile.core_col, core(core_active_, 0, 0));
    at::Tensor numbers = core(core_numbers_, 0, 0);
    const at::Tensor sound = scale_.put(values, active, numbers);
    check.take(tile, sound.logical_and(hidden_.put(after, tile, core_, halo_, results[1])));
    map.put(tile.core_row, tile.core_col, numbers);
    laps.lap(timings.state);
  }
  check.settle();
  laps.finish();
  timings.tiles += static_cast<int64_t>(tiling_.tiles().size());
  hidden = after;
  return map;
}

}  // namespace landbc
