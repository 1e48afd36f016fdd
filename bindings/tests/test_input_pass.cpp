// The fast passes over a host's field against its values taken one by one: numbers of either precision, units
// that stay, are scaled and divided, any order of cells, and everything strange in any place of a chunk.
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "expect.h"
#include "input_pass.h"

namespace {

using landbc::Conversion;
using landbc::kChunk;

constexpr double kLow = -100.0;
constexpr double kHigh = 400.0;
constexpr int64_t kCells = 3 * kChunk + 17;

template <class Number>
landbc_field field_of(const std::vector<Number> &numbers) {
  landbc_field field{};
  field.data = const_cast<Number *>(numbers.data());
  field.type = sizeof(Number) == sizeof(double) ? LANDBC_FLOAT64 : LANDBC_FLOAT32;
  return field;
}

template <class Number>
double one(Number number, const Conversion &convert) {
  return static_cast<double>(number) * convert.multiplier / convert.divisor + convert.offset;
}

bool same_bits(double a, double b) {
  // A sum does not tell zeros apart.
  return std::memcmp(&a, &b, sizeof a) == 0 || (a == 0.0 && b == 0.0);
}

template <class Number>
void sound_values(const Conversion &convert, const std::vector<int64_t> &slot) {
  std::mt19937 random(7);
  std::uniform_real_distribution<double> within(-50.0, 100.0);
  std::vector<Number> given(static_cast<size_t>(kCells));
  for (Number &number : given) number = static_cast<Number>(within(random));
  const landbc_field field = field_of(given);
  expect(landbc::all_sound(field, kCells, convert, kLow, kHigh), "sound values are not");

  std::vector<int64_t> cell(slot.size());
  for (size_t i = 0; i < slot.size(); ++i) cell[static_cast<size_t>(slot[i])] = static_cast<int64_t>(i);
  std::vector<double> put_down(static_cast<size_t>(kCells));
  landbc::pass_over(field, kCells, convert, kLow, kHigh, slot.empty() ? nullptr : slot.data(),
                    put_down.data());
  std::vector<double> room(static_cast<size_t>(kChunk));
  for (int64_t first = 0; first < kCells; first += kChunk) {
    const int64_t count = std::min(kChunk, kCells - first);
    const double *const values =
        landbc::converted(field, convert, cell.empty() ? nullptr : cell.data(), first, count, room.data());
    for (int64_t i = 0; i < count; ++i) {
      const auto at = static_cast<size_t>(first + i);
      const size_t host = cell.empty() ? at : static_cast<size_t>(cell[at]);
      expect(same_bits(values[i], one(given[host], convert)), "a converted value");
      expect(same_bits(values[i], put_down[at]), "a value that is put down");
    }
  }
}

template <class Number>
void strange_values(const Conversion &convert) {
  using Limits = std::numeric_limits<Number>;
  const Number strange[] = {Limits::quiet_NaN(), Limits::signaling_NaN(),
                            Limits::infinity(),  -Limits::infinity(),
                            Number(1e6),         Number(-1e6)};
  std::vector<Number> given(static_cast<size_t>(kCells), Number(20));
  std::vector<double> put_down(given.size());
  for (const int64_t at : {int64_t{0}, int64_t{3}, kChunk - 1, kChunk, 3 * kChunk, kCells - 1}) {
    for (size_t kind = 0; kind < std::size(strange); ++kind) {
      given[static_cast<size_t>(at)] = strange[kind];
      const landbc_field field = field_of(given);
      expect(!landbc::all_sound(field, kCells, convert, kLow, kHigh), "a strange value is not seen");
      const auto found = landbc::pass_over(field, kCells, convert, kLow, kHigh, nullptr, put_down.data());
      expect_equal(found.unusable, kind < 4 ? 1 : 0);
      expect_equal(found.first_unusable, kind < 4 ? at : -1);
      expect_equal(found.outside, kind < 4 ? 0 : 1);
      expect(std::isnan(put_down[static_cast<size_t>(at)]) == (kind < 4), "what is put down");
    }
    given[static_cast<size_t>(at)] = Number(20);
  }
  // Beyond the largest number after the conversion, where any finite one is possible.
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  given[5] = std::numeric_limits<Number>::max();
  const bool overflows = std::isinf(one(given[5], convert));
  expect_equal(landbc::all_sound(field_of(given), kCells, convert, -kInfinity, kInfinity), !overflows);
}

template <class Number>
void all_of_it() {
  std::vector<int64_t> shuffled(static_cast<size_t>(kCells));
  for (size_t i = 0; i < shuffled.size(); ++i) shuffled[i] = static_cast<int64_t>(i * 5 % shuffled.size());
  const Conversion same;
  const Conversion scaled{1000.0, 1.0, 0.0};
  const Conversion shifted{1.0, 1.0, 273.15};
  const Conversion divided{1000.0, 1800.0, 0.0};
  for (const Conversion &convert : {same, shifted, divided}) {
    for (const auto &slot : {std::vector<int64_t>(), shuffled}) sound_values<Number>(convert, slot);
    strange_values<Number>(convert);
  }
  std::vector<Number> given(static_cast<size_t>(kCells), Number(0.5));
  expect(!landbc::all_sound(field_of(given), kCells, scaled, kLow, kHigh), "the range is that of the card");
  given.assign(given.size(), Number(0.25));
  expect(landbc::all_sound(field_of(given), kCells, scaled, kLow, kHigh), "the range is that of the card");
}

}  // namespace

int main() {
  static_assert(kCells % 5 != 0, "5 and the number of cells have no common divisor");
  all_of_it<double>();
  all_of_it<float>();
  return failures;
}
