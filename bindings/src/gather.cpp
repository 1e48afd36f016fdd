#include "gather.h"

using std::size_t;

namespace landbc {

Gather::Gather(const Overlaps &overlaps) : pixels_(overlaps.pixels), start_(1, 0) {
  const auto add = [&](int64_t pixel, int32_t owner) {
    if (!run_owner_.empty() && run_owner_.back() == owner) return;
    run_begin_.push_back(static_cast<int32_t>(pixel));
    run_owner_.push_back(owner);
  };
  int64_t next = 0;  // pixel
  for (int64_t k = 0; k < overlaps.count;) {
    const int32_t pixel = overlaps.pixel[k];
    if (pixel > next) add(next, kNoCell);
    double total = 0.0;
    int64_t end = k;
    for (; end < overlaps.count && overlaps.pixel[end] == pixel; ++end) total += overlaps.area[end];
    if (end == k + 1) {
      add(pixel, overlaps.cell[k]);
    } else {
      const size_t before = cell_.size();
      for (int64_t i = k; i < end; ++i) {
        cell_.push_back(overlaps.cell[i]);
        weight_.push_back(overlaps.area[i] / total);
      }
      if (repeats_last_row(before)) {
        cell_.resize(before);
        weight_.resize(before);
      } else {
        start_.push_back(static_cast<int64_t>(cell_.size()));
      }
      add(pixel, 1 - static_cast<int32_t>(start_.size()));
    }
    next = pixel + 1;
    k = end;
  }
  if (next < pixels_) add(next, kNoCell);
  run_begin_.push_back(static_cast<int32_t>(pixels_));
  for (std::vector<int32_t> *const part : {&run_begin_, &run_owner_, &cell_}) part->shrink_to_fit();
  start_.shrink_to_fit();
  weight_.shrink_to_fit();
}

// Whether the entries from `begin` on are those of the row before.
bool Gather::repeats_last_row(size_t begin) const {
  if (start_.size() < 2) return false;
  const auto row = static_cast<size_t>(start_[start_.size() - 2]);
  if (cell_.size() - begin != begin - row) return false;
  const auto same = [&](const auto &values) {
    const auto at = [&](size_t i) { return values.begin() + static_cast<std::ptrdiff_t>(i); };
    return std::equal(at(row), at(begin), at(begin));
  };
  return same(cell_) && same(weight_);
}

size_t Gather::bytes() const {
  return (run_begin_.size() + run_owner_.size() + cell_.size()) * sizeof(int32_t) +
         start_.size() * sizeof(int64_t) + weight_.size() * sizeof(double);
}

}  // namespace landbc
