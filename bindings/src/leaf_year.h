// The mean leaf area index of each cell's land in the last twelve months of a run: what stem area follows
// from. Months that the run has not finished yet have those of a mean year.
#pragma once

#include <cstdint>
#include <vector>

#include "stem_area.h"

namespace landbc {

// A finished step of a series: its number, and the mean over the land of each cell.
struct FinishedStep {
  int64_t step;
  std::vector<double> mean;
};

class LeafYear {
 public:
  // `months` (month, cell) of a mean year; `per_year` steps of the series make a year, 12 or a multiple, and
  // `next` is the one that it awaits.
  LeafYear(std::vector<double> months, int64_t per_year, int64_t next);

  // The steps come one after the other.
  void add(const FinishedStep &finished);

  // The month that was finished last, from 0.
  std::size_t month() const { return month_; }
  const std::vector<double> &months() const { return months_; }
  std::size_t cells() const { return months_.size() / kMonths; }

  // Of the month that has begun: the sum over its steps (cell), and how many they are.
  const std::vector<double> &begun() const { return begun_; }
  int64_t begun_steps() const { return begun_steps_; }
  void go_on(std::vector<double> months, std::vector<double> begun, int64_t begun_steps);

 private:
  std::vector<double> months_, begun_;
  int64_t per_month_;
  int64_t begun_steps_ = 0;
  std::size_t month_;
};

}  // namespace landbc
