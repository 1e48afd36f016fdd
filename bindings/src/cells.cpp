#include "cells.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "error.h"

namespace landbc {
namespace {

// "the first is 12, 3 in all"
std::string first_and_count(int64_t first, int64_t count) {
  return "the first is " + std::to_string(first) + ", " + std::to_string(count) + " in all";
}

struct Direction {
  double x, y, z;
};

Direction direction(double lon, double lat) {
  constexpr double kRadian = 3.14159265358979323846 / 180.0;
  const double c = std::cos(lat * kRadian);
  return {c * std::cos(lon * kRadian), c * std::sin(lon * kRadian), std::sin(lat * kRadian)};
}

}  // namespace

HostCells locate_cells(const Mesh &mesh, const std::vector<int64_t> &ids) {
  HostCells cells;
  cells.id = ids;
  std::vector<int64_t> found(ids.size());
  int64_t unknown = 0;
  int64_t first_unknown = 0;
  for (size_t i = 0; i < ids.size(); ++i) {
    const auto at = std::lower_bound(mesh.cell_id.begin(), mesh.cell_id.end(), ids[i]);
    if (at == mesh.cell_id.end() || *at != ids[i]) {
      if (unknown++ == 0) first_unknown = ids[i];
      continue;
    }
    found[i] = at - mesh.cell_id.begin();
  }
  if (unknown > 0) {
    fail(LANDBC_ERROR_CELLS,
         "cell ids that the bundle does not know: ", first_and_count(first_unknown, unknown),
         "; give only cells that overlap the bundle's domain (variable cell_id of mesh.nc)");
  }
  std::vector<size_t> order(ids.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return found[a] < found[b]; });
  cells.slot.resize(ids.size());
  for (size_t s = 0; s < order.size(); ++s) {
    const int64_t position = found[order[s]];
    if (!cells.position.empty() && cells.position.back() == position) {
      fail(LANDBC_ERROR_CELLS, "cell id ", ids[order[s]], " is given twice; each cell is given once");
    }
    cells.slot[order[s]] = static_cast<int64_t>(s);
    cells.position.push_back(position);
  }
  return cells;
}

std::vector<int64_t> stand_ins(const Mesh &mesh, const std::vector<uint8_t> &given, bool nearest) {
  std::vector<int64_t> serving(given.size());
  std::iota(serving.begin(), serving.end(), int64_t{0});
  const auto absent = std::count(given.begin(), given.end(), 0);
  if (absent == 0) return serving;
  if (!nearest) {
    const auto first = std::find(given.begin(), given.end(), 0) - given.begin();
    fail(LANDBC_ERROR_CELLS, "cells of the bundle that the host does not give: ",
         first_and_count(mesh.cell_id[static_cast<size_t>(first)], absent),
         "; give all cells in variable cell_id of mesh.nc, or set absent_policy to let the nearest stand in");
  }
  std::vector<Direction> at(given.size());
  std::vector<size_t> by_height;
  for (size_t i = 0; i < given.size(); ++i) {
    at[i] = direction(mesh.cell_lon[i], mesh.cell_lat[i]);
    if (given[i] != 0) by_height.push_back(i);
  }
  if (by_height.empty()) fail(LANDBC_ERROR_CELLS, "the host gives no cell");
  const auto lower = [&](size_t a, size_t b) { return std::pair(at[a].z, a) < std::pair(at[b].z, b); };
  std::sort(by_height.begin(), by_height.end(), lower);
  for (size_t i = 0; i < given.size(); ++i) {
    if (given[i] != 0) continue;
    double least = 5.0;
    size_t best = given.size();
    // False once no cell further up or down can be nearer.
    const auto consider = [&](size_t j) {
      const double dx = at[i].x - at[j].x;
      const double dy = at[i].y - at[j].y;
      const double dz = at[i].z - at[j].z;
      if (dz * dz > least) return false;
      const double distance = dx * dx + dy * dy + dz * dz;
      if (distance < least || (distance == least && j < best)) {
        least = distance;
        best = j;
      }
      return true;
    };
    const auto middle = std::lower_bound(by_height.begin(), by_height.end(), i, lower);
    for (auto up = middle; up != by_height.end() && consider(*up); ++up) continue;
    for (auto down = middle; down != by_height.begin() && consider(*std::prev(down)); --down) continue;
    serving[i] = static_cast<int64_t>(best);
  }
  return serving;
}

}  // namespace landbc
