"""Which parts of the prior map a network may see: square patches are hidden at random (the paper: 32 x 32,
75 %)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from pylandbc.errors import InputError

Ratio = float | tuple[float, float]
"""Share of hidden patches, or the ends of a range to draw from."""


@dataclass(frozen=True)
class MaskSchedule:
    """A ratio that changes in the course of training, linear between its points and constant beyond them.

    Parameters
    ----------
    points
        Pairs of (sample number, ratio), ascending; all ratios plain numbers or all ranges. Sample numbers
        count over epochs, so that the ratio, like the sample, is a function of the number alone.

    Raises
    ------
    InputError
        No points, numbers that do not ascend, or ratios outside 0 ... 1.
    """

    points: tuple[tuple[int, Ratio], ...]

    def __post_init__(self) -> None:
        numbers = [number for number, _ in self.points]
        if not numbers or any(b <= a for a, b in pairwise(numbers)):
            raise InputError(f"a mask schedule needs ascending sample numbers, got {numbers}")
        if len({isinstance(ratio, tuple) for _, ratio in self.points}) > 1:
            raise InputError("the ratios of a mask schedule are all numbers or all ranges")
        for _, ratio in self.points:
            check_ratio(ratio)

    def at(self, number: int) -> Ratio:
        """The ratio of a sample."""
        numbers = [n for n, _ in self.points]
        ends = np.array([ratio if isinstance(ratio, tuple) else (ratio, ratio) for _, ratio in self.points])
        low, high = (float(np.interp(number, numbers, end)) for end in ends.T)
        return (low, high) if isinstance(self.points[0][1], tuple) else low


def check_ratio(ratio: Ratio) -> None:
    """Refuse a ratio that is not between 0 and 1."""
    ends = ratio if isinstance(ratio, tuple) else (ratio, ratio)
    if not 0 <= ends[0] <= ends[1] <= 1:
        raise InputError(f"mask_ratio {ratio} must lie between 0 and 1")


def visible_patches(rng: np.random.Generator, size: int, patch: int, ratio: Ratio) -> np.ndarray:
    """1 where the prior may be seen, uint8 (size, size).

    Parameters
    ----------
    ratio
        Share of the patches to hide; a pair draws the number of hidden patches uniformly between both ends,
        which are included. A fixed ratio is met to within half a patch.
    """
    side = -(-size // patch)
    total = side * side
    if isinstance(ratio, tuple):
        low, high = round(ratio[0] * total), round(ratio[1] * total)
        hidden = int(rng.integers(low, high + 1))
    else:
        hidden = round(ratio * total)
    visible = np.ones(total, dtype=np.uint8)
    visible[rng.permutation(total)[:hidden]] = 0
    grid = visible.reshape(side, side)
    return np.repeat(np.repeat(grid, patch, axis=0), patch, axis=1)[:size, :size]
