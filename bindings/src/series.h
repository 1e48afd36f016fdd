// Inputs that the bundle supplies where the host has none (series.nc): a monthly climatology on the native
// cells, which repeats every year, or one number a year for all cells (carbon dioxide, say). Each value holds
// for its whole month or year; an interval's mean weighs them by seconds.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bundle.h"
#include "calendar.h"
#include "card.h"

namespace landbc {

class Series {
 public:
  // The inputs of these names. FIELD_NAME if the emulators or the bundle know none of a name, BUNDLE if
  // the file's content does not fit, MODEL if an input is no mean.
  Series(const Bundle &bundle, const std::vector<ClimateInput> &wanted, const std::vector<std::string> &names,
         size_t mesh_cells, Calendar calendar, bool hold);

  // Whether input number `v` comes from here.
  bool serves(size_t v) const { return variables_[v].kind != Kind::none; }

  // Means of input `v` over [begin, end) at some positions of the mesh, to values[i * width + v]. TIME beyond
  // the years, unless they are held.
  void fill(size_t v, int64_t begin, int64_t end, const std::vector<int64_t> &positions,
            double *values) const;

 private:
  enum class Kind { none, climatology, yearly };
  struct Variable {
    Kind kind = Kind::none;
    std::string name;
    std::vector<double> values;  // (month, cell) or (year)
  };

  double yearly(const Variable &variable, int64_t begin, int64_t end) const;

  Calendar calendar_;
  bool hold_;
  size_t mesh_cells_;
  int32_t first_year_ = 0;
  std::vector<Variable> variables_;
};

}  // namespace landbc
