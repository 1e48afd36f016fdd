// The hidden state of a recurrent emulator: numbers on cells of p x p pixels of the global lattice. Only
// cells with land of the window ever change; all others are zero, so that the choice of tiles cannot change a
// result. A state is never written again once it is complete.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "canvas.h"
#include "distribution.h"
#include "exchange.h"
#include "tiles.h"

namespace landbc {

class HiddenState {
 public:
  // BUNDLE if cells do not fit round a globe.
  HiddenState(const Distribution &distribution, const Canvas &canvas, const std::vector<Tile> &tiles,
              const std::vector<uint8_t> &active, int64_t channels, int64_t pixels, c10::Device device);

  // Settles what travels between ranks. Collective.
  void connect();

  // Zeros (channel, row, col), on the canvas.
  at::Tensor zeros() const;
  // A tile's part of it, (1, channel, row, col).
  at::Tensor of(const at::Tensor &state, const Tile &tile, int64_t size) const;
  // Takes a tile's core of what its emulator gave (1, channel, row, col). One bool where that is, false if a
  // number is not finite.
  at::Tensor put(const at::Tensor &state, const Tile &tile, int64_t core, int64_t halo,
                 const at::Tensor &given) const;
  // Brings what neighbours have. Collective.
  void exchange_halos(at::Tensor &state) const;

  // The cells that ever change, by their number on the globe, ascending, and their values (cell, channel); of
  // all ranks, on rank 0. Collective.
  struct Cells {
    std::vector<int64_t> number;
    std::vector<float> values;
  };
  Cells collect(const at::Tensor &state) const;
  // The other way: those of them that lie on this process's canvas.
  at::Tensor from(const Cells &cells) const;

 private:
  // Numbers of the cells that this process computes, ascending.
  std::vector<int64_t> own() const;
  at::Tensor positions(const std::vector<int64_t> &numbers) const;
  at::Tensor pick(const at::Tensor &state, const at::Tensor &positions) const;

  const Distribution &distribution_;
  const Canvas &canvas_;
  int64_t channels_, pixels_, rows_, cols_;  // of the state on the canvas
  c10::Device device_;
  at::Tensor changing_;           // 1 where this process computes a cell of the canvas (row, col)
  at::Tensor column_;             // round the globe: the inner column of each one
  std::vector<int64_t> halo_;     // numbers of cells that this process's tiles see and others compute
  std::vector<int> halo_owners_;  // ranks
  std::optional<Exchange> halos_;
  at::Tensor halo_given_, halo_taken_;  // positions
};

}  // namespace landbc
