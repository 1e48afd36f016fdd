#include "stem_area.h"

#include <algorithm>

namespace landbc {

MonthlyValues stem_area(const MonthlyValues &leaves, double keep, double minimum) {
  MonthlyValues stems{};
  MonthlyValues before{};
  double stem = minimum;
  // Nothing falls from one year to the next, so that the years ascend until one repeats.
  do {
    before = stems;
    for (std::size_t month = 0; month < kMonths; ++month) {
      const double fallen = std::max(leaves[(month + kMonths - 1) % kMonths] - leaves[month], 0.0);
      stem = std::max(keep * stem + fallen, minimum);
      stems[month] = stem;
    }
  } while (stems != before);
  return stems;
}

}  // namespace landbc
