// A map of bytes that changes in steps which may fail: what is written is current only when it is committed.
// A change may hold several years, each of which sees what the one before it wrote.
#pragma once

#include <array>
#include <cstdint>

#include "pixel_map.h"

namespace landbc {

class StagedMap {
 public:
  explicit StagedMap(PixelMap<uint8_t> first) : maps_{std::move(first)} { maps_[1] = maps_[0]; }

  // Begins a change from the current map.
  void begin() noexcept {
    seen_ = current_;
    written_ = current_;
  }
  // Begins a year: what was written becomes what is seen.
  void begin_year() {
    seen_ = written_;
    // One of the maps that is neither current nor seen.
    written_ = current_ == seen_ ? (seen_ == 0 ? 1 : 0) : 3 - current_ - seen_;
    if (!maps_[written_].defined()) maps_[written_] = maps_[seen_];
    maps_[written_].take(maps_[seen_]);
  }
  // Makes what was written current.
  void commit() noexcept { current_ = written_; }

  PixelMap<uint8_t> &written() { return maps_[written_]; }
  const PixelMap<uint8_t> &written() const { return maps_[written_]; }
  const PixelMap<uint8_t> &seen() const { return maps_[seen_]; }
  PixelMap<uint8_t> &current() { return maps_[current_]; }
  const PixelMap<uint8_t> &current() const { return maps_[current_]; }

  std::size_t bytes() const {
    std::size_t all = maps_[0].shared_bytes();
    for (const PixelMap<uint8_t> &map : maps_) all += map.bytes();
    return all;
  }

 private:
  std::array<PixelMap<uint8_t>, 3> maps_;  // the third only where two years follow each other in one step
  std::size_t current_ = 0, seen_ = 0, written_ = 0;
};

}  // namespace landbc
