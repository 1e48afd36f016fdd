#include "domain.h"

#include "error.h"
#include "netcdf_file.h"

namespace landbc {

std::vector<uint8_t> window_mask(const Domain &domain) {
  std::vector<uint8_t> inside(static_cast<size_t>(domain.extended.pixels()), 0);
  const int64_t first_row = domain.window.row - domain.extended.row;
  const int64_t first_col = domain.extended.column_offset(domain.window);
  for (int64_t row = 0; row < domain.window.rows; ++row) {
    for (int64_t col = 0; col < domain.window.cols; ++col) {
      const int64_t at = (first_col + col) % domain.extended.cols;
      inside[static_cast<size_t>((first_row + row) * domain.extended.cols + at)] = 1;
    }
  }
  return inside;
}

Domain read_domain(const Bundle &bundle, const Card &card) {
  Domain domain;
  domain.window = bundle.window;
  domain.extended = bundle.extended();
  const auto rows = static_cast<size_t>(domain.extended.rows);
  const auto cols = static_cast<size_t>(domain.extended.cols);
  const size_t pixels = rows * cols;
  const NetcdfFile file(bundle.file("domain.nc"), NetcdfFile::Mode::read, LANDBC_ERROR_BUNDLE);

  const size_t width = card.statics.size();
  domain.statics.resize(pixels * width);
  for (size_t v = 0; v < width; ++v) {
    const auto field = file.read<float>(card.statics[v], {rows, cols});
    for (size_t p = 0; p < pixels; ++p) domain.statics[p * width + v] = field[p];
  }

  domain.land_use = file.read<uint8_t>("land_use", {rows, cols});
  const auto mask = file.read<float>("land_mask", {rows, cols});
  domain.active.resize(pixels);
  const auto inside = window_mask(domain);
  for (size_t p = 0; p < pixels; ++p) {
    const uint8_t code = domain.land_use[p];
    if (code != kUnknown && code >= card.classes.size()) {
      fail(LANDBC_ERROR_BUNDLE, bundle.file("domain.nc"), ": land_use holds class ", static_cast<int>(code),
           ", but the emulator has ", card.classes.size(), " classes");
    }
    domain.active[p] = inside[p] != 0 && code != kUnknown && mask[p] == 1.0F ? 1 : 0;
  }
  return domain;
}

}  // namespace landbc
