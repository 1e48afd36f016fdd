// How long each pixel has kept its class, for emulators that want to know: codes that travel with a class map
// from year to year (docs/contracts.md, "History").
#pragma once

#include <cstdint>
#include <vector>

#include "changing_pixels.h"
#include "staged_map.h"

namespace landbc {

constexpr uint8_t kHistoryYears = 10;  // after which a change is forgotten
constexpr uint8_t kHistoryCodes = 2 * kHistoryYears + 1;

class History {
 public:
  // `codes` (row, col) over the canvas's region; nothing is known beyond.
  History(const std::vector<uint8_t> &codes, const ChangingPixels &changing, c10::Device device);

  void begin() noexcept { map_.begin(); }
  void begin_year() { map_.begin_year(); }
  // Ends a year that led from one class map to another; pixels that may not change keep their codes.
  void end_year(const PixelMap<uint8_t> &before, const PixelMap<uint8_t> &after);
  void restore(const std::vector<uint8_t> &codes) { map_.current().take_region(codes); }
  void commit() noexcept { map_.commit(); }

  // What belongs to the class map that tiles see, and to the current one.
  const PixelMap<uint8_t> &seen() const { return map_.seen(); }
  const PixelMap<uint8_t> &written() const { return map_.written(); }
  const PixelMap<uint8_t> &current() const { return map_.current(); }

 private:
  const ChangingPixels &changing_;
  StagedMap map_;
};

}  // namespace landbc
