#include "series_update.h"

#include <ATen/ATen.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <algorithm>
#include <sstream>
#include <tuple>

#include "error.h"
#include "stopwatch.h"

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

std::string extents(const at::Tensor &tensor) {
  std::ostringstream text;
  text << tensor.scalar_type() << " " << tensor.sizes();
  return text.str();
}

}  // namespace

SeriesUpdate::SeriesUpdate(const Bundle &bundle, const Card &card, const Periods &periods,
                           const Domain &domain, const Distribution &distribution,
                           const SeriesNormals &normals, std::unique_ptr<ModelRuntime> model, int64_t core,
                           c10::Device device)
    : model_(std::move(model)),
      card_(card),
      periods_(periods),
      normals_(normals),
      device_(device),
      core_(core),
      halo_(bundle.halo),
      region_(domain.region),
      scale_(card.series->lower, card.series->upper),
      gather_(coarse_overlaps(distribution.gather_overlaps(), domain.region)
                  .overlaps(domain.region.pixels() / (kCoarse * kCoarse))),
      canvas_(domain.region, core, bundle.halo),
      tiling_(domain, canvas_, core, bundle.halo, distribution.mine()),
      statics_(domain, card, canvas_, device),
      hidden_(distribution, canvas_, tiling_.tiles(), domain.active, card.series->hidden_channels,
              card.series->hidden_pixels, device) {
  const at::Tensor host = at::from_blob(const_cast<uint8_t *>(domain.active.data()),
                                        {domain.region.rows, domain.region.cols}, at::kByte);
  active_ = at::zeros({canvas_.rows.length, canvas_.cols.length}, at::kByte).to(device);
  Canvas::lay_inside(host.to(device), active_, canvas_.rows, canvas_.cols);
  active_ = active_.to(at::kBool);
  std::vector<float> latitude;
  for (int64_t row = 0; row < canvas_.rows.length; ++row) {
    const int64_t global = std::clamp(canvas_.rows.begin + row, int64_t{0}, kGlobalRows - 1);
    latitude.push_back(static_cast<float>(90.0 - (static_cast<double>(global) + 0.5) / 100));
  }
  latitude_ = at::tensor(latitude, at::kFloat).to(device);
  coarse_index_ = at::tensor(tiling_.coarse_index(), at::kLong).to(device);
}

at::Tensor SeriesUpdate::empty_map() const {
  return at::full({canvas_.rows.length, canvas_.cols.length}, kNoValue,
                  at::TensorOptions().dtype(at::kShort).device(device_));
}

at::Tensor SeriesUpdate::on_canvas(const std::vector<int16_t> &numbers) const {
  at::Tensor map = empty_map();
  const at::Tensor host = at::from_blob(const_cast<int16_t *>(numbers.data()),
                                        {canvas_.rows.extent, canvas_.cols.extent}, at::kShort);
  Canvas::lay_inside(host.to(device_), map, canvas_.rows, canvas_.cols);
  return at::where(active_, map, empty_map());
}

at::Tensor SeriesUpdate::on_canvas(const std::vector<float> &values) const {
  const at::Tensor numbers = scale_.numbers(at::tensor(values, at::kFloat));
  const auto *const first = numbers.const_data_ptr<int16_t>();
  return on_canvas(std::vector<int16_t>(first, first + numbers.numel()));
}

const at::Tensor &SeriesUpdate::normal(int64_t period) {
  const int64_t season = periods_.of_year(period);
  at::Tensor &canvas = of_season_[season];
  if (!canvas.defined()) {
    const std::vector<float> values = normals_.pixels(season, region_);
    const at::Tensor host =
        at::from_blob(const_cast<float *>(values.data()), {region_.rows, region_.cols}, at::kFloat);
    canvas = at::empty({canvas_.rows.length, canvas_.cols.length},
                       at::TensorOptions().dtype(at::kFloat).device(device_));
    Canvas::lay(host.to(device_), canvas, 0, canvas_.rows, canvas_.cols);
  }
  return canvas;
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
  Canvas::lay(host.to(device_), canvas, 1, canvas_.coarse_rows, canvas_.coarse_cols);
  return canvas.view(
      {static_cast<int64_t>(steps), 2 * static_cast<int64_t>(width), canvas.size(1), canvas.size(2)});
}

std::vector<at::Tensor> SeriesUpdate::arguments(const Tile &tile, const at::Tensor &climate,
                                                const at::Tensor &hidden, const std::vector<at::Tensor> &past,
                                                const std::vector<at::Tensor> &normals,
                                                const at::Tensor &time) const {
  const int64_t size = tiling_.size();
  const auto stacked = [&](const std::vector<at::Tensor> &maps) {
    std::vector<at::Tensor> parts;
    for (const at::Tensor &map : maps) parts.push_back(plane_of(map, tile, size));
    return at::stack(parts).unsqueeze(0);
  };
  const at::Tensor numbers = stacked(past);
  return {statics_.of(tile, size),
          climate.narrow(2, tile.coarse_row, tiling_.coarse_size())
              .narrow(3, tile.coarse_col, tiling_.coarse_size())
              .contiguous()
              .unsqueeze(0),
          coarse_index_,
          coarse_index_,
          scale_.values(numbers),
          numbers.ge(0).to(at::kByte),
          stacked(normals),
          latitude_.narrow(0, tile.row, size).unsqueeze(0),
          time,
          hidden_.of(hidden, tile, size)};
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
  // Work on an accelerator is only begun by now; waiting keeps the timings honest.
  if (!device_.is_cpu()) c10::impl::VirtualGuardImpl(device_.type()).synchronizeDevice(device_.index());
  return results;
}

void SeriesUpdate::warm_up() {
  if (tiling_.tiles().empty()) return;
  const std::vector<at::Tensor> past(card_.series->lags.size(), empty_map());
  const std::vector<at::Tensor> normals(card_.series->lags.size() + 1,
                                        at::zeros_like(past.front(), at::kFloat));
  const int64_t steps = card_.climate.empty() ? 0 : card_.climate_steps;
  const at::Tensor climate = at::zeros({steps, 2 * static_cast<int64_t>(card_.climate.size()),
                                        canvas_.coarse_rows.length, canvas_.coarse_cols.length},
                                       latitude_.options());
  const at::Tensor time = at::ones({1, 2}, latitude_.options());
  // The first run profiles, the second optimises.
  for (int i = 0; i < 2; ++i)
    forward(arguments(tiling_.tiles().front(), climate, hidden_.zeros(), past, normals, time));
}

at::Tensor SeriesUpdate::run(const SeriesStep &step, const SeriesMaps &maps, at::Tensor &hidden,
                             landbc_timings &timings) {
  Stopwatch watch;
  const at::Tensor climate = lay_climate(step);
  std::vector<at::Tensor> past;
  std::vector<at::Tensor> normals;
  std::map<int64_t, at::Tensor> used;
  const auto take_normal = [&](int64_t period) {
    normals.push_back(normal(period));
    used[periods_.of_year(period)] = normals.back();
  };
  for (const int64_t lag : card_.series->lags) {
    const auto found = maps.find(step.period - lag);
    past.push_back(found == maps.end() ? empty_map() : found->second);
    take_normal(step.period - lag);
  }
  take_normal(step.period);
  of_season_ = std::move(used);
  const at::Tensor time = at::tensor({step.day_of_year, step.co2}, at::kFloat).view({1, 2}).to(device_);
  at::Tensor map = empty_map();
  at::Tensor after = hidden_.zeros();
  timings.gather += watch.lap();
  for (const Tile &tile : tiling_.tiles()) {
    const auto inputs = arguments(tile, climate, hidden, past, normals, time);
    timings.features += watch.lap();
    const std::vector<at::Tensor> results = forward(inputs);
    timings.forward += watch.lap();
    const auto core = [&](const at::Tensor &all, int64_t row, int64_t col) {
      return all.narrow(0, row, tile.core_rows).narrow(1, col, tile.core_cols);
    };
    const at::Tensor values =
        core(results[0][0][card_.series->median], tile.core_row - tile.row, tile.core_col - tile.col);
    const at::Tensor active = core(active_, tile.core_row, tile.core_col);
    const bool sound = values.isnan().logical_and_(active).any().logical_not().item<bool>();
    if (!hidden_.put(after, tile, core_, halo_, results[1]) || !sound) {
      fail(LANDBC_ERROR_MODEL, "the emulator of ", card_.quantity,
           " gave NaN in the tile whose core begins at row ", canvas_.rows.begin + tile.core_row, ", column ",
           (canvas_.cols.begin + tile.core_col) % kGlobalCols,
           " of the 1 km grid; look at the climate inputs of the step just ended");
    }
    const at::Tensor numbers = scale_.numbers(values);
    core(map, tile.core_row, tile.core_col)
        .copy_(at::where(active, numbers, at::full_like(numbers, kNoValue)));
    timings.state += watch.lap();
  }
  timings.tiles += static_cast<int64_t>(tiling_.tiles().size());
  hidden = after;
  return map;
}

}  // namespace landbc
