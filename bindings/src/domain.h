// Initial class maps (domain.nc), as host arrays: of the extended window, or of the strip of its rows that
// this process holds.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bundle.h"
#include "card.h"
#include "netcdf_file.h"

namespace landbc {

constexpr uint8_t kUnknown = 255;

// What one emulator takes from domain.nc.
struct Domain {
  Window window;
  Window region;                // what the arrays cover
  std::vector<uint8_t> codes;   // (row, col), the first class map of the card's quantity; none of a series
  std::vector<uint8_t> active;  // (row, col), as read_active
};

// 1 at the region's pixels that lie in the window, (row, col).
std::vector<uint8_t> window_mask(const Window &window, const Window &region);

// BUNDLE if a map that the card names is absent or of another extent, or a class is not in the card.
Domain read_domain(const Bundle &bundle, const Card &card, const Window &region);

// A first class map over a strip of the extended window.
std::vector<uint8_t> read_codes(const NetcdfFile &file, const std::string &quantity, const Bundle &bundle,
                                const Window &strip);
// 1 where the land use of a strip may change: in the window, known, and land.
std::vector<uint8_t> read_active(const NetcdfFile &file, const Bundle &bundle, const Window &strip);

}  // namespace landbc
