// Exact overlaps of polygons on the sphere with the pixels of the global 0.01 degree grid, by Green's
// theorem.
//
// In the plane of longitude and sin(latitude) areas are those of the sphere, and pixels are rectangles. Every
// edge of a polygon is cut where it crosses a meridian or parallel of the grid; each piece adds the area
// between itself and its pixel's northern edge, and shades all pixels north of that in its column, eastward
// pieces with plus, westward ones with minus. What remains is the polygon. The area under a great circle is
// the closed form tan(E / 2) = tan(dlon / 2) sin(mean latitude) / cos(half the difference), expanded in dlon
// (at most 0.01 degree, where the first term left out is below 1e-17 of a pixel) and taken relative to the
// pixel, so that no digits cancel, at the poles neither. The cost is that of the boundaries, not of the
// pixels inside.
#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <vector>

namespace landbc {

// A rectangle of the grid: first row (0 at 90 N) and column (0 at 180 W), extents; it may cross the dateline.
struct PixelWindow {
  int64_t row;
  int64_t col;
  int64_t rows;
  int64_t cols;
};

// Polygons with `width` corners each, degrees, counter-clockwise seen from outside. Repeated corners add
// nothing. Edges are great circles; where `parallels` is set, edges between corners of one latitude follow
// it. Not owned.
struct Polygons {
  const double *lon;
  const double *lat;
  int64_t count;
  int64_t width;
  bool parallels;
};

struct Overlap {
  int32_t pixel;    // index in the window
  int32_t polygon;  // position
  double fraction;  // of the pixel's area
};

// Two polygons share an area, or one of them winds around a pixel more than once (first == second).
struct PolygonsOverlap : std::runtime_error {
  PolygonsOverlap(int64_t first_, int64_t second_, int64_t pixel_)
      : std::runtime_error("polygons overlap"), first(first_), second(second_), pixel(pixel_) {}
  int64_t first, second, pixel;
};

// Slivers below this part of a pixel (1e-5 m2) are round-off of the corners' coordinates.
inline constexpr double kSliver = 1e-11;

// Neighbours whose corners are rounded overlap a little: up to this part of a pixel is not held against them.
inline constexpr double kTolerated = 1e-4;

// Sets owner[pixel] to the polygon that holds the whole pixel (the caller sets it to -1 before) and returns
// the overlaps of pixels that no polygon holds alone, by pixel, then polygon.
std::vector<Overlap> clip_polygons(const Polygons &polygons, const PixelWindow &window, int32_t *owner);

}  // namespace landbc
