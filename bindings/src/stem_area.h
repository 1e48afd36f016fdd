// Stem area index from leaf area index as CLM has it (Zeng et al. 2002,
// doi:10.1175/1520-0442(2002)015<1832:COTCLM>2.0.CO;2, p. 1835): what falls becomes stem, and stems decay; a
// year is repeated until it is its own past.
#pragma once

#include <array>

namespace landbc {

constexpr int kMonths = 12;
using MonthlyValues = std::array<double, kMonths>;

// S(m) = max(keep S(m-1) + max(L(m-1) - L(m), 0), minimum), January ... December, m2 m-2. `keep` lies in
// 0 ... less than 1, all else is finite and not negative.
MonthlyValues stem_area(const MonthlyValues &leaves, double keep, double minimum);

}  // namespace landbc
