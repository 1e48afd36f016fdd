#include "distribution.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cstring>

#include "error.h"
#include "pack.h"

namespace landbc {
namespace {

std::vector<int64_t> sorted_once(std::vector<int64_t> numbers) {
  std::sort(numbers.begin(), numbers.end());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  return numbers;
}

int64_t place_of(const std::vector<int64_t> &ascending, int64_t number) {
  return std::lower_bound(ascending.begin(), ascending.end(), number) - ascending.begin();
}

template <class T>
std::vector<T> pick(const Canvas &canvas, const PixelMap<T> &map, const std::vector<int64_t> &index) {
  std::vector<T> values(index.size());
  map.pick(canvas.positions(index), values.data());
  return values;
}

template <class T>
const uint8_t *bytes_of(const std::vector<T> &values) {
  return reinterpret_cast<const uint8_t *>(values.data());
}

template <class T>
uint8_t *bytes_of(std::vector<T> &values) {
  return reinterpret_cast<uint8_t *>(values.data());
}

}  // namespace

Distribution::Distribution(Team &team, const Bundle &bundle, const Mesh &mesh, const HostCells &cells,
                           bool nearest_absent, int64_t core)
    : team_(team), bundle_(bundle), extended_(bundle.extended()), region_(extended_), halo_(bundle.halo) {
  if (team.size() == 1) {
    serve_everything(mesh, cells, nearest_absent);
    return;
  }
  const std::vector<int> owners = find_owners(mesh, cells);
  std::vector<int64_t> needed;
  std::vector<int64_t> halo;
  team.together([&] {
    std::vector<uint8_t> given(owners.size());
    for (size_t i = 0; i < owners.size(); ++i) given[i] = owners[i] >= 0 ? 1 : 0;
    given_cells_ = std::count(given.begin(), given.end(), 1);
    const auto serving = stand_ins(mesh, given, nearest_absent);
    deal_.emplace(bundle, core, team.size());
    region_ = deal_->region(team.rank());
    take_region(mesh, serving, needed);
    take_pixels(mesh, cells);
    halo = halo_pixels();
  });

  std::vector<int> from;
  for (const int64_t position : needed) from.push_back(owners[static_cast<size_t>(position)]);
  climate_.emplace(team, needed, from, [&](int64_t position) { return place_of(cells.position, position); });

  const int64_t cols = extended_.cols;
  const int64_t shift = (region_.row - extended_.row) * cols;
  const auto own_place = [&](int64_t pixel) { return pixel - shift; };
  const auto owners_of = [&](const std::vector<int64_t> &pixels) {
    std::vector<int> result;
    for (const int64_t pixel : pixels) result.push_back(owner(pixel));
    return result;
  };
  halos_.emplace(team, halo, owners_of(halo), own_place);
  halo_list_ = halo;
  for (int64_t &pixel : halo) pixel -= shift;
  halo_taken_ = halo;
  halo_given_ = halos_->given();

  std::vector<int64_t> wanted;
  for (const int64_t i : changing_) wanted.push_back(pixels_[static_cast<size_t>(i)]);
  cell_pixels_.emplace(team, wanted, owners_of(wanted), own_place);
  pixels_given_ = cell_pixels_->given();
}

void Distribution::serve_everything(const Mesh &mesh, const HostCells &cells, bool nearest_absent) {
  std::vector<uint8_t> given(mesh.cell_id.size(), 0);
  for (const int64_t position : cells.position) given[static_cast<size_t>(position)] = 1;
  given_cells_ = cells.count();
  const auto serving = stand_ins(mesh, given, nearest_absent);
  gather_ = mesh;
  if (cells.position.size() < mesh.cell_id.size()) {
    for (int32_t &cell : gather_.overlap_cell) {
      const int64_t server = serving[static_cast<size_t>(cell)];
      cell = static_cast<int32_t>(place_of(cells.position, server));
    }
  }
  scatter_ = cells_of(mesh, cells.position);
  counted_ = window_mask(bundle_.window, extended_);
}

// The rank that gives each position of the mesh, -1 where none does.
std::vector<int> Distribution::find_owners(const Mesh &mesh, const HostCells &cells) const {
  const auto ranks = static_cast<size_t>(team_.size());
  const auto all = team_.all_to_all(std::vector<std::vector<int64_t>>(ranks, cells.position));
  std::vector<int> owners(mesh.cell_id.size(), -1);
  team_.together([&] {
    for (size_t r = 0; r < ranks; ++r) {
      for (const int64_t position : all[r]) {
        int &owner = owners[static_cast<size_t>(position)];
        if (owner >= 0) {
          fail(LANDBC_ERROR_CELLS, "cell id ", mesh.cell_id[static_cast<size_t>(position)],
               " is given by rank ", owner, " and by rank ", r, "; each cell is given once");
        }
        owner = static_cast<int>(r);
      }
    }
  });
  return owners;
}

// Overlaps of the region's pixels, with the cells that serve them numbered anew; `needed` says which they
// are.
void Distribution::take_region(const Mesh &mesh, const std::vector<int64_t> &serving,
                               std::vector<int64_t> &needed) {
  const int64_t first = (region_.row - extended_.row) * extended_.cols;
  const auto pixel_before = [](int32_t pixel, int64_t limit) { return pixel < limit; };
  const auto begin =
      std::lower_bound(mesh.overlap_pixel.begin(), mesh.overlap_pixel.end(), first, pixel_before);
  const auto end = std::lower_bound(begin, mesh.overlap_pixel.end(), first + region_.pixels(), pixel_before);
  const auto from = static_cast<size_t>(begin - mesh.overlap_pixel.begin());
  const auto to = static_cast<size_t>(end - mesh.overlap_pixel.begin());
  std::vector<uint8_t> used(mesh.cell_id.size(), 0);
  for (size_t k = from; k < to; ++k)
    used[static_cast<size_t>(serving[static_cast<size_t>(mesh.overlap_cell[k])])] = 1;
  std::vector<int32_t> number(used.size(), -1);
  for (size_t i = 0; i < used.size(); ++i) {
    if (used[i] == 0) continue;
    number[i] = static_cast<int32_t>(needed.size());
    needed.push_back(static_cast<int64_t>(i));
    gather_.cell_id.push_back(mesh.cell_id[i]);
  }
  for (size_t k = from; k < to; ++k) {
    const int64_t server = serving[static_cast<size_t>(mesh.overlap_cell[k])];
    gather_.overlap_pixel.push_back(static_cast<int32_t>(mesh.overlap_pixel[k] - first));
    gather_.overlap_cell.push_back(number[static_cast<size_t>(server)]);
    gather_.overlap_area.push_back(mesh.overlap_area[k]);
  }
}

// The pixels of this process's cells, wherever they lie.
void Distribution::take_pixels(const Mesh &mesh, const HostCells &cells) {
  const Mesh own = cells_of(mesh, cells.position);
  const auto in_window = window_mask(bundle_.window, extended_);
  scatter_ = own;
  scatter_.overlap_pixel.clear();
  scatter_.overlap_cell.clear();
  scatter_.overlap_area.clear();
  for (size_t k = 0; k < own.overlap_pixel.size(); ++k) {
    const int32_t pixel = own.overlap_pixel[k];
    if (in_window[static_cast<size_t>(pixel)] == 0) continue;
    // A number is left out where pixels were left out, so that a cell's pixels that do not lie beside each
    // other have no numbers beside each other: its area is then summed as in a run of one process.
    if (!pixels_.empty() && pixels_.back() + 1 < pixel) pixels_.push_back(pixel - 1);
    if (pixels_.empty() || pixels_.back() != pixel) pixels_.push_back(pixel);
    // Overlaps go by pixel, so that the numbers do as well.
    scatter_.overlap_pixel.push_back(static_cast<int32_t>(pixels_.size()) - 1);
    scatter_.overlap_cell.push_back(own.overlap_cell[k]);
    scatter_.overlap_area.push_back(own.overlap_area[k]);
  }
  counted_.assign(pixels_.size(), 1);
  const NetcdfFile file(bundle_.file("domain.nc"), NetcdfFile::Mode::read, LANDBC_ERROR_BUNDLE);
  const auto active =
      field_at_cells<uint8_t>([&](const Window &strip) { return read_active(file, bundle_, strip); });
  for (size_t i = 0; i < active.size(); ++i) {
    if (active[i] != 0) changing_.push_back(static_cast<int64_t>(i));
  }
}

// Pixels of the extended window that this process's tiles see, that may change, and that others compute.
std::vector<int64_t> Distribution::halo_pixels() const {
  const NetcdfFile file(bundle_.file("domain.nc"), NetcdfFile::Mode::read, LANDBC_ERROR_BUNDLE);
  const auto active = read_active(file, bundle_, region_);
  const int64_t first = region_.row - extended_.row;
  const int64_t cols = extended_.cols;
  std::vector<int64_t> pixels;
  for (const Deal::Core &core : deal_->cores()) {
    if (core.rank != team_.rank()) continue;
    const int64_t begin = std::max(core.row - halo_, int64_t{0});
    const int64_t end = std::min(core.row + core.rows + halo_, extended_.rows);
    const bool around = extended_.periodic();
    const int64_t west = around ? core.col - halo_ : std::max(core.col - halo_, int64_t{0});
    const int64_t east = around ? core.col + core.cols + halo_ : std::min(core.col + core.cols + halo_, cols);
    for (int64_t row = begin; row < end; ++row) {
      for (int64_t c = west; c < east; ++c) {
        const int64_t col = (c % cols + cols) % cols;
        if (active[static_cast<size_t>((row - first) * cols + col)] == 0) continue;
        if (deal_->owner(row, col) != team_.rank()) pixels.push_back(row * cols + col);
      }
    }
  }
  return sorted_once(std::move(pixels));
}

Tiling::Mine Distribution::mine() const {
  if (!deal_) return [](int64_t, int64_t) { return true; };
  return [this](int64_t row, int64_t col) { return deal_->owner_of_core(row, col) == team_.rank(); };
}

void Distribution::forget_overlaps() {
  gather_ = {};
  scatter_ = {};
  counted_ = std::vector<uint8_t>();  // {} would keep the memory
}

std::vector<double> Distribution::climate(const std::vector<double> &values, size_t width) const {
  if (!climate_) return values;
  const size_t cells = climate_->wanted();
  std::vector<double> needed(cells * width);
  climate_->move(reinterpret_cast<const uint8_t *>(values.data()), width * sizeof(double),
                 reinterpret_cast<uint8_t *>(needed.data()));
  return needed;
}

double Distribution::mean_of_cells(const HostCells &cells, const std::vector<double> &values) const {
  const auto positions = unpack<int64_t>(team_.collect(pack(cells.position)));
  const auto all = unpack<double>(team_.collect(pack(values)));
  std::vector<std::pair<int64_t, double>> ordered;
  for (size_t i = 0; i < all.size(); ++i) ordered.emplace_back(positions[i], all[i]);
  std::sort(ordered.begin(), ordered.end());
  double sum = 0.0;
  for (const auto &[position, value] : ordered) sum += value;
  Bytes mean = pack(std::vector<double>{ordered.empty() ? 0.0 : sum / static_cast<double>(ordered.size())});
  team_.share(mean);
  return unpack<double>({mean}).front();
}

template <class T>
void Distribution::exchange_halos(const Canvas &canvas, PixelMap<T> &map) const {
  if (!halos_) return;
  const std::vector<T> given = pick(canvas, map, halo_given_);
  std::vector<T> taken(halo_taken_.size());
  halos_->move_listed(bytes_of(given), sizeof(T), bytes_of(taken));
  map.put(canvas.positions(halo_taken_), taken.data());
}

std::vector<uint8_t> Distribution::changing(const ChangingPixels &region) const {
  if (!cell_pixels_) return region.over_region();
  std::vector<uint8_t> mask(pixels_.size(), 0);
  for (const int64_t i : changing_) mask[static_cast<size_t>(i)] = 1;
  return mask;
}

int Distribution::owner(int64_t pixel) const {
  return deal_ ? deal_->owner(pixel / extended_.cols, pixel % extended_.cols) : team_.rank();
}

template <class T>
std::vector<T> Distribution::field_at_cells(const Strips<T> &field) const {
  if (!deal_) return field(region_);
  std::vector<T> values(pixels_.size());
  constexpr int64_t kStrip = 256;
  for (size_t i = 0; i < pixels_.size();) {
    Window strip = extended_;
    const int64_t row = pixels_[i] / extended_.cols;
    strip.row = extended_.row + row;
    strip.rows = std::min(kStrip, extended_.rows - row);
    const std::vector<T> part = field(strip);
    const int64_t first = row * extended_.cols;
    for (; i < pixels_.size() && pixels_[i] < first + strip.pixels(); ++i)
      values[i] = part[static_cast<size_t>(pixels_[i] - first)];
  }
  return values;
}

template <class T>
void Distribution::at_cells(const Canvas &canvas, const PixelMap<T> &map, std::vector<T> &values) const {
  if (!cell_pixels_) return map.over_region(values);
  const std::vector<T> given = pick(canvas, map, pixels_given_);
  std::vector<T> received(changing_.size());
  cell_pixels_->move_listed(bytes_of(given), sizeof(T), bytes_of(received));
  for (size_t i = 0; i < changing_.size(); ++i) values[static_cast<size_t>(changing_[i])] = received[i];
}

template <class T>
std::vector<T> Distribution::cut_window(const std::vector<T> &extended) const {
  const Window &window = bundle_.window;
  std::vector<T> map(static_cast<size_t>(window.pixels()));
  const int64_t col = extended_.column_offset(window);
  const int64_t before_wrap = std::min(window.cols, extended_.cols - col);
  for (int64_t row = 0; row < window.rows; ++row) {
    const T *const from = extended.data() + (window.row - extended_.row + row) * extended_.cols;
    T *const to = map.data() + row * window.cols;
    std::copy_n(from + col, before_wrap, to);
    std::copy_n(from, window.cols - before_wrap, to + before_wrap);
  }
  return map;
}

template <class T>
std::vector<T> Distribution::window_map(const PixelMap<T> &map, const std::vector<Tile> &tiles,
                                        const std::function<std::vector<T>()> &otherwise) const {
  if (!deal_) {
    std::vector<T> values(static_cast<size_t>(region_.pixels()));
    map.over_region(values);
    return cut_window(values);
  }
  Bytes packed;
  for (const Tile &tile : tiles) {
    const at::Tensor core =
        map.rectangle(tile.core_row, tile.core_col, map.room(tile.core_rows, tile.core_cols))
            .to(at::kCPU)
            .contiguous();
    const auto *const bytes = static_cast<const uint8_t *>(core.const_data_ptr());
    packed.insert(packed.end(), bytes, bytes + core.nbytes());
  }
  const std::vector<Bytes> all = team_.collect(packed);
  std::vector<T> result;
  team_.together([&] {
    if (team_.rank() != 0) return;
    std::vector<T> values = otherwise();
    std::vector<size_t> next(all.size(), 0);
    for (const Deal::Core &core : deal_->cores()) {
      const auto rank = static_cast<size_t>(core.rank);
      const size_t line = static_cast<size_t>(core.cols) * sizeof(T);
      for (int64_t row = 0; row < core.rows; ++row) {
        std::memcpy(values.data() + (core.row + row) * extended_.cols + core.col,
                    all[rank].data() + next[rank], line);
        next[rank] += line;
      }
    }
    result = cut_window(values);
  });
  return result;
}

template <class T>
void Distribution::put_window(const std::vector<T> &window_map, std::vector<T> &values) const {
  const Window &window = bundle_.window;
  const int64_t cols = extended_.cols;
  const int64_t offset = extended_.column_offset(window);
  for (int64_t row = 0; row < region_.rows; ++row) {
    const int64_t r = region_.row + row - window.row;
    if (r < 0 || r >= window.rows) continue;
    for (int64_t c = 0; c < window.cols; ++c) {
      values[static_cast<size_t>(row * cols + (offset + c) % cols)] =
          window_map[static_cast<size_t>(r * window.cols + c)];
    }
  }
}

template std::vector<uint8_t> Distribution::field_at_cells(const Strips<uint8_t> &) const;
template std::vector<float> Distribution::field_at_cells(const Strips<float> &) const;
template void Distribution::exchange_halos(const Canvas &, PixelMap<uint8_t> &) const;
template void Distribution::exchange_halos(const Canvas &, PixelMap<int16_t> &) const;
template void Distribution::at_cells(const Canvas &, const PixelMap<uint8_t> &, std::vector<uint8_t> &) const;
template void Distribution::at_cells(const Canvas &, const PixelMap<int16_t> &, std::vector<int16_t> &) const;
template std::vector<uint8_t> Distribution::window_map(const PixelMap<uint8_t> &, const std::vector<Tile> &,
                                                       const std::function<std::vector<uint8_t>()> &) const;
template std::vector<int16_t> Distribution::window_map(const PixelMap<int16_t> &, const std::vector<Tile> &,
                                                       const std::function<std::vector<int16_t>()> &) const;
template void Distribution::put_window(const std::vector<uint8_t> &, std::vector<uint8_t> &) const;
template void Distribution::put_window(const std::vector<int16_t> &, std::vector<int16_t> &) const;

}  // namespace landbc
