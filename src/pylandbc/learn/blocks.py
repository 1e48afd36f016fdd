"""The one-degree blocks of the global grid, numbered within a window."""

from __future__ import annotations

import numpy as np

from pylandbc.cube.splits import blocks_of
from pylandbc.grid.window import Window


def block_numbers(window: Window, used: np.ndarray) -> tuple[np.ndarray, int]:
    """Number of each pixel's block among those with used pixels, int32 (rows, cols), -1 off them, and how
    many there are."""
    place = blocks_of(window)
    known = np.unique(place[used])
    at = np.searchsorted(known, place).clip(max=max(known.size - 1, 0))
    inside = known[at] == place if known.size else np.zeros(place.shape, bool)
    return np.where(inside, at, -1).astype(np.int32), int(known.size)
