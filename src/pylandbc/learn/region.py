"""A cube and what of it is held out: the unit of an evaluation, which may be of several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pylandbc.cube.open import Cube
from pylandbc.cube.splits import Split
from pylandbc.errors import InputError


@dataclass(frozen=True)
class Region:
    """A cube and the split of its blocks; without one all pixels are of every role."""

    cube: Cube
    split: Split | None = None

    def mask(self, role: str) -> np.ndarray:
        """Pixels of a role (train, validation, test, or all), bool (rows, cols)."""
        if self.split is None or role == "all":
            return np.ones(self.cube.window.shape, dtype=bool)
        return self.split.mask(role)


def year_pairs(
    regions: Sequence[Region], span: int | None = None, quantity: str = "land_use"
) -> list[tuple[int, int]]:
    """The last two maps that lie ``span`` years apart (neighbours by default), in both directions.

    Raises
    ------
    InputError
        A cube has none, or another cube has others.
    """
    found = [_pairs_of(region.cube, span, quantity) for region in regions]
    for region, pairs in zip(regions, found, strict=True):
        if pairs != found[0]:
            (a, b), (c, d) = found[0][0], pairs[0]
            raise InputError(
                f"{region.cube.path} would be scored from {c} to {d}, {regions[0].cube.path} "
                f"from {a} to {b}: score them one by one, or choose a span (--span)"
            )
    return found[0]


def _pairs_of(cube: Cube, span: int | None, quantity: str) -> list[tuple[int, int]]:
    years = cube.class_years(quantity)
    pairs = [(a, b) for a in years for b in years if a < b and (span is None or b - a == span)]
    if not pairs:
        raise InputError(f"{cube.path}: no two maps lie {span} years apart (years: {years})")
    last = max(pairs, key=lambda pair: (pair[1], pair[0]))
    return [last, last[::-1]]
