"""Class flicker A-B-A in yearly maps: a pixel that changes and changes back within a year or two.

HILDA+ and satellite land cover flicker where a pixel lies near a class boundary. Whether to filter it is a
choice that changes every score of change, hence the filter is optional and says how much it removed, so
that results can be reported both ways.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pylandbc.errors import InputError
from pylandbc.legend import UNKNOWN


def consecutive(years: Sequence[int]) -> list[slice]:
    """Runs of years without gaps, of ascending ``years``."""
    starts = [k for k in range(len(years)) if k == 0 or years[k] != years[k - 1] + 1]
    return [slice(first, last) for first, last in zip(starts, [*starts[1:], len(years)], strict=False)]


def remove_flicker(classes: np.ndarray, longest: int = 1) -> tuple[np.ndarray, int]:
    """Fill excursions of at most ``longest`` years with the class on both sides of them.

    Parameters
    ----------
    classes
        ``(year, y, x)`` integer codes of consecutive years, 255 unknown.
    longest
        Longest excursion that counts as flicker, years.

    Returns
    -------
    numpy.ndarray, int
        The filtered maps (a copy) and the number of pixel-years changed. Shorter excursions are filled first;
        the first and last year never change; unknown is neither filled nor a side.

    Raises
    ------
    InputError
        Maps of other dimensions, or ``longest`` below 1.
    """
    if classes.ndim != 3 or longest < 1:
        raise InputError(f"flicker needs (year, y, x) maps and longest >= 1, got {classes.shape}, {longest}")
    out = classes.copy()
    for length in range(1, longest + 1):
        for first in range(1, out.shape[0] - length):
            before, after = out[first - 1], out[first + length]
            inside = out[first : first + length]
            same = (before == after) & (before != UNKNOWN) & (inside != before).all(axis=0)
            same &= (inside != UNKNOWN).all(axis=0)
            inside[:, same] = before[same]
    return out, int((out != classes).sum())
