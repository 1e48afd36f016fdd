#include "class_areas.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "scatter.h"

using std::size_t;

namespace landbc {
namespace {

// The sums of so many runs lose no digits that matter.
constexpr size_t kRuns = 64;

// kOne[256 + c] has a one in byte c for c = 0 ... 7; codes below and above count for nothing.
constexpr std::array<uint64_t, 512> make_ones() {
  std::array<uint64_t, 512> ones{};
  for (size_t c = 0; c < 8; ++c) ones[256 + c] = uint64_t{1} << (8 * c);
  return ones;
}
constexpr std::array<uint64_t, 512> kOne = make_ones();

}  // namespace

ClassAreas::ClassAreas(const Overlaps &overlaps, const std::vector<uint8_t> &inside)
    : start_(static_cast<size_t>(overlaps.cells) + 1, 0) {
  const auto counted = [&](int64_t k) { return inside[static_cast<size_t>(overlaps.pixel[k])] != 0; };
  // The overlaps by cell; a cell's pixels stay in order.
  std::vector<size_t> next(start_.size(), 0);
  for (int64_t k = 0; k < overlaps.count; ++k) {
    if (counted(k)) ++next[static_cast<size_t>(overlaps.cell[k]) + 1];
  }
  for (size_t c = 1; c < next.size(); ++c) next[c] += next[c - 1];
  const std::vector<size_t> begin = next;
  std::vector<int64_t> order(next.back());
  for (int64_t k = 0; k < overlaps.count; ++k) {
    if (counted(k)) order[next[static_cast<size_t>(overlaps.cell[k])]++] = k;
  }
  for (size_t c = 0; c + 1 < start_.size(); ++c) {
    const size_t before = runs_.size();
    for (size_t i = begin[c]; i < begin[c + 1]; ++i) {
      const int32_t pixel = overlaps.pixel[order[i]];
      const double area = overlaps.area[order[i]];
      const bool goes_on = runs_.size() > before && runs_.back().area == area &&
                           runs_.back().length < kLongest &&
                           runs_.back().pixel + runs_.back().length == pixel;
      if (goes_on) {
        ++runs_.back().length;
      } else {
        runs_.push_back({pixel, 1, area});
      }
    }
    start_[c + 1] = static_cast<int64_t>(runs_.size());
  }
  runs_.shrink_to_fit();
}

void ClassAreas::sum(const uint8_t *codes, int64_t classes, int64_t first, int64_t last,
                     double *areas) const {
  const auto all = static_cast<size_t>(classes);
  std::vector<double> part(all + 7), lost(all);
  for (int64_t cell = first; cell < last; ++cell) {
    double *const out = areas + cell * classes;
    std::fill_n(out, all, 0.0);
    std::fill(lost.begin(), lost.end(), 0.0);
    const auto end = static_cast<size_t>(start_[static_cast<size_t>(cell) + 1]);
    for (auto k = static_cast<size_t>(start_[static_cast<size_t>(cell)]); k < end;) {
      std::fill(part.begin(), part.end(), 0.0);
      for (const size_t stop = std::min(k + kRuns, end); k < stop; ++k) {
        const Run &run = runs_[k];
        const uint8_t *const from = codes + run.pixel;
        if (run.length == 1) {
          if (*from < classes) part[*from] += run.area;
        } else {
          for (int64_t c = 0; c < classes; c += 8) count_eight(from, run, c, &part[static_cast<size_t>(c)]);
        }
      }
      for (size_t c = 0; c < all; ++c) add_term(part[c], out[c], lost[c]);
    }
    for (size_t c = 0; c < all; ++c) out[c] += lost[c];
  }
}

// Adds the areas of the classes lowest ... lowest + 7 in a run.
void ClassAreas::count_eight(const uint8_t *codes, const Run &run, int64_t lowest, double *areas) {
  uint64_t counters = 0;
  for (int32_t i = 0; i < run.length; ++i) counters += kOne[static_cast<size_t>(codes[i] - lowest + 256)];
  for (int64_t c = 0; c < 8; ++c) {
    areas[c] += run.area * static_cast<double>((counters >> (8 * c)) & 255);
  }
}

}  // namespace landbc
