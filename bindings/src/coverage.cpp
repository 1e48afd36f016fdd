#include "coverage.h"

using std::size_t;

namespace landbc {
namespace {

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

// y where the edge meets the grid's meridian `column`.
double height(const Edge &edge, int64_t column, double parallel) {
  if (edge.kind != Edge::Kind::kGreatCircle) return parallel;
  const Lattice &grid = lattice();
  const auto c = static_cast<size_t>(column % kCols);
  const double up = -(edge.nx * grid.cos_lon[c] + edge.ny * grid.sin_lon[c]);
  return kHalfTurn / 2 - std::atan2(up, edge.nz) / kPixel;
}

// x where the edge meets the grid's parallel `line` on the side of its apex where x0 ... x1 lies.
double place(const Edge &edge, int64_t line, double x0, double x1) {
  const double cosine = lattice().tan_lat[static_cast<size_t>(line)] * edge.nz / edge.h;
  const double away = std::acos(std::clamp(cosine, -1.0, 1.0)) / kPixel;
  const double from_apex = wrapped(0.5 * (x0 + x1) - edge.apex_x);
  const double apex = 0.5 * (x0 + x1) - from_apex;
  return std::clamp(from_apex < 0 ? apex - away : apex + away, x0, x1);
}

// cos(n - a) for a small a >= 0.
double small_cos(double cos_n, double sin_n, double a) {
  return cos_n * (1.0 - 0.5 * a * a) + sin_n * (a - a * a * a / 6.0);
}

}  // namespace

void Coverage::reset(int64_t column, int64_t width, int64_t row, int64_t rows) {
  column_ = column;
  width_ = width;
  row_ = row;
  rows_ = rows;
  below_.assign(static_cast<size_t>(width), 0.0);
  shade_.assign(static_cast<size_t>(width * rows), 0.0);
  inside_.assign(static_cast<size_t>(width * rows), 0.0);
}

void Coverage::add_everywhere() {
  for (double &value : below_) value += 1.0;
}

void Coverage::add(const Edge &edge) {
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

void Coverage::fractions(int64_t row, double *out) {
  const double *const shade = &shade_[static_cast<size_t>((row - row_) * width_)];
  const double *const inside = &inside_[static_cast<size_t>((row - row_) * width_)];
  for (int64_t i = 0; i < width_; ++i) {
    out[i] = below_[static_cast<size_t>(i)] + inside[i];
    below_[static_cast<size_t>(i)] += shade[i];
  }
}

// A monotone part, column by column.
void Coverage::walk(const Edge &edge, double x0, double y0, double x1, double y1) {
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

// A monotone part within column i, row by row.
void Coverage::cross_rows(const Edge &edge, int64_t i, double column, double xa, double ya, double xb,
                          double yb) {
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
void Coverage::add_piece(const Edge &edge, int64_t row, int64_t i, double column, double x0, double y0,
                         double x1, double y1) {
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

}  // namespace landbc
