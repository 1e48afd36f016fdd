// What an adapter's file says of one land model (docs/contracts.md, "Adapter"): which targets gather into
// which groups, and how the model's variables are made of them. Positions are checked here, so that what
// works with them need not.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace landbc {

// A variable of the model, or an upper bound of one.
struct AdapterVariable {
  std::string name;
  std::string unit;
  std::string dimension;            // of the rows; empty for one value a cell
  std::vector<std::string> labels;  // one for each row
};

struct AdapterDescription {
  enum class Kind { share, category, leaf_area, stem_area, height_top, height_bottom };

  // Rows of targets whose shares sum to 1.
  struct Group {
    std::vector<std::vector<std::size_t>> rows;
    std::size_t empty = 0;  // the row that is 1 where no target has any area
  };
  // How a variable is made.
  struct Recipe {
    Kind kind = Kind::share;
    std::size_t group = 0;
    std::vector<std::size_t> rows;     // of the group, or the canopy
    std::vector<std::size_t> targets;  // that compete
    std::vector<double> codes;
    double scale = 1.0;
    std::ptrdiff_t bound = -1;
  };
  // Of each target of each row.
  using Property = std::vector<std::vector<double>>;
  // What bears leaves: rows of targets, of which the largest lends its properties.
  struct Canopy {
    std::size_t group = 0, row = 0;  // the land, whose mean leaf area is given
    std::vector<std::vector<std::size_t>> rows;
    Property weights;  // relative leaf area
    // Empty where no output is made of them: the share of the stems that a month leaves, the least stem area
    // (m2 m-2), heights (m).
    Property stem_keep, stem_minimum, height_top, height_bottom;
  };

  std::string source;  // the quantity whose class fractions are cross-walked (land_use, land_cover)
  std::vector<std::string> classes;
  std::size_t targets = 0;
  std::vector<Group> groups;
  Canopy canopy;
  std::vector<AdapterVariable> variables, bounds;
  std::vector<Recipe> recipes;  // of the variables
};

// From the document (JSON). BUNDLE, naming `path`, if it is not what it should be.
AdapterDescription parse_description(const std::string &text, const std::string &path);

}  // namespace landbc
