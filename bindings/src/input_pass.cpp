#include "input_pass.h"

#include <bit>
#include <limits>

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

template <class Number, bool kInOrder, bool kConvert>
Passed pass(const Number *given, int64_t cells, const Conversion &convert, double low, double high,
            const Destination &to) {
  Passed passed;
  double *const out = to.values + to.v;
  for (int64_t i = 0; i < cells; ++i) {
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
    out[static_cast<size_t>(kInOrder ? i : to.slot[i]) * to.width] = value;
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
