// Who holds what: the strip of the window and the cells that this process works on, and what it brings from
// the others: climate for its tiles, classes for its tiles' halos and for its cells. With one process it
// holds everything, and nothing travels.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "cells.h"
#include "deal.h"
#include "domain.h"
#include "exchange.h"
#include "mesh.h"
#include "state.h"
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
  // Overlaps of this process's cells, by slot, with pixels numbered as `codes` gives them; and which count.
  const Mesh &scatter_overlaps() const { return scatter_; }
  const std::vector<uint8_t> &counted() const { return counted_; }
  // The engine's kernels keep what they need of the overlaps.
  void forget_overlaps();

  // Values (slot, variable) to (cell of gather_overlaps, variable). Collective.
  std::vector<double> climate(const std::vector<double> &values, size_t width) const;
  // Brings what neighbours wrote in the halos of this process's tiles into `state`. Collective.
  void exchange_halos(State &state) const;
  // Classes of the pixels of scatter_overlaps, from what was written. Collective; valid until the next call.
  const uint8_t *codes(const State &state);
  const uint8_t *initial_codes(const Domain &domain) const;
  // The class map over the window, on rank 0: current, or as it was written. Collective.
  std::vector<uint8_t> window_map(const State &state, const std::vector<Tile> &tiles, bool written) const;
  // Takes a map over the window in place of the initial one, here and in `codes` over the region.
  void restore(const std::vector<uint8_t> &window_map, std::vector<uint8_t> &codes);

 private:
  void serve_everything(const Mesh &mesh, const HostCells &cells, bool nearest_absent);
  std::vector<int> find_owners(const Mesh &mesh, const HostCells &cells) const;
  void take_region(const Mesh &mesh, const std::vector<int64_t> &serving, std::vector<int64_t> &needed);
  void take_pixels(const Mesh &mesh, const HostCells &cells);
  std::vector<int64_t> halo_pixels() const;
  std::vector<uint8_t> cut_window(const std::vector<uint8_t> &extended) const;

  Team &team_;
  const Bundle &bundle_;
  Window extended_, region_;
  int64_t halo_, given_cells_ = 0;
  std::optional<Deal> deal_;
  Mesh gather_, scatter_;
  std::vector<uint8_t> counted_;
  std::optional<Exchange> climate_, halos_, cell_pixels_;
  at::Tensor halo_given_, halo_taken_, pixels_given_;  // indices in the region
  std::vector<int64_t> pixels_;                        // of scatter_overlaps, in the extended window
  std::vector<int64_t> changing_;                      // those of them that may change, as indices
  std::vector<uint8_t> codes_, received_;
  at::Tensor map_;  // keeps the classes alive that `codes` gives out
};

}  // namespace landbc
