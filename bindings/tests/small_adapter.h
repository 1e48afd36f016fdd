// An adapter's file of four targets, three classes and four cells, as the engine reads it.
#pragma once

#include <netcdf.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "bundle.h"
#include "crosswalk.h"
#include "netcdf_file.h"

namespace small_adapter {

constexpr size_t kZones = 2;
constexpr size_t kTargets = 4;  // tree, grass, crop, sea
constexpr size_t kClasses = 3;  // wood, field, sea
constexpr size_t kCells = 4;

inline const std::string kDocument = R"({
  "name": "small", "title": "t", "source": "land_use", "classes": ["wood", "field", "sea"],
  "targets": ["tree_3", "grass_7", "crop_1", "sea"],
  "groups": [{"name": "unit", "rows": [[0, 1], [2], []], "empty": 2}, {"name": "pft", "rows": [[0], [1]], "empty": 1}],
  "outputs": [
    {"name": "PCT_UNIT", "unit": "%", "dimension": "unit", "labels": ["natural", "crop", "ocean"], "kind": "share", "group": 0,
     "rows": [0, 1, 2], "targets": [], "codes": [], "maximum": ""},
    {"name": "PCT_CROP", "unit": "%", "dimension": "", "labels": ["crop"], "kind": "share", "group": 0, "rows": [1], "targets": [],
     "codes": [], "maximum": "PCT_CROP_MAX"},
    {"name": "pft", "unit": "1", "dimension": "pft", "labels": ["tree", "grass"], "kind": "share", "group": 1, "rows": [0, 1],
     "targets": [], "codes": [], "maximum": ""},
    {"name": "type", "unit": "1", "dimension": "", "labels": ["type"], "kind": "category", "group": 0, "rows": [], "targets": [0, 1, 2],
     "codes": [3, 7, 1], "maximum": ""},
    {"name": "lai", "unit": "1", "dimension": "layer", "labels": ["wood", "crop"], "kind": "leaf_area", "group": 0,
     "rows": [0, 1], "targets": [], "codes": [], "maximum": ""},
    {"name": "sai", "unit": "1", "dimension": "layer", "labels": ["wood", "crop"], "kind": "stem_area", "group": 0,
     "rows": [0, 1], "targets": [], "codes": [], "maximum": ""},
    {"name": "top", "unit": "m", "dimension": "layer", "labels": ["crop", "wood"], "kind": "height_top", "group": 0,
     "rows": [1, 0], "targets": [], "codes": [], "maximum": ""},
    {"name": "bottom", "unit": "m", "dimension": "", "labels": ["wood"], "kind": "height_bottom", "group": 0,
     "rows": [0], "targets": [], "codes": [], "maximum": ""}],
  "canopy": {"group": 0, "row": 0, "rows": [[0, 1], [2]], "weights": [[5, 2], [3]],
   "stem_keep": [[0.5, 0.25], [0]], "stem_minimum": [[0.5, 0.25], [0.05]],
   "height_top": [[35, 0.5], [0.75]], "height_bottom": [[1, 0.1], [0.25]]}})";

// (zone, target, class): wood is all trees in zone 0, three quarters in zone 1; a field is crops.
inline const std::vector<double> kShare = {1,    0, 0, 0,    0, 0, 0, 1, 0, 0, 0, 1,  //
                                           0.75, 0, 0, 0.25, 0, 0, 0, 1, 0, 0, 0, 1};
// The last cell has no zone: it is sea.
inline const std::vector<double> kZone = {1, 0, 0.5, 0.5, 0, 1, 0, 0};
inline const std::vector<double> kBound = {50, 100, 100, 0};
// (month, cell): leaves from June to August, the same in all cells.
inline std::vector<double> leaf_months() {
  std::vector<double> months(12 * kCells, 0.0);
  std::fill_n(months.begin() + 5 * kCells, 3 * kCells, 1.2);
  return months;
}

inline landbc::AdapterTables tables() { return {kZones, kCells, kShare, kZone, {kBound}, leaf_months()}; }

struct Content {
  std::string document = kDocument;
  std::vector<double> share = kShare, zone = kZone, leaf_months = small_adapter::leaf_months();
  std::string format = "landbc-adapter";
  int64_t version = 2;
};

inline landbc::Bundle write_adapter(const std::string &folder, const Content &content) {
  std::filesystem::create_directories(folder);
  landbc::NetcdfFile file(folder + "/adapter_small.nc", landbc::NetcdfFile::Mode::create, LANDBC_ERROR_IO);
  file.put_text(landbc::NetcdfFile::kGlobal, "format", content.format);
  file.put_number(landbc::NetcdfFile::kGlobal, "format_version", content.version);
  file.put_text(landbc::NetcdfFile::kGlobal, "document", content.document);
  const int zone = file.add_dimension("zone", kZones);
  const int target = file.add_dimension("target", kTargets);
  const int kind = file.add_dimension("class", kClasses);
  const int cell = file.add_dimension("cell", kCells);
  const int row = file.add_dimension("row_PCT_CROP_MAX", 1);
  const int share = file.add_variable("share", NC_DOUBLE, {zone, target, kind});
  const int zones = file.add_variable("zone_share", NC_DOUBLE, {cell, zone});
  const int bound = file.add_variable("PCT_CROP_MAX", NC_DOUBLE, {row, cell});
  file.write(share, {0, 0, 0}, {kZones, kTargets, kClasses}, content.share.data());
  file.write(zones, {0, 0}, {kCells, kZones}, content.zone.data());
  file.write(bound, {0, 0}, {1, kCells}, kBound.data());
  const int month = file.add_dimension("month", 12);
  const int leaves = file.add_variable("leaf_area_cycle", NC_DOUBLE, {month, cell});
  file.write(leaves, {0, 0}, {12, kCells}, content.leaf_months.data());
  file.close();
  landbc::Bundle bundle;
  bundle.folder = folder;
  return bundle;
}

}  // namespace small_adapter
