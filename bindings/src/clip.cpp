#include "clip.h"

#include <algorithm>
#include <cmath>
#include <numbers>

using std::size_t;

namespace landbc {
namespace {

constexpr int64_t kRows = 18000;
constexpr int64_t kCols = 36000;
constexpr double kTurn = 36000.0;
constexpr double kHalfTurn = 18000.0;
constexpr double kPixel = std::numbers::pi / kHalfTurn;  // radians
constexpr double kAtPole = 1e-9;                         // pixels: 0.001 mm

// The grid's meridians and parallels.
struct Lattice {
  std::vector<double> cos_lon, sin_lon, sin_lat, cos_lat, tan_lat;

  Lattice()
      : cos_lon(kCols + 1), sin_lon(kCols + 1), sin_lat(kRows + 1), cos_lat(kRows + 1), tan_lat(kRows + 1) {
    for (int64_t c = 0; c <= kCols; ++c) {
      const double lon = static_cast<double>(c - kCols / 2) * kPixel;
      cos_lon[static_cast<size_t>(c)] = std::cos(lon);
      sin_lon[static_cast<size_t>(c)] = std::sin(lon);
    }
    for (int64_t r = 0; r <= kRows; ++r) {
      const double lat = static_cast<double>(kRows / 2 - r) * kPixel;
      // from the nearer pole, so that no digits are lost there
      const double colatitude = static_cast<double>(std::min(r, kRows - r)) * kPixel;
      const double hemisphere = r < kRows - r ? 1.0 : -1.0;
      sin_lat[static_cast<size_t>(r)] = std::sin(lat);
      cos_lat[static_cast<size_t>(r)] = std::sin(colatitude);
      tan_lat[static_cast<size_t>(r)] = 2 * r == kRows ? 0.0 : hemisphere / std::tan(colatitude);
    }
  }
};

const Lattice &lattice() {
  static const Lattice only;
  return only;
}

struct Vector {
  double x, y, z;
};

Vector direction(double lon, double lat) {
  constexpr double radian = std::numbers::pi / 180.0;
  const double c = std::cos(lat * radian);
  return {c * std::cos(lon * radian), c * std::sin(lon * radian), std::sin(lat * radian)};
}

// A corner in pixels: x to the east from 180 W, y to the south from 90 N.
struct Corner {
  double lon, lat, x, y;
  bool pole;
};

// An edge from west to east and how its polygon runs along it: +1 eastward, -1 westward.
struct Edge {
  enum class Kind { kGreatCircle, kParallel, kSouthPole };
  Kind kind;
  double x0, y0, x1, y1;
  double sign;
  // of great circles: the normal with z >= 0, its horizontal length, the northern apex and its y
  double nx, ny, nz, h, apex_x, apex_y;
};

double wrapped(double dx) { return dx - kTurn * std::round(dx / kTurn); }

double folded(double x) {
  const double inside = x - kTurn * std::floor(x / kTurn);
  return inside < kTurn ? inside : 0.0;
}

// Coverage of one polygon over the part of the window that its bounding box meets.
class Coverage {
 public:
  void reset(int64_t column, int64_t width, int64_t row, int64_t rows) {
    column_ = column;
    width_ = width;
    row_ = row;
    rows_ = rows;
    below_.assign(static_cast<size_t>(width), 0.0);
    shade_.assign(static_cast<size_t>(width * rows), 0.0);
    inside_.assign(static_cast<size_t>(width * rows), 0.0);
  }

  int64_t column() const { return column_; }
  int64_t width() const { return width_; }
  int64_t row() const { return row_; }
  int64_t rows() const { return rows_; }

  // Shades whole columns.
  void add_everywhere() {
    for (double &value : below_) value += 1.0;
  }

  void add(const Edge &edge) {
    if (edge.kind != Edge::Kind::kGreatCircle) {
      walk(edge, edge.x0, edge.y0, edge.x1, edge.y1);
      return;
    }
    // cut at the apices, so that every part is monotone
    double x = edge.x0;
    double y = edge.y0;
    for (int half = -2; half <= 6; ++half) {
      const double apex = edge.apex_x + half * kHalfTurn;
      if (apex <= x || apex >= edge.x1) continue;
      const double apex_y = half % 2 == 0 ? edge.apex_y : kHalfTurn - edge.apex_y;
      walk(edge, x, y, apex, apex_y);
      x = apex;
      y = apex_y;
    }
    walk(edge, x, y, edge.x1, edge.y1);
  }

  // The fractions of row `row`, to be called from the southernmost row to the northernmost.
  void fractions(int64_t row, double *out) {
    const double *const shade = &shade_[static_cast<size_t>((row - row_) * width_)];
    const double *const inside = &inside_[static_cast<size_t>((row - row_) * width_)];
    for (int64_t i = 0; i < width_; ++i) {
      out[i] = below_[static_cast<size_t>(i)] + inside[i];
      below_[static_cast<size_t>(i)] += shade[i];
    }
  }

 private:
  // A monotone part, column by column.
  void walk(const Edge &edge, double x0, double y0, double x1, double y1) {
    const double low = std::min(y0, y1);
    const double high = std::max(y0, y1);
    const auto first = static_cast<int64_t>(std::floor(x0));
    double xa = x0;
    double ya = y0;
    bool known = true;
    for (int64_t column = first; xa < x1; ++column) {
      int64_t i = (column - column_) % kCols;
      if (i < 0) i += kCols;
      const double xb = std::min(static_cast<double>(column + 1), x1);
      if (i >= width_) {
        xa = xb;
        known = false;
        continue;
      }
      if (!known) ya = std::clamp(height(edge, column, y0), low, high);
      const double yb = xb == x1 ? y1 : std::clamp(height(edge, column + 1, y0), low, high);
      cross_rows(edge, i, static_cast<double>(column), xa, ya, xb, yb);
      xa = xb;
      ya = yb;
      known = true;
    }
  }

  // y where the edge meets the grid's meridian `column`.
  static double height(const Edge &edge, int64_t column, double parallel) {
    if (edge.kind != Edge::Kind::kGreatCircle) return parallel;
    const Lattice &grid = lattice();
    const auto c = static_cast<size_t>(column % kCols);
    const double up = -(edge.nx * grid.cos_lon[c] + edge.ny * grid.sin_lon[c]);
    return kHalfTurn / 2 - std::atan2(up, edge.nz) / kPixel;
  }

  // x where the edge meets the grid's parallel `line` on the side of its apex where x0 ... x1 lies.
  static double place(const Edge &edge, int64_t line, double x0, double x1) {
    const double cosine = lattice().tan_lat[static_cast<size_t>(line)] * edge.nz / edge.h;
    const double away = std::acos(std::clamp(cosine, -1.0, 1.0)) / kPixel;
    const double from_apex = wrapped(0.5 * (x0 + x1) - edge.apex_x);
    const double apex = 0.5 * (x0 + x1) - from_apex;
    return std::clamp(from_apex < 0 ? apex - away : apex + away, x0, x1);
  }

  // A monotone part within column i, row by row.
  void cross_rows(const Edge &edge, int64_t i, double column, double xa, double ya, double xb, double yb) {
    const double top = static_cast<double>(row_);
    const double bottom = static_cast<double>(row_ + rows_);
    const bool southward = yb > ya;
    if (std::max(ya, yb) <= top) return;
    if (std::min(ya, yb) >= bottom) {
      below_[static_cast<size_t>(i)] += edge.sign * (xb - xa);
      return;
    }
    double x = xa;
    double y = ya;
    int64_t line;
    if (southward) {
      if (y < top) {
        x = place(edge, row_, x, xb);
        y = top;
      }
      line = static_cast<int64_t>(std::floor(y)) + 1;
      for (; static_cast<double>(line) < yb && line <= row_ + rows_; ++line) {
        const double next = place(edge, line, x, xb);
        add_piece(edge, line - 1, i, column, x, y, next, static_cast<double>(line));
        x = next;
        y = static_cast<double>(line);
      }
      if (line > row_ + rows_) {
        below_[static_cast<size_t>(i)] += edge.sign * (xb - x);
      } else {
        add_piece(edge, line - 1, i, column, x, y, xb, yb);
      }
    } else {
      if (y > bottom) {
        const double next = place(edge, row_ + rows_, x, xb);
        below_[static_cast<size_t>(i)] += edge.sign * (next - x);
        x = next;
        y = bottom;
      }
      line = static_cast<int64_t>(std::ceil(y)) - 1;
      for (; static_cast<double>(line) > yb && line >= row_; --line) {
        const double next = place(edge, line, x, xb);
        add_piece(edge, line, i, column, x, y, next, static_cast<double>(line));
        x = next;
        y = static_cast<double>(line);
      }
      if (line >= row_) add_piece(edge, line, i, column, x, y, xb, yb);
    }
  }

  // A piece within one pixel: what lies between it and the pixel's northern edge, and all pixels beyond.
  void add_piece(const Edge &edge, int64_t row, int64_t i, double column, double x0, double y0, double x1,
                 double y1) {
    const Lattice &grid = lattice();
    const auto n = static_cast<size_t>(row);
    const double du = (x1 - column) - (x0 - column);
    const double v0 = y0 - static_cast<double>(row);
    const double v1 = y1 - static_cast<double>(row);
    const double down = 0.5 * kPixel * (v0 + v1);  // from the northern edge to the mean latitude
    const double delta = 0.5 * kPixel * (v1 - v0);
    const double sin_n = grid.sin_lat[n];
    const double cos_n = grid.cos_lat[n];
    // sin n - sin(mean latitude), as 2 cos((n + mean) / 2) sin((n - mean) / 2)
    const double drop = 2.0 * small_cos(cos_n, sin_n, 0.5 * down) * std::sin(0.5 * down);
    const double sin_mean = sin_n - drop;
    const double half = std::sin(0.5 * delta);
    const double cos_delta = 1.0 - 2.0 * half * half;
    const double s = sin_mean / cos_delta;
    double area = du * (drop - s * 2.0 * half * half);
    if (edge.kind == Edge::Kind::kGreatCircle) {
      const double rest = small_cos(cos_n, sin_n, kPixel * v0) * small_cos(cos_n, sin_n, kPixel * v1) /
                          (cos_delta * cos_delta);  // 1 - s^2
      const double d2 = du * du * kPixel * kPixel;
      area -= s * rest * du * d2 * (1.0 / 12 + d2 * (1.0 / 120 - s * s / 80));
    }
    const double middle = 2.0 * small_cos(cos_n, sin_n, 0.5 * kPixel) * std::sin(0.5 * kPixel);
    const auto at = static_cast<size_t>((row - row_) * width_ + i);
    inside_[at] += edge.sign * (area / middle);
    shade_[at] += edge.sign * du;
  }

  // cos(n - a) for a small a >= 0.
  static double small_cos(double cos_n, double sin_n, double a) {
    return cos_n * (1.0 - 0.5 * a * a) + sin_n * (a - a * a * a / 6.0);
  }

  int64_t column_ = 0, width_ = 0, row_ = 0, rows_ = 0;
  std::vector<double> below_, shade_, inside_;
};

// The edges of one polygon, its box in pixels and whether its boundary goes round a pole.
class Outline {
 public:
  void read(const Polygons &polygons, int64_t polygon) {
    corners_.clear();
    edges.clear();
    for (int64_t k = 0; k < polygons.width; ++k) {
      const double lon = polygons.lon[polygon * polygons.width + k];
      const double lat = polygons.lat[polygon * polygons.width + k];
      const double y = std::clamp((90.0 - lat) * 100.0, 0.0, kHalfTurn);
      const bool pole = !polygons.parallels && (y < kAtPole || y > kHalfTurn - kAtPole);
      if (!corners_.empty() && same(corners_.back(), lon, lat)) continue;
      corners_.push_back({lon, lat, folded((lon + 180.0) * 100.0), y, pole});
    }
    while (corners_.size() > 1 && same(corners_.front(), corners_.back().lon, corners_.back().lat))
      corners_.pop_back();
    // begin where there is a longitude
    std::rotate(corners_.begin(),
                std::find_if_not(corners_.begin(), corners_.end(), [](const Corner &c) { return c.pole; }),
                corners_.end());
    west = east = x_ = start();
    north = kHalfTurn;
    south = 0.0;
    const size_t n = corners_.size();
    for (size_t k = 0; k < n; ++k) {
      const Corner &a = corners_[k];
      const Corner &b = corners_[(k + 1) % n];
      north = std::min(north, a.y);
      south = std::max(south, a.y);
      if (a.pole) {
        // a pole has every longitude: along it from the meridian that comes to the one that leaves
        const Corner &before = corners_[(k + n - 1) % n];
        if (!before.pole && !b.pole) along_pole(a.y, before, b, wrapped(b.x - before.x));
      } else if (!b.pole) {
        add(a, b, polygons.parallels);
      }
    }
    turns = static_cast<int>(std::lround((x_ - start()) / kTurn));
    if (turns > 0) north = 0.0;
    if (turns < 0) south = kHalfTurn;
    if (turns != 0) east = west + kTurn;
  }

  std::vector<Edge> edges;
  double west = 0, east = 0, north = 0, south = 0;
  int turns = 0;

 private:
  static bool same(const Corner &corner, double lon, double lat) {
    return corner.lat == lat && corner.lon == lon;
  }

  double start() const { return corners_.empty() ? 0.0 : corners_.front().x; }

  void advance(double dx) {
    x_ += dx;
    west = std::min(west, x_);
    east = std::max(east, x_);
  }

  void along_pole(double y, const Corner &a, const Corner &b, double dx) {
    advance(dx);
    if (y > kHalfTurn / 2 && dx != 0.0) {
      const double x0 = dx > 0 ? a.x : b.x;
      edges.push_back({Edge::Kind::kSouthPole, x0, kHalfTurn, x0 + std::abs(dx), kHalfTurn,
                       dx > 0 ? 1.0 : -1.0, 0, 0, 0, 0, 0, 0});
    }
  }

  void add(const Corner &a, const Corner &b, bool parallels) {
    const bool level = parallels && a.lat == b.lat;
    const double dx = level ? (b.lon - a.lon) * 100.0 : wrapped(b.x - a.x);
    if (!level && kHalfTurn - std::abs(dx) < kAtPole) {
      const double y = a.y + b.y < kHalfTurn ? 0.0 : kHalfTurn;
      north = std::min(north, y);
      south = std::max(south, y);
      along_pole(y, a, b, dx);
      return;
    }
    advance(dx);
    if (dx == 0.0) return;  // a meridian shades nothing
    const Corner &first = dx > 0 ? a : b;
    const Corner &last = dx > 0 ? b : a;
    const double sign = dx > 0 ? 1.0 : -1.0;
    Edge edge{level ? Edge::Kind::kParallel : Edge::Kind::kGreatCircle,
              first.x,
              first.y,
              first.x + std::abs(dx),
              last.y,
              sign,
              0,
              0,
              0,
              0,
              0,
              0};
    if (!level) set_circle(edge, first, last);
    edges.push_back(edge);
  }

  void set_circle(Edge &edge, const Corner &first, const Corner &last) {
    const Vector a = direction(first.x / 100.0 - 180.0, first.lat);
    const Vector b = direction(last.x / 100.0 - 180.0, last.lat);
    // a x (b - a) = a x b, without cancellation for short edges; from west to east its z is positive
    const Vector d{b.x - a.x, b.y - a.y, b.z - a.z};
    edge.nx = a.y * d.z - a.z * d.y;
    edge.ny = a.z * d.x - a.x * d.z;
    edge.nz = a.x * d.y - a.y * d.x;
    edge.h = std::hypot(edge.nx, edge.ny);
    edge.apex_x = folded((std::atan2(-edge.ny, -edge.nx) / kPixel) + kHalfTurn);
    edge.apex_y = kHalfTurn / 2 - std::atan2(edge.h, edge.nz) / kPixel;
    for (double apex = edge.apex_x - kTurn; apex < edge.x1; apex += kTurn)
      if (apex > edge.x0) north = std::min(north, edge.apex_y);
    for (double apex = edge.apex_x - kTurn - kHalfTurn; apex < edge.x1; apex += kTurn)
      if (apex > edge.x0) south = std::max(south, kHalfTurn - edge.apex_y);
  }

  std::vector<Corner> corners_;
  double x_ = 0;
};

// The first of the columns and their number that hold the outline, no more than the window's.
void fit_columns(const Outline &outline, const PixelWindow &window, int64_t &column, int64_t &width) {
  column = static_cast<int64_t>(std::floor(outline.west));
  width = std::min(static_cast<int64_t>(std::floor(outline.east)) + 1 - column, kCols);
  if (width >= window.cols) {
    column = window.col;
    width = window.cols;
  }
}

void sort_rows(std::vector<std::vector<Overlap>> &rows, std::vector<Overlap> &sorted) {
  size_t total = 0;
  for (const auto &row : rows) total += row.size();
  sorted.reserve(total);
  for (auto &row : rows) {
    std::sort(row.begin(), row.end(), [](const Overlap &a, const Overlap &b) {
      return a.pixel != b.pixel ? a.pixel < b.pixel : a.polygon < b.polygon;
    });
    sorted.insert(sorted.end(), row.begin(), row.end());
    std::vector<Overlap>().swap(row);
  }
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
        if (fraction > 1.0 + kSliver) throw PolygonsOverlap(p, p, pixel);
        if (owner[pixel] >= 0) throw PolygonsOverlap(owner[pixel], p, pixel);
        if (fraction > 1.0 - kSliver) {
          owner[pixel] = static_cast<int32_t>(p);
        } else {
          rows[static_cast<size_t>(row - window.row)].push_back(
              {static_cast<int32_t>(pixel), static_cast<int32_t>(p), fraction});
        }
      }
    }
  }
  std::vector<Overlap> sorted;
  sort_rows(rows, sorted);
  return sorted;
}

}  // namespace landbc
