// The spans over which an emulator takes its climate, as its card's `step` says: calendar years, months or
// dekads (days 1-10, 11-20 and the rest of a month). Each has a number; numbers go on without gaps.
#pragma once

#include <cstdint>
#include <string>

#include "calendar.h"

namespace landbc {

enum class Step { year, month, dekad };

class Periods {
 public:
  Periods(Calendar calendar, Step step) : calendar_(std::move(calendar)), step_(step) {}

  // Number of the period that holds a moment.
  int64_t holding(int64_t seconds) const;

  // First moment of a period; it ends where the next begins.
  int64_t begin(int64_t period) const;
  int64_t end(int64_t period) const { return begin(period + 1); }

  // Which of the year's steps a period is, from 0.
  int64_t of_year(int64_t period) const { return period % per_year(); }
  int64_t per_year() const { return step_ == Step::year ? 1 : step_ == Step::month ? 12 : 36; }
  const Calendar &calendar() const { return calendar_; }

  // Number of a year's first period, and of the first one after it.
  int64_t first_of(int32_t year) const { return year * per_year(); }

 private:
  Calendar calendar_;
  Step step_;
};

}  // namespace landbc
