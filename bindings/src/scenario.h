// The scenario's coarse fields by year (scenario.nc), 0.25 degree, in the order of the model card. A year's
// are read when they are wanted: decades of many variables are more than the maps that they drive.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bundle.h"
#include "bundle_file.h"
#include "card.h"

namespace landbc {

class Scenario {
 public:
  // Of the region's 0.25 degree cells. BUNDLE if a variable that the card names is absent, or the years have
  // gaps.
  Scenario(const Bundle &bundle, const Card &card, const Window &region);

  // Sums over the named variables of each class (cell, class), double; 0 where a class names none. BUNDLE if
  // a name is no input of the card, TIME as `fields`.
  std::vector<double> sums(int32_t year, bool hold,
                           const std::vector<std::vector<std::string>> &names_of_class) const;

  int64_t channels() const { return static_cast<int64_t>(inputs_.size()); }
  int64_t rows() const { return rows_; }
  int64_t cols() const { return cols_; }

  // The fields (channel, lat, lon) for the update from one year's state to another's. Years beyond the first
  // and the last are that one's if `hold`, else TIME.
  void fields(int32_t prior_year, int32_t target_year, bool hold, float *out) const;

 private:
  struct Input {
    size_t variable;
    bool target;
  };

  int64_t index(int32_t year, bool hold) const;
  // Of one year of a variable (lat, lon).
  void read(size_t variable, int64_t at, float *values) const;

  int32_t first_year_ = 0;
  int64_t years_ = 0;
  int64_t rows_ = 0;
  int64_t cols_ = 0;
  std::vector<Input> inputs_;
  int64_t all_rows_ = 0, first_row_ = 0;  // of the extended window; of the region in it
  std::string path_;
  BundleFile file_;
  std::vector<std::string> names_;  // of the variables
};

}  // namespace landbc
