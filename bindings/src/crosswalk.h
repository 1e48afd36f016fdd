// What a land model reads, from class fractions: a cross-walk compiled into the bundle (adapter_NAME.nc,
// docs/contracts.md, "Adapter"). Nothing here knows a model: targets, groups, rows and categories are data.
// Every cell is worked on alone and in one order, so that neither ranks nor the order of cells change a bit.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "adapter_description.h"
#include "bundle.h"
#include "leaf_year.h"

namespace landbc {

// The numbers of an adapter's file.
struct AdapterTables {
  std::size_t zones = 0, mesh_cells = 0;
  std::vector<double> share;               // (zone, target, class)
  std::vector<double> zone_share;          // (mesh cell, zone)
  std::vector<std::vector<double>> bound;  // of each upper bound, (row, mesh cell)
  // Mean leaf area index of the cells' land in a mean year (month, mesh cell).
  std::optional<std::vector<double>> leaf_months;
};

class Crosswalk {
 public:
  // Of some cells, by position in the mesh, in the order in which fractions come. BUNDLE, naming `path`, if
  // the tables hold no fractions or are not those of the description.
  Crosswalk(const std::string &name, AdapterDescription description, const AdapterTables &tables,
            const std::vector<int64_t> &positions, const std::string &path);

  const std::string &name() const { return name_; }
  // The quantity whose class fractions are cross-walked (land_use, land_cover), and its classes.
  const std::string &source() const { return description_.source; }
  const std::vector<std::string> &classes() const { return description_.classes; }

  const std::vector<AdapterVariable> &variables() const { return description_.variables; }
  // Whether a variable is made of leaf area, as it is or of the last months.
  bool leafy(std::size_t variable) const { return description_.recipes[variable].kind == Kind::leaf_area; }
  bool of_stems(std::size_t variable) const { return description_.recipes[variable].kind == Kind::stem_area; }
  // Mean leaf area index of the cells' land in a mean year (month, cell), where the file has one: on every
  // rank alike, also on one without cells.
  const std::optional<std::vector<double>> &leaf_months() const { return leaf_months_; }
  // Values (row, cell) of each variable from class fractions (class, cell), the mean leaf area index of the
  // cells' land, and that of the last months; null leaves the variables that are made of it 0.
  std::vector<std::vector<double>> apply(const std::vector<double> &fractions,
                                         const std::vector<double> *leaf_area, const LeafYear *year) const;

  // Upper bounds, known before the run, and their values (row, cell).
  const std::vector<AdapterVariable> &bounds() const { return description_.bounds; }
  const std::vector<std::vector<double>> &bound_values() const { return bound_values_; }
  // Name of a variable that exceeds its bound in one of the cells, by more than rounding; empty for none.
  std::string exceeds(const std::vector<std::vector<double>> &values) const;

 private:
  using Kind = AdapterDescription::Kind;
  using Group = AdapterDescription::Group;

  void targets_of(const double *fractions, std::size_t stride, std::size_t cell, double *target) const;
  void shares_of(const Group &group, const double *target, double *share) const;
  // Of each row of the canopy its largest target, as a position among the row's; and the sum of relative leaf
  // areas over the land.
  double canopy_of(const double *target, std::size_t *largest) const;
  double leaves_of(std::size_t row, std::size_t largest, double mean, double total) const;
  double stems_of(std::size_t row, std::size_t largest, double total, const LeafYear &year,
                  std::size_t cell) const;

  std::string name_;
  AdapterDescription description_;
  std::size_t cells_ = 0, zones_ = 0;
  std::vector<std::vector<double>> bound_values_;
  std::optional<std::vector<double>> leaf_months_;
  std::vector<double> share_;       // (zone, target, class)
  std::vector<double> zone_share_;  // (cell, zone)
};

// From the bundle's file. BUNDLE with the file and the reason.
Crosswalk read_crosswalk(const Bundle &bundle, const std::string &name, const std::vector<int64_t> &positions,
                         std::size_t mesh_cells);

}  // namespace landbc
