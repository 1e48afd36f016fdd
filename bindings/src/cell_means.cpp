#include "cell_means.h"

namespace landbc {

CellMeans::CellMeans(const FractionMaker &fractions, const std::vector<uint8_t> &land)
    : areas_(fractions.areas()), coverage_(static_cast<std::size_t>(areas_.cells())) {
  for (int64_t cell = 0; cell < areas_.cells(); ++cell) {
    double sum = 0.0;
    double lost = 0.0;
    each_pixel(cell, land, [&](std::size_t, double area) { add_term(area, sum, lost); });
    const auto c = static_cast<std::size_t>(cell);
    coverage_[c] = (sum + lost) / fractions.cell_area()[c];
  }
}

}  // namespace landbc
