"""Where training crops lie: random places with enough pixels that count, and their 0.25 degree cells."""

from __future__ import annotations

import numpy as np

from pylandbc.errors import InputError
from pylandbc.grid.window import COARSE, Window

TRIES = 32
"""Crops looked at to find one with enough pixels that count."""


class Crops:
    """Square crops of a window.

    Parameters
    ----------
    window
        What the crops are cut from.
    counting
        Pixels that count, bool (rows, cols).
    size
        Pixels along a crop, a multiple of 16.
    min_active
        Share of a crop that should count; the best of 32 is taken if none reaches it.

    Raises
    ------
    InputError
        A size that is no multiple of 16 or exceeds the window.
    """

    def __init__(self, window: Window, counting: np.ndarray, size: int, min_active: float) -> None:
        check_size(size, window)
        self.window, self.size, self.min_active = window, size, min_active
        self._sums = np.zeros((window.rows + 1, window.cols + 1), dtype=np.int64)
        self._sums[1:, 1:] = counting.cumsum(axis=0, dtype=np.int64).cumsum(axis=1)

    @property
    def empty(self) -> bool:
        """Whether no pixel counts."""
        return bool(self._sums[-1, -1] == 0)

    def place(self, rng: np.random.Generator, phase: np.ndarray) -> tuple[int, int]:
        """First row and column of a crop; ``phase`` is its position within the 0.25 degree cells."""
        starts = []
        for extent, shift in zip(self.window.shape, phase, strict=True):
            room = extent - self.size
            shift = int(shift) % (room + 1)
            starts.append(shift + COARSE * rng.integers(0, (room - shift) // COARSE + 1, size=TRIES))
        r, c = starts
        s, n = self._sums, self.size
        active = s[r + n, c + n] - s[r, c + n] - s[r + n, c] + s[r, c]
        enough = np.flatnonzero(active >= self.min_active * n * n)
        best = enough[0] if enough.size else int(np.argmax(active))
        return int(r[best]), int(c[best])

    def block(self, row: int, col: int) -> tuple[np.ndarray, np.ndarray]:
        """Coarse rows and columns of a block that covers the crop, of one shape for all; the window's edge
        is replicated."""
        extent = (self.size - 2) // COARSE + 2
        return tuple(  # type: ignore[return-value]
            np.minimum(first // COARSE + np.arange(extent), last - 1)
            for first, last in zip((row, col), self.window.coarse_shape, strict=True)
        )

    def within_block(self, row: int, col: int) -> tuple[np.ndarray, np.ndarray]:
        """The block's row of each row of the crop, and the same for columns, int64."""
        return tuple(  # type: ignore[return-value]
            ((first + np.arange(self.size)) // COARSE - first // COARSE).astype(np.int64)
            for first in (row, col)
        )


def check_size(size: int, window: Window) -> None:
    """Refuse a size that no crop of the window can have."""
    if size % 16 or size <= 0 or size > min(window.shape):
        raise InputError(
            f"sample size {size} must be a multiple of 16 and fit into the window "
            f"({window.rows} x {window.cols} pixels)"
        )
