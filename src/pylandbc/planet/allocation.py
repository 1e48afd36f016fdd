"""Places integer amounts of change within each 0.25 degree cell, exactly.

A demand says for every cell how many pixels go from one class to another. In each cell the best-scoring
pixels of the source class change. Demands out of a class never exceed what a cell has of it at the start of
the year, and a pixel changes at most once a year, hence every demand is met to the pixel.
"""

from __future__ import annotations

import numpy as np

from pylandbc.grid.window import COARSE


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


def best_pixels(score: np.ndarray, eligible: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """The ``counts`` best-scoring eligible pixels of each cell; equal scores go to the lower pixel index.

    Parameters
    ----------
    score
        float32 (cells, 625).
    eligible
        bool (cells, 625).
    counts
        Pixels wanted in each cell (cells,), at most the number of eligible ones.

    Returns
    -------
    numpy.ndarray
        bool (cells, 625), true at exactly ``counts`` pixels in each cell.

    Raises
    ------
    ValueError
        A count exceeds the eligible pixels.
    """
    chosen = np.zeros(eligible.shape, dtype=bool)
    cells = np.flatnonzero(counts > 0)
    if cells.size == 0:
        return chosen
    if np.any(counts[cells] > eligible[cells].sum(axis=1)):
        raise ValueError("more pixels are to change than are eligible")
    order = np.argsort(np.where(eligible[cells], -score[cells], np.inf), axis=1, kind="stable")
    place = np.arange(order.shape[1])[None, :] < counts[cells, None]
    picked = np.zeros(order.shape, dtype=bool)
    np.put_along_axis(picked, order, place, axis=1)
    chosen[cells] = picked
    return chosen
