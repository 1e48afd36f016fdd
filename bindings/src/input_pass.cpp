#include "input_pass.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <type_traits>

namespace landbc {
namespace {

// Told from the bits: arithmetic with a signalling NaN would trap where the host traps.
bool usable(double value) {
  constexpr uint64_t kExponent = uint64_t{0x7FF} << 52;
  return (std::bit_cast<uint64_t>(value) & kExponent) != kExponent;
}
bool usable(float value) {
  constexpr uint32_t kExponent = uint32_t{0xFF} << 23;
  return (std::bit_cast<uint32_t>(value) & kExponent) != kExponent;
}

template <class Number>
constexpr bool kIsDouble = sizeof(Number) == sizeof(double);

// In chunks that stay in the nearest cache: first whether all numbers are usable, by whole numbers alone,
// then their conversion, both without branches.
constexpr int64_t kChunk = 512;

template <class Number>
bool all_usable(const Number *given, int64_t count) {
  using Bits = std::conditional_t<kIsDouble<Number>, uint64_t, uint32_t>;
  // One more in the lowest bit of the exponent carries over only where all its bits are set.
  constexpr int kFraction = kIsDouble<Number> ? 52 : 23;
  constexpr Bits kSign = Bits{1} << (8 * sizeof(Number) - 1);
  Bits carried = 0;
  for (int64_t i = 0; i < count; ++i)
    carried |= (std::bit_cast<Bits>(given[i]) & ~kSign) + (Bits{1} << kFraction);
  return (carried & kSign) == 0;
}

template <class Number, bool kInOrder, bool kConvert>
void pass_slowly(const Number *given, int64_t first, int64_t last, const Conversion &convert, double low,
                 double high, const Destination &to, Passed &passed) {
  for (int64_t i = first; i < last; ++i) {
    double value = std::numeric_limits<double>::quiet_NaN();
    if (usable(given[i])) {
      value = kConvert ? convert(static_cast<double>(given[i])) : static_cast<double>(given[i]);
      if (kConvert && !usable(value)) value = std::numeric_limits<double>::quiet_NaN();
    }
    // NaN compares false and comes here as well.
    if (!(value >= low && value <= high)) {
      if (value != value) {
        if (passed.unusable++ == 0) passed.first_unusable = i;
      } else {
        ++passed.outside;
      }
    }
    to.values[kInOrder ? i : to.slot[i]] = value;
  }
}

template <class Number, bool kInOrder, bool kConvert>
Passed pass(const Number *given, int64_t cells, const Conversion &convert, double low, double high,
            const Destination &to) {
  Passed passed;
  // An infinite result of a conversion is as strange as one out of range.
  const double bottom = std::max(low, std::numeric_limits<double>::lowest());
  const double top = std::min(high, std::numeric_limits<double>::max());
  for (int64_t first = 0; first < cells; first += kChunk) {
    const int64_t last = std::min(first + kChunk, cells);
    unsigned strange = all_usable(given + first, last - first) ? 0 : 1;
    if (strange == 0) {
      for (int64_t i = first; i < last; ++i) {
        const double value =
            kConvert ? convert(static_cast<double>(given[i])) : static_cast<double>(given[i]);
        strange |= static_cast<unsigned>(!(value >= bottom)) | static_cast<unsigned>(!(value <= top));
        to.values[kInOrder ? i : to.slot[i]] = value;
      }
    }
    if (strange != 0)
      pass_slowly<Number, kInOrder, kConvert>(given, first, last, convert, low, high, to, passed);
  }
  return passed;
}

template <class Number>
Passed pass_numbers(const landbc_field &field, int64_t cells, const Conversion &convert, double low,
                    double high, const Destination &to) {
  const auto *const given = static_cast<const Number *>(field.data);
  const bool same = convert.multiplier == 1.0 && convert.divisor == 1.0 && convert.offset == 0.0;
  if (to.slot == nullptr) {
    return same ? pass<Number, true, false>(given, cells, convert, low, high, to)
                : pass<Number, true, true>(given, cells, convert, low, high, to);
  }
  return same ? pass<Number, false, false>(given, cells, convert, low, high, to)
              : pass<Number, false, true>(given, cells, convert, low, high, to);
}

}  // namespace

Passed pass_over(const landbc_field &field, int64_t cells, const Conversion &convert, double low, double high,
                 const Destination &to) {
  return field.type == LANDBC_FLOAT32 ? pass_numbers<float>(field, cells, convert, low, high, to)
                                      : pass_numbers<double>(field, cells, convert, low, high, to);
}

}  // namespace landbc
