#include "input_pass.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <type_traits>

#include "wide.h"

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

// How a field's numbers become the card's.
enum class Way { same, scale, divide };

Way way_of(const Conversion &convert) {
  if (convert.divisor != 1.0) return Way::divide;
  return convert.multiplier == 1.0 && convert.offset == 0.0 ? Way::same : Way::scale;
}

// Multiplying by one and dividing by it change nothing, and cost.
template <Way way>
inline double turned(double value, const Conversion &convert) {
  if constexpr (way == Way::same) return value;
  if constexpr (way == Way::scale) return value * convert.multiplier + convert.offset;
  return convert(value);
}

// Whole numbers alone; without branches, as the next.
template <class Number>
LANDBC_INLINE bool all_usable(const Number *given, int64_t count) {
  using Bits = std::conditional_t<sizeof(Number) == sizeof(double), uint64_t, uint32_t>;
  // One more in the lowest bit of the exponent carries over only where all its bits are set.
  constexpr int kFraction = sizeof(Number) == sizeof(double) ? 52 : 23;
  constexpr Bits kSign = Bits{1} << (8 * sizeof(Number) - 1);
  Bits carried = 0;
  for (int64_t i = 0; i < count; ++i)
    carried |= (std::bit_cast<Bits>(given[i]) & ~kSign) + (Bits{1} << kFraction);
  return (carried & kSign) == 0;
}

template <class Number, Way way>
LANDBC_INLINE bool all_within(const Number *given, int64_t count, const Conversion &convert, double bottom,
                              double top) {
  uint64_t strange = 0;
  for (int64_t i = 0; i < count; ++i) {
    const double value = turned<way>(static_cast<double>(given[i]), convert);
    strange |= static_cast<uint64_t>(!(value >= bottom)) | static_cast<uint64_t>(!(value <= top));
  }
  return strange == 0;
}

template <class Number, Way way>
LANDBC_INLINE bool sound(const Number *given, int64_t cells, const Conversion &convert, double bottom,
                         double top) {
  for (int64_t first = 0; first < cells; first += kChunk) {
    const int64_t count = std::min(kChunk, cells - first);
    if (!all_usable(given + first, count)) return false;
    if (!all_within<Number, way>(given + first, count, convert, bottom, top)) return false;
  }
  return true;
}

template <class Number>
LANDBC_INLINE bool sound_any(const Number *given, int64_t cells, const Conversion &convert, double bottom,
                             double top) {
  switch (way_of(convert)) {
    case Way::same:
      return sound<Number, Way::same>(given, cells, convert, bottom, top);
    case Way::scale:
      return sound<Number, Way::scale>(given, cells, convert, bottom, top);
    case Way::divide:
      break;
  }
  return sound<Number, Way::divide>(given, cells, convert, bottom, top);
}

LANDBC_WIDE bool sound_double(const double *given, int64_t cells, const Conversion &convert, double bottom,
                              double top) {
  return sound_any(given, cells, convert, bottom, top);
}
LANDBC_WIDE bool sound_float(const float *given, int64_t cells, const Conversion &convert, double bottom,
                             double top) {
  return sound_any(given, cells, convert, bottom, top);
}

template <class Number>
Passed pass(const Number *given, int64_t cells, const Conversion &convert, double low, double high,
            const int64_t *slot, double *values) {
  Passed passed;
  const bool same = way_of(convert) == Way::same;
  for (int64_t i = 0; i < cells; ++i) {
    double value = std::numeric_limits<double>::quiet_NaN();
    if (usable(given[i])) {
      value = static_cast<double>(given[i]);
      if (!same) value = convert(value);
      if (!usable(value)) value = std::numeric_limits<double>::quiet_NaN();
    }
    if (!usable(value)) {
      if (passed.unusable++ == 0) passed.first_unusable = i;
    } else if (!(value >= low && value <= high)) {
      ++passed.outside;
    }
    values[slot == nullptr ? i : slot[i]] = value;
  }
  return passed;
}

template <class Number, Way way>
LANDBC_INLINE void put(const Number *given, int64_t count, const Conversion &convert, double *room) {
  for (int64_t i = 0; i < count; ++i) room[i] = turned<way>(static_cast<double>(given[i]), convert);
}

template <class Number>
LANDBC_INLINE void put_any(const Number *given, int64_t count, const Conversion &convert, double *room) {
  switch (way_of(convert)) {
    case Way::same:
      return put<Number, Way::same>(given, count, convert, room);
    case Way::scale:
      return put<Number, Way::scale>(given, count, convert, room);
    case Way::divide:
      return put<Number, Way::divide>(given, count, convert, room);
  }
}

LANDBC_WIDE void put_double(const double *given, int64_t count, const Conversion &convert, double *room) {
  put_any(given, count, convert, room);
}
LANDBC_WIDE void put_float(const float *given, int64_t count, const Conversion &convert, double *room) {
  put_any(given, count, convert, room);
}

void put(const double *given, int64_t count, const Conversion &convert, double *room) {
  put_double(given, count, convert, room);
}
void put(const float *given, int64_t count, const Conversion &convert, double *room) {
  put_float(given, count, convert, room);
}

template <class Number>
const double *converted_numbers(const Number *given, const Conversion &convert, const int64_t *cell,
                                int64_t first, int64_t count, double *room) {
  if (cell == nullptr) {
    if constexpr (std::is_same_v<Number, double>) {
      if (way_of(convert) == Way::same) return given + first;
    }
    put(given + first, count, convert, room);
    return room;
  }
  for (int64_t i = 0; i < count; ++i) room[i] = static_cast<double>(given[cell[first + i]]);
  if (way_of(convert) != Way::same) put(static_cast<const double *>(room), count, convert, room);
  return room;
}

}  // namespace

bool all_sound(const landbc_field &field, int64_t cells, const Conversion &convert, double low, double high) {
  // An infinite result of a conversion is as strange as one out of range.
  const double bottom = std::max(low, std::numeric_limits<double>::lowest());
  const double top = std::min(high, std::numeric_limits<double>::max());
  return field.type == LANDBC_FLOAT32
             ? sound_float(static_cast<const float *>(field.data), cells, convert, bottom, top)
             : sound_double(static_cast<const double *>(field.data), cells, convert, bottom, top);
}

Passed pass_over(const landbc_field &field, int64_t cells, const Conversion &convert, double low, double high,
                 const int64_t *slot, double *values) {
  return field.type == LANDBC_FLOAT32
             ? pass(static_cast<const float *>(field.data), cells, convert, low, high, slot, values)
             : pass(static_cast<const double *>(field.data), cells, convert, low, high, slot, values);
}

const double *converted(const landbc_field &field, const Conversion &convert, const int64_t *cell,
                        int64_t first, int64_t count, double *room) {
  return field.type == LANDBC_FLOAT32
             ? converted_numbers(static_cast<const float *>(field.data), convert, cell, first, count, room)
             : converted_numbers(static_cast<const double *>(field.data), convert, cell, first, count, room);
}

}  // namespace landbc
