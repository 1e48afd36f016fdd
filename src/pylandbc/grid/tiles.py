"""The global lattice of tiles: cores on multiples of 400 pixels, a halo of 112 around each.

Every window is cut along the same lines, so that a tile of one window is the tile of any other and a result
does not depend on the window. 112 is a multiple of 16 that exceeds the U-Net's receptive-field radius of
107: a core computed with its halo equals the same pixels of one big pass bit for bit. The C++ engine follows
the same rules.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pylandbc.errors import InputError
from pylandbc.grid.window import COLS, Window

CORE = 400
"""Cores are multiples of this: 16 (the network's stride) times 25 (a 0.25 degree cell)."""
HALO = 112


@dataclass(frozen=True)
class Tile:
    """One tile of the lattice.

    Parameters
    ----------
    row, col
        First row and column of the core on the global grid, multiples of ``core``.
    core, halo
        Pixels along the core, and around it.
    """

    row: int
    col: int
    core: int = CORE
    halo: int = HALO

    @property
    def size(self) -> int:
        """Pixels along the tile with its halo."""
        return self.core + 2 * self.halo

    def pixels_in(self, window: Window) -> tuple[np.ndarray, np.ndarray]:
        """Rows and columns of the tile with its halo in ``window``; they may lie outside it."""
        step = np.arange(self.size) - self.halo
        return step + self.row - window.row, step + _offset(self.col, self.core, window)

    def core_pixels(self, window: Window) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Rows and columns of ``window`` that the core covers, and where these lie in the core; on both sides
        of the window where it almost goes round the globe."""
        step = np.arange(self.core)
        row, col = step + self.row - window.row, (step + self.col - window.col) % COLS
        row_in, col_in = (row >= 0) & (row < window.rows), col < window.cols
        return row[row_in], col[col_in], step[row_in], step[col_in]

    def cut(self, field: np.ndarray, window: Window, fill: float | None = None) -> np.ndarray:
        """The tile with its halo out of a field on a window.

        Parameters
        ----------
        field
            (..., rows, cols) over ``window``.
        window
            The window of the field.
        fill
            Value beyond the field; None replicates its edge. Columns wrap where the window goes round the
            globe.

        Returns
        -------
        numpy.ndarray
            (..., size, size), the type of ``field``.
        """
        row, col = self.pixels_in(window)
        if window.cols == COLS:
            col %= COLS
        rows, cols = np.clip(row, 0, window.rows - 1), np.clip(col, 0, window.cols - 1)
        tile = field[..., rows[:, None], cols]
        if fill is not None:
            tile[..., (row != rows)[:, None] | (col != cols)] = fill
        return tile


def tiles_of(window: Window, core: int = CORE) -> Iterator[Tile]:
    """The tiles whose cores overlap a window, north to south, then west to east from the window's western
    edge.

    Raises
    ------
    InputError
        If ``core`` is no multiple of 400 that divides the globe's 36000 columns.
    """
    if core <= 0 or core % CORE or COLS % core:
        raise InputError(
            f"tile core {core} is not a multiple of {CORE} pixels that divides {COLS} "
            "(400, 800, 1200, 2000 ...)"
        )
    for row in range(window.row // core * core, window.row + window.rows, core):
        first = window.col // core * core
        seen: set[int] = set()
        for col in range(first, window.col + window.cols, core):
            if col % COLS not in seen:
                seen.add(col % COLS)
                yield Tile(row, col % COLS, core)


def _offset(col: int, core: int, window: Window) -> int:
    """Column of the window at which a core begins; negative where it begins west of the window."""
    offset = (col - window.col) % COLS
    return offset - COLS if offset > COLS - core else offset
