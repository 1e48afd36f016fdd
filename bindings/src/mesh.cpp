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

}  // namespace

Mesh read_mesh(const Bundle &bundle) {
  const std::string path = bundle.file("mesh.nc");
  const NetcdfFile file(path, NetcdfFile::Mode::read, LANDBC_ERROR_BUNDLE);
  const size_t cells = file.dimension("cell");
  const size_t overlaps = file.dimension("overlap");
  Mesh mesh;
  mesh.cell_id = file.read<int64_t>("cell_id", {cells});
  mesh.cell_area = file.read<double>("cell_area", {cells});
  mesh.cell_lon = file.read<double>("cell_lon", {cells});
  mesh.cell_lat = file.read<double>("cell_lat", {cells});
  mesh.overlap_pixel = file.read<int32_t>("overlap_pixel", {overlaps});
  mesh.overlap_cell = file.read<int32_t>("overlap_cell", {overlaps});
  mesh.overlap_area = file.read<double>("overlap_area", {overlaps});
  check_cells(mesh, path);
  check_overlaps(mesh, bundle.extended().pixels(), path);
  return mesh;
}

Mesh cells_of(const Mesh &mesh, const std::vector<int64_t> &positions) {
  Mesh part;
  std::vector<int32_t> number(mesh.cell_id.size(), -1);
  for (size_t i = 0; i < positions.size(); ++i) {
    const auto at = static_cast<size_t>(positions[i]);
    number[at] = static_cast<int32_t>(i);
    part.cell_id.push_back(mesh.cell_id[at]);
    part.cell_area.push_back(mesh.cell_area[at]);
    part.cell_lon.push_back(mesh.cell_lon[at]);
    part.cell_lat.push_back(mesh.cell_lat[at]);
  }
  for (size_t k = 0; k < mesh.overlap_cell.size(); ++k) {
    const int32_t cell = number[static_cast<size_t>(mesh.overlap_cell[k])];
    if (cell < 0) continue;
    part.overlap_pixel.push_back(mesh.overlap_pixel[k]);
    part.overlap_cell.push_back(cell);
    part.overlap_area.push_back(mesh.overlap_area[k]);
  }
  return part;
}

}  // namespace landbc
