// The boundary of a polygon on the sphere, ready to be cut along the 0.01 degree grid: edges from west to
// east in pixel units, poles and the dateline resolved. Neighbours describe a shared edge by the same
// numbers.
#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>
#include <vector>

#include "clip.h"

namespace landbc {

inline constexpr int64_t kRows = 18000;
inline constexpr int64_t kCols = 36000;
inline constexpr double kTurn = 36000.0;
inline constexpr double kHalfTurn = 18000.0;
inline constexpr double kPixel = std::numbers::pi / kHalfTurn;  // radians

// A difference of columns by the shorter way round.
inline double wrapped(double dx) { return dx - kTurn * std::round(dx / kTurn); }

// A column on the globe, 0 ... 36000.
inline double folded(double x) {
  const double inside = x - kTurn * std::floor(x / kTurn);
  return inside < kTurn ? inside : 0.0;
}

// An edge from west to east and how its polygon runs along it: +1 eastward, -1 westward.
struct Edge {
  enum class Kind { kGreatCircle, kParallel, kSouthPole };
  Kind kind;
  double x0, y0, x1, y1;
  double sign;
  // of great circles: the normal with z >= 0, its horizontal length, the northern apex and its y
  double nx, ny, nz, h, apex_x, apex_y;
};

// The edges of one polygon, its box in pixels and how its boundary goes round the poles.
class Outline {
 public:
  void read(const Polygons &polygons, int64_t polygon);

  std::vector<Edge> edges;
  double west = 0, east = 0, north = 0, south = 0;
  int turns = 0;  // +1 round the north pole, -1 round the south pole

 private:
  // x to the east from 180 W, y to the south from 90 N.
  struct Corner {
    double lon, lat, x, y;
    bool pole;
  };

  void advance(double dx);
  void along_pole(double y, const Corner &a, const Corner &b, double dx);
  void add(const Corner &a, const Corner &b, bool parallels);
  void set_circle(Edge &edge, const Corner &first, const Corner &last);

  std::vector<Corner> corners_;
  double x_ = 0;
};

}  // namespace landbc
