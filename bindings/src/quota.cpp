#include "quota.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

namespace landbc {
namespace {

constexpr int64_t kPixels = 1024;  // more than a cell has
constexpr int64_t kNone = std::numeric_limits<int64_t>::max();
constexpr double kUnit = 1048576.0;       // 2^20 steps of a logit
constexpr double kLargest = 1048576.0;    // of a logit
constexpr double kRemainder = 1048576.0;  // remainders that differ by less than 2^-20 pixels are equal

// Rounds `wanted` of the given classes to integers that sum to `total`.
void round_to(int64_t total, int64_t classes, const uint8_t *given, std::vector<double> &wanted,
              int32_t *counts) {
  std::vector<int64_t> order;
  for (int64_t c = 0; c < classes; ++c) {
    if (given[c] == 0) continue;
    const double snapped = std::nearbyint(wanted[static_cast<size_t>(c)] * kRemainder) / kRemainder;
    const double whole = std::floor(snapped);
    counts[c] = static_cast<int32_t>(whole);
    wanted[static_cast<size_t>(c)] = snapped - whole;
    total -= counts[c];
    order.push_back(c);
  }
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
    return wanted[static_cast<size_t>(a)] > wanted[static_cast<size_t>(b)];
  });
  for (size_t i = 0; i < order.size() && total > 0; ++i, --total) ++counts[order[i]];
}

}  // namespace

void quota_counts(ConservationMode mode, int64_t classes, const int32_t *anchor, const double *then,
                  const double *now, const uint8_t *given, int32_t *counts) {
  std::copy_n(anchor, classes, counts);
  int64_t total = 0;
  double sum_then = 0.0;
  double sum_now = 0.0;
  for (int64_t c = 0; c < classes; ++c) {
    if (given[c] == 0) continue;
    total += anchor[c];
    sum_then += std::max(then[c], 0.0);
    sum_now += std::max(now[c], 0.0);
  }
  const bool delta = mode == ConservationMode::delta;
  if (mode == ConservationMode::off || total == 0 || !(sum_now > 0.0) || (delta && !(sum_then > 0.0))) return;
  const auto pixels = static_cast<double>(total);
  std::vector<double> wanted(static_cast<size_t>(classes), 0.0);
  double gained = 0.0;
  double lost = 0.0;
  for (int64_t c = 0; c < classes; ++c) {
    if (given[c] == 0) continue;
    double &value = wanted[static_cast<size_t>(c)];
    value = std::max(now[c], 0.0) / sum_now * pixels;
    if (!delta) continue;
    value -= std::max(then[c], 0.0) / sum_then * pixels;
    value = std::max(value, -static_cast<double>(anchor[c]));
    (value > 0.0 ? gained : lost) += std::abs(value);
  }
  if (delta) {
    const double moved = std::min(gained, lost);
    for (int64_t c = 0; c < classes; ++c) {
      if (given[c] == 0) continue;
      double &value = wanted[static_cast<size_t>(c)];
      const double all = value > 0.0 ? gained : lost;
      value = anchor[c] + (all > 0.0 ? value * (moved / all) : 0.0);
    }
  }
  round_to(total, classes, given, wanted, counts);
}

QuotaAllocator::QuotaAllocator(int64_t classes)
    : classes_(classes),
      held_(static_cast<size_t>(classes)),
      cheapest_(static_cast<size_t>(classes * classes)),
      heap_(static_cast<size_t>(classes * classes)),
      has_heap_(static_cast<size_t>(classes * classes)),
      distance_(static_cast<size_t>(classes)),
      parent_(static_cast<size_t>(classes)) {}

bool QuotaAllocator::allocate(const CellView &cell, int64_t rows, int64_t cols, const int32_t *counts) {
  place_row_.clear();
  place_col_.clear();
  class_of_.clear();
  std::fill(held_.begin(), held_.end(), 0);
  for (int64_t row = 0; row < rows; ++row) {
    const uint8_t *const active = cell.active + row * cell.active_row_step;
    const uint8_t *const codes = cell.codes + row * cell.codes_row_step;
    for (int64_t col = 0; col < cols; ++col) {
      if (active[col] == 0) continue;
      place_row_.push_back(row);
      place_col_.push_back(col);
      class_of_.push_back(codes[col]);
      ++held_[codes[col]];
    }
  }
  const auto pixels = static_cast<int64_t>(class_of_.size());
  if (std::accumulate(counts, counts + classes_, int64_t{0}) != pixels) return false;
  if (std::equal(held_.begin(), held_.end(), counts)) return true;
  read(cell);
  while (shortest_path(counts)) {
    // The pixels of a path are distinct, for each is of another class; all are known before any moves.
    path_.assign(1, sink_);
    for (int64_t c = parent_[static_cast<size_t>(sink_)]; c >= 0; c = parent_[static_cast<size_t>(c)])
      path_.push_back(c);
    std::reverse(path_.begin(), path_.end());
    moved_.clear();
    for (size_t i = 1; i < path_.size(); ++i)
      moved_.push_back(cheapest_[static_cast<size_t>(path_[i - 1] * classes_ + path_[i])] & (kPixels - 1));
    for (size_t i = 1; i < path_.size(); ++i) move(moved_[i - 1], path_[i - 1], path_[i]);
    --held_[static_cast<size_t>(path_.front())];
    ++held_[static_cast<size_t>(sink_)];
  }
  for (int64_t p = 0; p < pixels; ++p) {
    cell.codes[place_row_[static_cast<size_t>(p)] * cell.codes_row_step +
               place_col_[static_cast<size_t>(p)]] = class_of_[static_cast<size_t>(p)];
  }
  return true;
}

int64_t QuotaAllocator::key(int64_t pixel, int64_t from, int64_t to) const {
  const int64_t *const score = score_.data() + pixel * classes_;
  return (score[from] - score[to]) * kPixels + pixel;
}

void QuotaAllocator::read(const CellView &cell) {
  const auto pixels = static_cast<int64_t>(class_of_.size());
  score_.resize(static_cast<size_t>(pixels * classes_));
  std::fill(cheapest_.begin(), cheapest_.end(), kNone);
  std::fill(has_heap_.begin(), has_heap_.end(), uint8_t{0});
  for (int64_t p = 0; p < pixels; ++p) {
    const auto at = static_cast<size_t>(p);
    const float *const logit = cell.logits + place_row_[at] * cell.row_step + place_col_[at] * cell.col_step;
    int64_t *const score = score_.data() + p * classes_;
    for (int64_t c = 0; c < classes_; ++c) {
      const double value = logit[c * cell.class_step];
      score[c] = std::llrint(std::clamp(value, -kLargest, kLargest) * kUnit);
    }
    const int64_t from = class_of_[at];
    int64_t *const best = cheapest_.data() + from * classes_;
    const int64_t own = score[from];
    for (int64_t c = 0; c < classes_; ++c) {
      if (c != from) best[c] = std::min(best[c], (own - score[c]) * kPixels + p);
    }
  }
}

bool QuotaAllocator::shortest_path(const int32_t *counts) {
  bool any = false;
  for (int64_t c = 0; c < classes_; ++c) {
    const bool surplus = held_[static_cast<size_t>(c)] > counts[c];
    distance_[static_cast<size_t>(c)] = surplus ? 0 : kNone;
    parent_[static_cast<size_t>(c)] = -1;
    any = any || surplus;
  }
  if (!any) return false;
  for (bool changed = true; changed;) {
    changed = false;
    for (int64_t from = 0; from < classes_; ++from) {
      const int64_t here = distance_[static_cast<size_t>(from)];
      if (here == kNone) continue;
      const int64_t *const best = cheapest_.data() + from * classes_;
      for (int64_t to = 0; to < classes_; ++to) {
        // The shift rounds down, which takes the pixel off a negative cost too.
        if (best[to] == kNone || here + (best[to] >> 10) >= distance_[static_cast<size_t>(to)]) continue;
        distance_[static_cast<size_t>(to)] = here + (best[to] >> 10);
        parent_[static_cast<size_t>(to)] = from;
        changed = true;
      }
    }
  }
  int64_t nearest = kNone;
  for (int64_t c = 0; c < classes_; ++c) {
    if (held_[static_cast<size_t>(c)] < counts[c] && distance_[static_cast<size_t>(c)] < nearest) {
      nearest = distance_[static_cast<size_t>(c)];
      sink_ = c;
    }
  }
  return true;
}

void QuotaAllocator::move(int64_t pixel, int64_t from, int64_t to) {
  class_of_[static_cast<size_t>(pixel)] = static_cast<uint8_t>(to);
  for (int64_t c = 0; c < classes_; ++c) {
    const auto leaving = static_cast<size_t>(from * classes_ + c);
    if (c != from && cheapest_[leaving] == key(pixel, from, c)) renew(from, c);
    if (c == to) continue;
    const auto entering = static_cast<size_t>(to * classes_ + c);
    const int64_t entry = key(pixel, to, c);
    if (has_heap_[entering] != 0) {
      heap_[entering].push_back(entry);
      std::push_heap(heap_[entering].begin(), heap_[entering].end(), std::greater<>());
    }
    cheapest_[entering] = std::min(cheapest_[entering], entry);
  }
}

void QuotaAllocator::renew(int64_t from, int64_t to) {
  const auto at = static_cast<size_t>(from * classes_ + to);
  std::vector<int64_t> &heap = heap_[at];
  if (has_heap_[at] == 0) {
    heap.clear();
    const auto pixels = static_cast<int64_t>(class_of_.size());
    for (int64_t p = 0; p < pixels; ++p) {
      if (class_of_[static_cast<size_t>(p)] == from) heap.push_back(key(p, from, to));
    }
    std::make_heap(heap.begin(), heap.end(), std::greater<>());
    has_heap_[at] = 1;
  }
  while (!heap.empty() && class_of_[static_cast<size_t>(heap.front() & (kPixels - 1))] != from) {
    std::pop_heap(heap.begin(), heap.end(), std::greater<>());
    heap.pop_back();
  }
  cheapest_[at] = heap.empty() ? kNone : heap.front();
}

}  // namespace landbc
