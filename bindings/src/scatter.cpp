#include "scatter.h"

namespace landbc {

Scatter::Scatter(const Overlaps &overlaps) : pixels_(overlaps.pixels), cells_(overlaps.cells) {
  for (int64_t k = 0; k < overlaps.count; ++k) {
    const int32_t pixel = overlaps.pixel[k];
    const int32_t cell = overlaps.cell[k];
    const double area = overlaps.area[k];
    if (!runs_.empty()) {
      Run &last = runs_.back();
      if (last.cell == cell && last.area == area && last.length < kLongest &&
          last.pixel + last.length == pixel) {
        ++last.length;
        continue;
      }
    }
    runs_.push_back({pixel, 1, cell, area});
  }
  runs_.shrink_to_fit();
}

}  // namespace landbc
