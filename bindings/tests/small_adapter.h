// An adapter's file of four targets, three classes and four cells, as the engine reads it.
#pragma once

#include <netcdf.h>

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
     "rows": [0, 1], "targets": [], "codes": [], "maximum": ""}],
  "canopy": {"group": 0, "row": 0, "rows": [[0, 1], [2]], "weights": [[5, 2], [3]]}})";

// (zone, target, class): wood is all trees in zone 0, three quarters in zone 1; a field is crops.
inline const std::vector<double> kShare = {1,    0, 0, 0,    0, 0, 0, 1, 0, 0, 0, 1,  //
                                           0.75, 0, 0, 0.25, 0, 0, 0, 1, 0, 0, 0, 1};
// The last cell has no zone: it is sea.
inline const std::vector<double> kZone = {1, 0, 0.5, 0.5, 0, 1, 0, 0};
inline const std::vector<double> kBound = {50, 100, 100, 0};

inline landbc::AdapterTables tables() { return {kZones, kCells, kShare, kZone, {kBound}}; }

struct Content {
  std::string document = kDocument;
  std::vector<double> share = kShare, zone = kZone;
  std::string format = "landbc-adapter";
};

inline landbc::Bundle write_adapter(const std::string &folder, const Content &content) {
  std::filesystem::create_directories(folder);
  landbc::NetcdfFile file(folder + "/adapter_small.nc", landbc::NetcdfFile::Mode::create, LANDBC_ERROR_IO);
  file.put_text(landbc::NetcdfFile::kGlobal, "format", content.format);
  file.put_number(landbc::NetcdfFile::kGlobal, "format_version", 1);
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
  file.close();
  landbc::Bundle bundle;
  bundle.folder = folder;
  return bundle;
}

}  // namespace small_adapter
