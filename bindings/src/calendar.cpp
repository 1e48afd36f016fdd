#include "calendar.h"

#include <array>
#include <cstdio>
#include <tuple>

#include "error.h"

namespace landbc {
namespace {

constexpr std::array<int32_t, 12> kMonth = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

bool before_reform(int64_t year, int32_t month, int32_t day) {
  return std::tuple(year, month, day) < std::tuple<int64_t, int32_t, int32_t>(1582, 10, 15);
}

}  // namespace

Calendar Calendar::named(const std::string &name) {
  if (name == "standard" || name == "gregorian") return {Kind::standard, "standard"};
  if (name == "proleptic_gregorian") return {Kind::proleptic_gregorian, name};
  if (name == "noleap" || name == "365_day") return {Kind::noleap, "noleap"};
  if (name == "360_day") return {Kind::day360, name};
  fail(LANDBC_ERROR_ARGUMENT, "calendar '", name,
       "' is not known; known are standard (or gregorian), proleptic_gregorian, noleap (or 365_day) and "
       "360_day");
}

bool Calendar::leap(int64_t year) const {
  switch (kind_) {
    case Kind::standard:
      if (year <= 1582) return year % 4 == 0;
      [[fallthrough]];
    case Kind::proleptic_gregorian:
      return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    default:
      return false;
  }
}

int32_t Calendar::last_day(int64_t year, int32_t month) const {
  if (kind_ == Kind::day360) return 30;
  return kMonth[static_cast<size_t>(month - 1)] + (month == 2 && leap(year) ? 1 : 0);
}

bool Calendar::exists(const landbc_date &date) const {
  if (date.year < 1 || date.year > kLastYear || date.month < 1 || date.month > 12) return false;
  if (date.day < 1 || date.day > last_day(date.year, date.month)) return false;
  if (kind_ == Kind::standard && date.year == 1582 && date.month == 10 && date.day > 4 && date.day < 15)
    return false;
  return date.second >= 0 && date.second < kSecondsPerDay;
}

int64_t Calendar::days(int64_t year, int32_t month, int32_t day) const {
  if (kind_ == Kind::day360) return 360 * (year - 1) + 30 * (month - 1) + day - 1;
  const int64_t past = year - 1;
  int64_t count = 365 * past;
  if (kind_ != Kind::noleap) {
    const bool julian = kind_ == Kind::standard && before_reform(year, month, day);
    // The Julian 1 January of year 1 lies two days before the Gregorian one.
    count += julian ? past / 4 - 2 : past / 4 - past / 100 + past / 400;
  }
  for (int32_t m = 1; m < month; ++m) count += last_day(year, m);
  return count + day - 1;
}

int64_t Calendar::seconds(const landbc_date &date) const {
  if (!exists(date)) {
    fail(LANDBC_ERROR_TIME, iso(date), " is not a date of calendar ", name_, " (years 1 to ", kLastYear, ")");
  }
  return days(date.year, date.month, date.day) * kSecondsPerDay + date.second;
}

int64_t Calendar::day_begin(int64_t year, int32_t month, int32_t day) const {
  const bool left_out = kind_ == Kind::standard && year == 1582 && month == 10 && day > 4 && day < 15;
  return days(year, month, left_out ? 15 : day) * kSecondsPerDay;
}

bool Calendar::whole_month(int64_t begin, int64_t end) const {
  const landbc_date from = date(begin);
  if (from.day != 1 || from.second != 0) return false;
  const bool december = from.month == 12;
  return end == day_begin(from.year + (december ? 1 : 0), december ? 1 : from.month + 1, 1);
}

landbc_date Calendar::date(int64_t seconds) const {
  const int64_t shifted = seconds + 2 * kSecondsPerDay;
  const int64_t day_count = shifted / kSecondsPerDay - 2;
  int64_t year = day_count > 366 ? day_count / 366 : 1;
  while (days(year + 1, 1, 1) <= day_count) ++year;
  int32_t month = 1;
  while (month < 12 && days(year, month + 1, 1) <= day_count) ++month;
  int64_t day = day_count - days(year, month, 1) + 1;
  if (kind_ == Kind::standard && year == 1582 && month == 10 && day > 4) day += 10;
  return {static_cast<int32_t>(year), month, static_cast<int32_t>(day),
          static_cast<int32_t>(shifted % kSecondsPerDay)};
}

std::string iso(const landbc_date &date) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02d-%02d %02d:%02d:%02d", date.year, date.month, date.day,
                date.second / 3600, date.second / 60 % 60, date.second % 60);
  return text.data();
}

}  // namespace landbc
