// The four calendars of CF that hosts use, in whole seconds: standard (Julian before 15 October 1582,
// Gregorian from then on), proleptic_gregorian, noleap (365 days) and 360_day. Integer arithmetic throughout,
// years 1 ... 9999.
#pragma once

#include <cstdint>
#include <string>

#include "landbc.h"

namespace landbc {

constexpr int64_t kSecondsPerDay = 86400;
inline constexpr int32_t kLastYear = 9999;

class Calendar {
 public:
  // By its CF name; ARGUMENT if there is none of that name.
  static Calendar named(const std::string &name);

  const std::string &name() const { return name_; }

  // Seconds since a fixed moment of this calendar; TIME if the date does not exist in it.
  int64_t seconds(const landbc_date &date) const;

  // The inverse of `seconds`.
  landbc_date date(int64_t seconds) const;

  // 00:00 on 1 January.
  int64_t year_begin(int32_t year) const { return day_begin(year, 1, 1); }

  // 00:00 on a day, also of the year after the last; a day that the reform of 1582 left out is the first one
  // after it.
  int64_t day_begin(int64_t year, int32_t month, int32_t day) const;

  // Whether [begin, end) is one month of the calendar.
  bool whole_month(int64_t begin, int64_t end) const;

  bool exists(const landbc_date &date) const;

 private:
  enum class Kind { standard, proleptic_gregorian, noleap, day360 };

  Calendar(Kind kind, std::string name) : kind_(kind), name_(std::move(name)) {}

  bool leap(int64_t year) const;
  int32_t last_day(int64_t year, int32_t month) const;
  int64_t days(int64_t year, int32_t month, int32_t day) const;

  Kind kind_;
  std::string name_;
};

// "2010-02-28 06:00:00"
std::string iso(const landbc_date &date);

}  // namespace landbc
