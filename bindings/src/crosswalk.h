// What a land model reads, from class fractions: a cross-walk compiled into the bundle (adapter_NAME.nc,
// docs/contracts.md, "Adapter"). Nothing here knows a model: targets, groups, rows and categories are data.
// Every cell is worked on alone and in one order, so that neither ranks nor the order of cells change a bit.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bundle.h"

namespace landbc {

// A variable of the model, or an upper bound of one.
struct AdapterVariable {
  std::string name;
  std::string unit;
  std::string dimension;            // of the rows; empty for one value a cell
  std::vector<std::string> labels;  // one for each row
};

// Names of the adapters that a bundle has; bundles may go without. BUNDLE if a file of one is missing, cut
// short or changed.
std::vector<std::string> adapters_of(const Bundle &bundle);

class Crosswalk {
 public:
  // Of some cells, by position in the mesh, in the order in which fractions come. BUNDLE with the file and
  // the reason.
  Crosswalk(const Bundle &bundle, const std::string &name, const std::vector<int64_t> &positions,
            std::size_t mesh_cells);

  const std::string &name() const { return name_; }
  // The quantity whose class fractions are cross-walked (land_use, land_cover), and its classes.
  const std::string &source() const { return source_; }
  const std::vector<std::string> &classes() const { return classes_; }

  const std::vector<AdapterVariable> &variables() const { return variables_; }
  // Whether a variable is made of leaf area, too.
  bool leafy(std::size_t variable) const { return recipes_[variable].kind == Kind::leaf_area; }
  // Values (row, cell) of each variable from class fractions (class, cell) and the mean leaf area index of
  // the cells' land; null leaves the leafy variables 0.
  std::vector<std::vector<double>> apply(const std::vector<double> &fractions,
                                         const std::vector<double> *leaf_area) const;

  // Upper bounds, known before the run, and their values (row, cell).
  const std::vector<AdapterVariable> &bounds() const { return bounds_; }
  const std::vector<std::vector<double>> &bound_values() const { return bound_values_; }
  // Name of a variable that exceeds its bound in one of the cells, by more than rounding; empty for none.
  std::string exceeds(const std::vector<std::vector<double>> &values) const;

 private:
  enum class Kind { share, category, leaf_area };
  struct Group {
    std::vector<std::vector<std::size_t>> rows;  // targets of each
    std::size_t empty = 0;
  };
  struct Recipe {
    Kind kind = Kind::share;
    std::size_t group = 0;
    std::vector<std::size_t> rows;     // of the group, or the canopy
    std::vector<std::size_t> targets;  // that compete
    std::vector<double> codes;
    double scale = 1.0;
    std::ptrdiff_t bound = -1;
  };

  // What bears leaves: rows of targets, of which the largest lends its relative leaf area.
  struct Canopy {
    std::size_t group = 0, row = 0;  // the land, whose mean leaf area is given
    std::vector<std::vector<std::size_t>> rows;
    std::vector<std::vector<double>> weights;
  };

  void read_document(const std::string &text, const std::string &path);
  void targets_of(const double *fractions, std::size_t stride, std::size_t cell, double *target) const;
  void shares_of(const Group &group, const double *target, double *share) const;
  void leaves_of(const double *target, double mean, double *leaves) const;

  std::string name_, source_;
  std::vector<std::string> classes_;
  std::size_t cells_ = 0, zones_ = 0, targets_ = 0;
  std::vector<Group> groups_;
  Canopy canopy_;
  std::vector<Recipe> recipes_;
  std::vector<AdapterVariable> variables_, bounds_;
  std::vector<std::vector<double>> bound_values_;
  std::vector<double> share_;       // (zone, target, class)
  std::vector<double> zone_share_;  // (cell, zone)
};

}  // namespace landbc
