"""The years of a prediction: a map that is there, then year after year in one direction of time."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pylandbc.errors import InputError

FIRST, LAST = 850, 2100
"""Years that LUH2 and its scenarios cover."""


@dataclass(frozen=True)
class Years:
    """The initial map's year and the years predicted, in their order.

    Parameters
    ----------
    state_year
        Year of the initial map.
    predicted
        Evenly spaced, ascending or descending, the first one step from ``state_year``.
    """

    state_year: int
    predicted: tuple[int, ...]

    @property
    def direction(self) -> int:
        """1 forwards, -1 backwards."""
        return 1 if self.predicted[0] > self.state_year else -1

    @property
    def step(self) -> int:
        """Years from one map to the next."""
        return abs(self.predicted[0] - self.state_year)

    def before(self, year: int) -> int:
        """The year whose map that of ``year`` is made from."""
        return year - self.direction * self.step


def parse_years(text: str, step: int, state_year: int | None, maps: list[int]) -> Years:
    """The years that ``text`` asks for.

    Parameters
    ----------
    text
        ``2010-2020`` forwards, ``2008-1990`` backwards, or one year.
    step
        Years from one map to the next.
    state_year
        Year of the initial map; by default the one that lies a step before the first.
    maps
        Years for which there are maps.

    Raises
    ------
    InputError
        No such years, years outside 850 ... 2100, or no map to begin with.
    """
    match = re.fullmatch(r"\s*(\d{3,4})(?:\s*-\s*(\d{3,4}))?\s*", text)
    if not match or step < 1:
        raise InputError(
            f"years {text!r} with step {step}: give FIRST-LAST such as 2010-2020, or 2008-1990 for "
            "backwards, and a step of at least 1"
        )
    first, last = int(match[1]), int(match[2] or match[1])
    if not FIRST <= min(first, last) <= max(first, last) <= LAST:
        raise InputError(f"years {text!r} do not lie within {FIRST} to {LAST}")
    if first != last:
        direction = 1 if last > first else -1
    elif state_year is not None:
        direction = 1 if first > state_year else -1
    else:
        direction = 1 if first - step in maps else -1
    start = first - direction * step
    if state_year is not None and state_year != start:
        raise InputError(
            f"the map of {state_year} does not lie one step of {step} year(s) before {first} in the order "
            f"{text!r}; begin in {state_year + direction * step} or change the step"
        )
    if start not in maps:
        raise InputError(
            f"years {text!r} with step {step} need the map of {start}; there are maps of "
            f"{', '.join(map(str, maps))}: begin one step after (or before) one of them"
        )
    return Years(start, tuple(range(first, last + direction, direction * step)))
