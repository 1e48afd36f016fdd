"""Which parts of the prior map a network may see: square patches are hidden at random (the paper: 32 x 32,
75 %)."""

from __future__ import annotations

import numpy as np


def visible_patches(
    rng: np.random.Generator, size: int, patch: int, ratio: float | tuple[float, float]
) -> np.ndarray:
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
