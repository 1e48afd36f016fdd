"""How long each pixel has kept its land use: what the map of one year does not hold.

Land that has just changed rarely changes again, and what has long been as it is may be due. Where earlier
maps are known (HILDA+ has one a year), or a run has made some itself, each pixel has a code, which travels
with the map from step to step: 0 ... 10, it has kept its class for that many years, as far back as is known
(0: nothing is known, 10: ten or more); 11 ... 20, it took its class 1 ... 10 years ago. Years count along the
run, so that backwards in time they are those of the maps after.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise

import numpy as np

from pylandbc.legend import HISTORY_YEARS, UNKNOWN


def advance(history: np.ndarray, before: np.ndarray, after: np.ndarray, years: int) -> np.ndarray:
    """Codes after a step, uint8 in the shape of the maps.

    Parameters
    ----------
    history
        Codes of the map before the step, uint8.
    before, after
        Class codes of the two maps, uint8; 255 unknown.
    years
        Span of the step. A change counts from its end.
    """
    codes = np.arange(256)
    kept = codes + years
    kept[: HISTORY_YEARS + 1] = np.minimum(kept[: HISTORY_YEARS + 1], HISTORY_YEARS)
    kept[kept > 2 * HISTORY_YEARS] = HISTORY_YEARS
    out = kept.astype(np.uint8)[history]
    out[before != after] = HISTORY_YEARS + 1
    out[(before == UNKNOWN) | (after == UNKNOWN)] = 0
    return out


def earlier_years(years: Iterable[int], year: int, direction: int, longest: int = HISTORY_YEARS) -> list[int]:
    """Years with maps that lie before ``year`` on the way (1 forwards, -1 backwards), at most ``longest``
    years away, in the order of the way; the last is ``year`` itself."""
    found = {y for y in years if 0 < (year - y) * direction <= longest}
    return [*sorted(found, key=lambda y: y * direction), year]


def history_of(read: Callable[[int], np.ndarray], way: list[int]) -> np.ndarray:
    """Codes of the last of the years, uint8 in the shape of the maps.

    Parameters
    ----------
    read
        Gives the map of a year, uint8; 255 unknown.
    way
        As of :func:`earlier_years`.
    """
    before = read(way[0])
    history = np.zeros(before.shape, np.uint8)
    for first, second in pairwise(way):
        after = read(second)
        history = advance(history, before, after, abs(second - first))
        before = after
    return history
