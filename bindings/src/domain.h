// Static fields and initial land use (domain.nc), as host arrays: of the extended window, or of the strip of
// its rows that this process holds.
#pragma once

#include <cstdint>
#include <vector>

#include "bundle.h"
#include "card.h"
#include "netcdf_file.h"

namespace landbc {

constexpr uint8_t kUnknown = 255;

struct Domain {
  Window window;
  Window region;                  // what the arrays cover
  std::vector<float> statics;     // (row, col, variable), card order
  std::vector<uint8_t> land_use;  // (row, col)
  std::vector<uint8_t>
      active;  // (row, col), 1 where the emulator may change the class: in the window, known, and land
};

// 1 at the region's pixels that lie in the window, (row, col).
std::vector<uint8_t> window_mask(const Window &window, const Window &region);

// BUNDLE if a field that the card names is absent or of another extent, or a class is not in the card.
Domain read_domain(const Bundle &bundle, const Card &card, const Window &region);

// The initial land use of a strip of the extended window, and where it may change (as Domain::active).
std::vector<uint8_t> read_land_use(const NetcdfFile &file, const Bundle &bundle, const Window &strip);
std::vector<uint8_t> read_active(const NetcdfFile &file, const Bundle &bundle, const Window &strip);

}  // namespace landbc
