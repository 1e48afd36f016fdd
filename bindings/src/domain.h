// The extended window's static fields and initial land use (domain.nc), as host arrays.
#pragma once

#include <cstdint>
#include <vector>

#include "bundle.h"
#include "card.h"

namespace landbc {

constexpr uint8_t kUnknown = 255;

struct Domain {
  Window window;
  Window extended;
  std::vector<float> statics;     // (row, col, variable), card order
  std::vector<uint8_t> land_use;  // (row, col)
  std::vector<uint8_t>
      active;  // (row, col), 1 where the emulator may change the class: in the window, known, and land
};

// 1 at the extended window's pixels that lie in the window, (row, col).
std::vector<uint8_t> window_mask(const Domain &domain);

// BUNDLE if a field that the card names is absent or of another extent, or a class is not in the card.
Domain read_domain(const Bundle &bundle, const Card &card);

}  // namespace landbc
