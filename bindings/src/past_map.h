// A map of a series' past: in memory while outputs are made of it, and after that, where TMPDIR has room, in
// a scratch file, from which a tile's part comes when its turn comes. An emulator that sees the month of a
// year ago then holds no more memory than one that sees the last.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "scratch_file.h"
#include "series_map.h"

namespace landbc {

// No value where nothing may change, as SeriesUpdate makes them; complete, and never written again.
class PastMap {
 public:
  PastMap(std::shared_ptr<const LiveBlocks> blocks, SeriesMap map)
      : blocks_(std::move(blocks)), map_(std::move(map)) {}

  // Bytes of a map in a scratch file.
  static std::size_t size(const LiveBlocks &blocks);

  bool in_memory() const { return map_.has_value(); }
  const SeriesMap &map() const { return *map_; }
  // Moves it into the file. IO, and it stays where it is.
  void set_aside(const std::shared_ptr<ScratchFile> &file);
  // As PixelMap's. IO.
  at::Tensor rectangle(int64_t row, int64_t col, const at::Tensor &room) const;
  // In memory again, as another map: `empty` has no values. IO.
  SeriesMap copy(const SeriesMap &empty) const;

 private:
  std::shared_ptr<const LiveBlocks> blocks_;
  std::optional<SeriesMap> map_;
  std::unique_ptr<ScratchFile::Place> place_;
  mutable std::vector<int16_t> row_;  // room for a row of blocks
};

}  // namespace landbc
