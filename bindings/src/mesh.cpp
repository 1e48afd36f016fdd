#include "mesh.h"

#include <algorithm>
#include <cmath>

#include "error.h"
#include "netcdf_file.h"

namespace landbc {
namespace {

void check_cells(const Mesh &mesh, const std::string &path) {
  if (mesh.cell_id.empty()) fail(LANDBC_ERROR_BUNDLE, path, ": no cells");
  if (!std::is_sorted(mesh.cell_id.begin(), mesh.cell_id.end(), std::less_equal<>())) {
    fail(LANDBC_ERROR_BUNDLE, path, ": cell_id is not in ascending order, each once");
  }
  for (size_t i = 0; i < mesh.cell_area.size(); ++i) {
    if (!std::isfinite(mesh.cell_area[i]) || mesh.cell_area[i] <= 0) {
      fail(LANDBC_ERROR_BUNDLE, path, ": the area of cell ", mesh.cell_id[i], " is ", mesh.cell_area[i],
           " m2");
    }
  }
}

void check_overlaps(const Mesh &mesh, int64_t pixels, const std::string &path) {
  int64_t covered = -1;
  int64_t cell_before = -1;
  for (size_t k = 0; k < mesh.overlap_pixel.size(); ++k) {
    const int64_t pixel = mesh.overlap_pixel[k];
    const int64_t cell = mesh.overlap_cell[k];
    const double area = mesh.overlap_area[k];
    if (cell < 0 || cell >= mesh.cells() || pixel < 0 || pixel >= pixels || !std::isfinite(area) ||
        area <= 0) {
      fail(LANDBC_ERROR_BUNDLE, path, ": overlap ", k, " (pixel ", pixel, ", cell position ", cell, ", ",
           area, " m2) is out of range");
    }
    if (pixel < covered || (pixel == covered && cell <= cell_before)) {
      fail(LANDBC_ERROR_BUNDLE, path, ": overlap ", k, " is out of order; they go by pixel, then by cell");
    }
    if (pixel > covered + 1)
      fail(LANDBC_ERROR_BUNDLE, path, ": pixel ", covered + 1, " of the extended window lies in no cell");
    covered = pixel;
    cell_before = cell;
  }
  if (covered + 1 != pixels)
    fail(LANDBC_ERROR_BUNDLE, path, ": pixel ", covered + 1, " of the extended window lies in no cell");
}

// "the first is 12, 3 in all"
template <class Value>
std::string first_and_count(Value first, int64_t count) {
  return "the first is " + std::to_string(first) + ", " + std::to_string(count) + " in all";
}

}  // namespace

Mesh read_mesh(const Bundle &bundle) {
  const std::string path = bundle.file("mesh.nc");
  const NetcdfFile file(path, NetcdfFile::Mode::read, LANDBC_ERROR_BUNDLE);
  const size_t cells = file.dimension("cell");
  const size_t overlaps = file.dimension("overlap");
  Mesh mesh;
  mesh.cell_id = file.read<int64_t>("cell_id", {cells});
  mesh.cell_area = file.read<double>("cell_area", {cells});
  mesh.overlap_pixel = file.read<int32_t>("overlap_pixel", {overlaps});
  mesh.overlap_cell = file.read<int32_t>("overlap_cell", {overlaps});
  mesh.overlap_area = file.read<double>("overlap_area", {overlaps});
  check_cells(mesh, path);
  check_overlaps(mesh, bundle.extended().pixels(), path);
  return mesh;
}

std::vector<int64_t> locate_cells(const Mesh &mesh, const int64_t *ids, int64_t count) {
  std::vector<int64_t> position(static_cast<size_t>(count));
  std::vector<uint8_t> seen(mesh.cell_id.size(), 0);
  int64_t unknown = 0;
  int64_t first_unknown = 0;
  for (int64_t i = 0; i < count; ++i) {
    const auto found = std::lower_bound(mesh.cell_id.begin(), mesh.cell_id.end(), ids[i]);
    if (found == mesh.cell_id.end() || *found != ids[i]) {
      if (unknown++ == 0) first_unknown = ids[i];
      continue;
    }
    const auto at = static_cast<size_t>(found - mesh.cell_id.begin());
    if (seen[at] != 0)
      fail(LANDBC_ERROR_CELLS, "cell id ", ids[i], " is given twice; each cell is given once");
    seen[at] = 1;
    position[static_cast<size_t>(i)] = static_cast<int64_t>(at);
  }
  if (unknown > 0) {
    fail(LANDBC_ERROR_CELLS,
         "cell ids that the bundle does not know: ", first_and_count(first_unknown, unknown),
         "; give only cells that overlap the bundle's domain (variable cell_id of mesh.nc)");
  }
  if (const auto absent = std::count(seen.begin(), seen.end(), 0); absent > 0) {
    const auto at = std::find(seen.begin(), seen.end(), 0) - seen.begin();
    fail(LANDBC_ERROR_CELLS, "cells of the bundle that the host does not give: ",
         first_and_count(mesh.cell_id[static_cast<size_t>(at)], absent),
         "; all cells in variable cell_id of mesh.nc are needed");
  }
  return position;
}

}  // namespace landbc
