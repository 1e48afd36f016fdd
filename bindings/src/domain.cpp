#include "domain.h"

#include <algorithm>

#include "error.h"

namespace landbc {
namespace {

template <class T>
std::vector<T> read_strip(const NetcdfFile &file, const std::string &name, const Bundle &bundle,
                          const Window &strip) {
  const Window extended = bundle.extended();
  const auto size = [](int64_t n) { return static_cast<size_t>(n); };
  // Else the library keeps the memory of as many chunks as it read.
  file.keep_chunks(name);
  return file.read_part<T>(name, {size(extended.rows), size(extended.cols)},
                           {size(strip.row - extended.row), 0}, {size(strip.rows), size(strip.cols)});
}

}  // namespace

std::vector<uint8_t> window_mask(const Window &window, const Window &region) {
  std::vector<uint8_t> inside(static_cast<size_t>(region.pixels()), 0);
  const int64_t first = std::max(window.row, region.row);
  const int64_t last = std::min(window.row + window.rows, region.row + region.rows);
  const int64_t first_col = region.column_offset(window);
  for (int64_t row = first; row < last; ++row) {
    for (int64_t col = 0; col < window.cols; ++col) {
      const int64_t at = (first_col + col) % region.cols;
      inside[static_cast<size_t>((row - region.row) * region.cols + at)] = 1;
    }
  }
  return inside;
}

std::vector<uint8_t> read_codes(const NetcdfFile &file, const std::string &quantity, const Bundle &bundle,
                                const Window &strip) {
  return read_strip<uint8_t>(file, quantity, bundle, strip);
}

std::vector<uint8_t> read_active(const NetcdfFile &file, const Bundle &bundle, const Window &strip) {
  const auto codes = read_codes(file, "land_use", bundle, strip);
  const auto mask = read_strip<float>(file, "land_mask", bundle, strip);
  auto active = window_mask(bundle.window, strip);
  for (size_t p = 0; p < active.size(); ++p)
    active[p] = active[p] != 0 && codes[p] != kUnknown && mask[p] == 1.0F ? 1 : 0;
  return active;
}

Domain read_domain(const Bundle &bundle, const Card &card, const Window &region) {
  Domain domain;
  domain.window = bundle.window;
  domain.region = region;
  const NetcdfFile file(bundle.file("domain.nc"), NetcdfFile::Mode::read, LANDBC_ERROR_BUNDLE);

  domain.active = read_active(file, bundle, region);
  if (!card.classes) return domain;
  const size_t classes = card.classes->classes.size();
  domain.codes = read_codes(file, card.quantity, bundle, region);
  for (const uint8_t code : domain.codes) {
    if (code != kUnknown && code >= classes) {
      fail(LANDBC_ERROR_BUNDLE, bundle.file("domain.nc"), ": ", card.quantity, " holds class ",
           static_cast<int>(code), ", but the emulator has ", classes, " classes");
    }
  }
  return domain;
}

}  // namespace landbc
