"""Places integer amounts of change within each 0.25 degree cell, exactly, with known probabilities.

CLUE-S (Verburg et al. 2002) gives the demand of a cell to the pixels that suit it best. Here a pixel's chance
is proportional to exp(score / temperature), capped at 1, and the draw is systematic sampling with unequal
probabilities (Madow 1949): it takes exactly the demanded number of pixels, and each with exactly its own
probability. Hence the best attainable forecast of the planet is known in closed form.
"""

from __future__ import annotations

import numpy as np

from pylandbc.grid.window import COARSE

ONE = 1 << 30
"""Probabilities are whole numbers of this part, so that their sums are exact."""


def to_blocks(field: np.ndarray) -> np.ndarray:
    """(rows, cols) to (cells, 625): the pixels of each 0.25 degree cell, cells and pixels row by row."""
    rows, cols = field.shape
    split = field.reshape(rows // COARSE, COARSE, cols // COARSE, COARSE)
    return np.ascontiguousarray(split.transpose(0, 2, 1, 3)).reshape(-1, COARSE * COARSE)


def from_blocks(blocks: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """The inverse of :func:`to_blocks`."""
    rows, cols = shape
    split = blocks.reshape(rows // COARSE, cols // COARSE, COARSE, COARSE)
    return np.ascontiguousarray(split.transpose(0, 2, 1, 3)).reshape(shape)


def inclusion(weight: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Probability that each pixel is among the ``counts`` taken: ``min(1, c weight)``, summing to ``counts``.

    Parameters
    ----------
    weight
        (cells, pixels), not negative; 0 where a pixel is not eligible.
    counts
        Whole pixels wanted in each cell (cells,), at most the number of eligible ones.

    Returns
    -------
    numpy.ndarray
        int64 (cells, pixels) in parts of :data:`ONE`; each row sums to ``counts * ONE`` exactly.

    Raises
    ------
    ValueError
        A count is negative or exceeds the eligible pixels.
    """
    weight = np.asarray(weight, dtype=np.float64)
    counts = np.asarray(counts, dtype=np.int64)
    eligible = weight > 0
    if np.any((counts < 0) | (counts > eligible.sum(axis=1))):
        raise ValueError("more pixels are to change than are eligible")
    capped = np.zeros(weight.shape, dtype=bool)
    while True:
        free = np.where(capped, 0.0, weight)
        total = free.sum(axis=1)
        left = counts - capped.sum(axis=1)
        rate = np.divide(left, total, out=np.zeros(total.shape), where=(total > 0) & (left > 0))
        chance = free * rate[:, None]
        over = chance >= 1.0
        if not over.any():
            break
        capped |= over
    parts = np.where(capped, ONE, np.floor(chance * ONE)).astype(np.int64)
    # what rounding down lost, at most a 2**-30 part a pixel, goes to the first pixels that can take it
    lost = counts * ONE - parts.sum(axis=1)
    can = eligible & (parts < ONE)
    parts += can & (np.cumsum(can, axis=1) <= lost[:, None])
    return parts


def systematic(parts: np.ndarray, start: np.ndarray) -> np.ndarray:
    """A draw with the given inclusion probabilities; true at exactly the sum of each row's.

    Parameters
    ----------
    parts
        int64 (cells, pixels) of :func:`inclusion`.
    start
        One uniform number in [0, 1) a cell.
    """
    line = np.cumsum(parts, axis=1)
    line += (np.asarray(start, dtype=np.float64) * ONE).astype(np.int64)[:, None]
    whole = line // ONE
    return np.diff(whole, axis=1, prepend=0) > 0
