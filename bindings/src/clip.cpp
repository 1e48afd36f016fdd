#include "clip.h"

#include <algorithm>
#include <cmath>

#include "coverage.h"
#include "outline.h"

using std::size_t;

namespace landbc {
namespace {

// The first of the columns and their number that hold the outline, no more than the window's.
void fit_columns(const Outline &outline, const PixelWindow &window, int64_t &column, int64_t &width) {
  column = static_cast<int64_t>(std::floor(outline.west));
  width = std::min(static_cast<int64_t>(std::floor(outline.east)) + 1 - column, kCols);
  if (width >= window.cols) {
    column = window.col;
    width = window.cols;
  }
}

// Sorts the overlaps of each row; those of pixels that a polygon holds alone are slivers of neighbours.
std::vector<Overlap> sort_rows(std::vector<std::vector<Overlap>> &rows, const int32_t *owner) {
  size_t total = 0;
  for (const auto &row : rows) total += row.size();
  std::vector<Overlap> sorted;
  sorted.reserve(total);
  for (auto &row : rows) {
    std::sort(row.begin(), row.end(), [](const Overlap &a, const Overlap &b) {
      return a.pixel != b.pixel ? a.pixel < b.pixel : a.polygon < b.polygon;
    });
    for (const Overlap &overlap : row) {
      const int32_t other = owner[overlap.pixel];
      if (other < 0) {
        sorted.push_back(overlap);
      } else if (overlap.fraction > kTolerated) {
        throw PolygonsOverlap(std::min(other, overlap.polygon), std::max(other, overlap.polygon),
                              overlap.pixel);
      }
    }
    std::vector<Overlap>().swap(row);
  }
  return sorted;
}

}  // namespace

std::vector<Overlap> clip_polygons(const Polygons &polygons, const PixelWindow &window, int32_t *owner) {
  Outline outline;
  Coverage coverage;
  std::vector<double> line;
  std::vector<std::vector<Overlap>> rows(static_cast<size_t>(window.rows));
  for (int64_t p = 0; p < polygons.count; ++p) {
    outline.read(polygons, p);
    const auto first = std::max(static_cast<int64_t>(std::floor(outline.north)), window.row);
    const auto last = std::min(static_cast<int64_t>(std::floor(outline.south)) + 1,
                               std::min(window.row + window.rows, kRows));
    if (first >= last) continue;
    int64_t column = 0;
    int64_t width = 0;
    fit_columns(outline, window, column, width);
    coverage.reset(column, width, first, last - first);
    if (outline.turns < 0) coverage.add_everywhere();
    for (const Edge &edge : outline.edges) coverage.add(edge);
    line.resize(static_cast<size_t>(width));
    for (int64_t row = last - 1; row >= first; --row) {
      coverage.fractions(row, line.data());
      const int64_t at = (row - window.row) * window.cols;
      int64_t c = ((column - window.col) % kCols + kCols) % kCols;
      for (int64_t i = 0; i < width; ++i, c = c + 1 == kCols ? 0 : c + 1) {
        const double fraction = line[static_cast<size_t>(i)];
        if (fraction < kSliver || c >= window.cols) continue;
        const int64_t pixel = at + c;
        if (fraction > 1.0 + kTolerated) throw PolygonsOverlap(p, p, pixel);
        if (fraction > 1.0 - kSliver) {
          if (owner[pixel] >= 0) throw PolygonsOverlap(owner[pixel], p, pixel);
          owner[pixel] = static_cast<int32_t>(p);
        } else {
          rows[static_cast<size_t>(row - window.row)].push_back(
              {static_cast<int32_t>(pixel), static_cast<int32_t>(p), fraction});
        }
      }
    }
  }
  return sort_rows(rows, owner);
}

}  // namespace landbc
