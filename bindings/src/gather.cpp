#include "gather.h"

using std::size_t;

namespace landbc {

Gather::Gather(const Overlaps &overlaps)
    : owner_(static_cast<size_t>(overlaps.pixels), kNoCell), start_(1, 0) {
  for (int64_t k = 0; k < overlaps.count;) {
    const int32_t pixel = overlaps.pixel[k];
    double total = 0.0;
    int64_t end = k;
    for (; end < overlaps.count && overlaps.pixel[end] == pixel; ++end) total += overlaps.area[end];
    int32_t &owner = owner_[static_cast<size_t>(pixel)];
    if (end == k + 1) {
      owner = overlaps.cell[k];
    } else {
      owner = -static_cast<int32_t>(start_.size());
      for (int64_t i = k; i < end; ++i) {
        cell_.push_back(overlaps.cell[i]);
        weight_.push_back(overlaps.area[i] / total);
      }
      start_.push_back(static_cast<int64_t>(cell_.size()));
    }
    k = end;
  }
}

}  // namespace landbc
