#include "outline.h"

#include <algorithm>
#include <cstddef>

using std::size_t;

namespace landbc {
namespace {

constexpr double kAtPole = 1e-9;  // pixels: 0.001 mm

struct Vector {
  double x, y, z;
};

Vector direction(double lon, double lat) {
  constexpr double radian = std::numbers::pi / 180.0;
  const double c = std::cos(lat * radian);
  return {c * std::cos(lon * radian), c * std::sin(lon * radian), std::sin(lat * radian)};
}

}  // namespace

void Outline::read(const Polygons &polygons, int64_t polygon) {
  corners_.clear();
  edges.clear();
  for (int64_t k = 0; k < polygons.width; ++k) {
    const double lon = polygons.lon[polygon * polygons.width + k];
    const double lat = polygons.lat[polygon * polygons.width + k];
    const double y = std::clamp((90.0 - lat) * 100.0, 0.0, kHalfTurn);
    const bool pole = !polygons.parallels && (y < kAtPole || y > kHalfTurn - kAtPole);
    if (!corners_.empty() && corners_.back().lon == lon && corners_.back().lat == lat) continue;
    corners_.push_back({lon, lat, folded((lon + 180.0) * 100.0), y, pole});
  }
  while (corners_.size() > 1 && corners_.front().lon == corners_.back().lon &&
         corners_.front().lat == corners_.back().lat)
    corners_.pop_back();
  // begin where there is a longitude
  std::rotate(corners_.begin(),
              std::find_if_not(corners_.begin(), corners_.end(), [](const Corner &c) { return c.pole; }),
              corners_.end());
  const double start = corners_.empty() ? 0.0 : corners_.front().x;
  west = east = x_ = start;
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
  turns = static_cast<int>(std::lround((x_ - start) / kTurn));
  if (turns > 0) north = 0.0;
  if (turns < 0) south = kHalfTurn;
  if (turns != 0) east = west + kTurn;
}

void Outline::advance(double dx) {
  x_ += dx;
  west = std::min(west, x_);
  east = std::max(east, x_);
}

void Outline::along_pole(double y, const Corner &a, const Corner &b, double dx) {
  advance(dx);
  if (y > kHalfTurn / 2 && dx != 0.0) {
    const double x0 = dx > 0 ? a.x : b.x;
    edges.push_back({Edge::Kind::kSouthPole, x0, kHalfTurn, x0 + std::abs(dx), kHalfTurn, dx > 0 ? 1.0 : -1.0,
                     0, 0, 0, 0, 0, 0});
  }
}

void Outline::add(const Corner &a, const Corner &b, bool parallels) {
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

void Outline::set_circle(Edge &edge, const Corner &first, const Corner &last) {
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

}  // namespace landbc
