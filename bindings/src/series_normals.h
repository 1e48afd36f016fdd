// What a bundle holds for an emulator of a vegetation series: the climatology of the series and of its
// climate by step of the year, and the maps before the run (docs/contracts.md). Maps are read when they are
// wanted.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bundle.h"
#include "bundle_file.h"
#include "card.h"

namespace landbc {

class SeriesNormals {
 public:
  // BUNDLE if the file lacks what the card needs.
  SeriesNormals(const Bundle &bundle, const std::string &file, const Card &card, int64_t steps_per_year);

  // Numbers of the steps before the run that have a map, ascending.
  const std::vector<int64_t> &first_steps() const { return first_steps_; }

  // Over a strip of the extended window's rows (row, col). BUNDLE if a value is not finite.
  std::vector<float> pixels(int64_t of_year, const Window &strip) const;
  // The same of a rectangle of a region, into the caller's memory.
  void part(int64_t of_year, const Window &region, int64_t row, int64_t col, int64_t rows, int64_t cols,
            std::vector<float> &values) const;
  // The same of a map before the run; NaN where there is none.
  std::vector<float> first(size_t index, const Window &strip) const;
  // Of climate input `v` on the 0.25 degree cells of a region (lat, lon).
  std::vector<float> climate(size_t v, int64_t of_year, const Window &region) const;
  // Gives back what reading holds.
  void rest() const { file_.close(); }

 private:
  std::vector<float> read(const std::string &name, size_t steps, size_t step, const Window &strip,
                          int64_t pixels) const;
  void check_finite(const std::string &name, const std::vector<float> &values) const;

  std::string path_;
  BundleFile file_;
  Window extended_;
  size_t steps_;
  std::vector<std::string> climate_;
  std::vector<int64_t> first_steps_;
};

}  // namespace landbc
