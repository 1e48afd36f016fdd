// Who holds what: the strip of the window and the cells that this process works on, and what it brings from
// the others: climate for its tiles, and of maps of any type of numbers what its tiles' halos and its cells
// need. With one process it holds everything, and nothing travels.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "cells.h"
#include "changing_pixels.h"
#include "deal.h"
#include "domain.h"
#include "exchange.h"
#include "mesh.h"
#include "pixel_map.h"
#include "team.h"
#include "tiles.h"

namespace landbc {

class Distribution {
 public:
  // Collective. CELLS if ranks give a cell twice or cells are absent.
  Distribution(Team &team, const Bundle &bundle, const Mesh &mesh, const HostCells &cells,
               bool nearest_absent, int64_t core);

  const Window &region() const { return region_; }
  Tiling::Mine mine() const;
  // Cells given by all ranks together.
  int64_t given_cells() const { return given_cells_; }

  // Overlaps of the region's pixels with the cells that serve them.
  const Mesh &gather_overlaps() const { return gather_; }
  // Overlaps of this process's cells, by slot, with pixels numbered as `at_cells` gives them; which of them
  // lie in the window.
  const Mesh &scatter_overlaps() const { return scatter_; }
  const std::vector<uint8_t> &counted() const { return counted_; }
  // 1 at those pixels that may change.
  std::vector<uint8_t> changing(const ChangingPixels &region) const;
  // The engine's kernels keep what they need of the overlaps.
  void forget_overlaps();

  // Values (slot, variable) to (cell of gather_overlaps, variable). Collective.
  std::vector<double> climate(const std::vector<double> &values, size_t width) const;
  // The mean over all cells of values by slot, the same on every rank. Collective.
  double mean_of_cells(const HostCells &cells, const std::vector<double> &values) const;
  // Brings what neighbours have in the halos of this process's tiles into a map on the canvas. Collective.
  template <class T>
  void exchange_halos(const Canvas &canvas, PixelMap<T> &map) const;
  // A field of the extended window by strips of its rows: values (strip row, col).
  template <class T>
  using Strips = std::function<std::vector<T>(const Window &strip)>;
  // Such a field at the pixels of scatter_overlaps.
  template <class T>
  std::vector<T> field_at_cells(const Strips<T> &field) const;
  // How many pixels scatter_overlaps has; with one process they are the region's.
  size_t cell_pixels() const { return deal_ ? pixels_.size() : static_cast<size_t>(region_.pixels()); }
  bool one_process() const { return !deal_; }
  // Values of a map on the canvas at these pixels, where they may change; the others stay as they are.
  // Collective.
  template <class T>
  void at_cells(const Canvas &canvas, const PixelMap<T> &map, std::vector<T> &values) const;
  // A map over the window, on rank 0, where tiles have it; elsewhere it is `otherwise` over the extended
  // window. Collective.
  template <class T>
  std::vector<T> window_map(const PixelMap<T> &map, const std::vector<Tile> &tiles,
                            const std::function<std::vector<T>()> &otherwise) const;
  // Puts a map over the window into `values` over the region.
  template <class T>
  void put_window(const std::vector<T> &window_map, std::vector<T> &values) const;

  Team &team() const { return team_; }
  const Window &extended() const { return extended_; }
  // Pixels of the extended window, by index, that this process's tiles see, that may change, and that others
  // compute; and the rank that computes a pixel (this one where there is no other).
  const std::vector<int64_t> &halo() const { return halo_list_; }
  int owner(int64_t pixel) const;

 private:
  void serve_everything(const Mesh &mesh, const HostCells &cells, bool nearest_absent);
  std::vector<int> find_owners(const Mesh &mesh, const HostCells &cells) const;
  void take_region(const Mesh &mesh, const std::vector<int64_t> &serving, std::vector<int64_t> &needed);
  void take_pixels(const Mesh &mesh, const HostCells &cells);
  std::vector<int64_t> halo_pixels() const;
  template <class T>
  std::vector<T> cut_window(const std::vector<T> &extended) const;

  Team &team_;
  const Bundle &bundle_;
  Window extended_, region_;
  int64_t halo_, given_cells_ = 0;
  std::optional<Deal> deal_;
  Mesh gather_, scatter_;
  std::vector<uint8_t> counted_;
  std::optional<Exchange> climate_, halos_, cell_pixels_;
  std::vector<int64_t> halo_given_, halo_taken_, pixels_given_;  // indices in the region
  std::vector<int64_t> halo_list_;
  std::vector<int64_t> pixels_;    // of scatter_overlaps, in the extended window
  std::vector<int64_t> changing_;  // those of them that may change, as indices
};

}  // namespace landbc
