"""Beyond a window's edge: the pixels of it that are nearest to others of the lattice."""

from __future__ import annotations

import numpy as np

from pylandbc.grid.window import COLS, Window


def nearest(row: np.ndarray, col: np.ndarray, held: Window, step: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns of ``held`` nearest to global ones; ``step`` pixels each."""
    rows = np.clip(row - held.row // step, 0, held.rows // step - 1)
    held_cols, turn = held.cols // step, COLS // step
    around = (col - held.col // step) % turn
    # beyond the eastern edge, the western one is nearer for the second half of the way round
    beyond = np.where(around - (held_cols - 1) <= turn - around, held_cols - 1, 0)
    return rows, np.where(around < held_cols, around, beyond)


def nearest_pixels(wanted: Window, held: Window, step: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows and columns of ``held`` nearest to those of ``wanted``; where these lie outside (rows, cols)."""
    row = wanted.row // step + np.arange(wanted.rows // step)
    col = wanted.col // step + np.arange(wanted.cols // step)
    rows, cols = nearest(row, col, held, step)
    outside_rows, outside_cols = row - held.row // step != rows, (col - held.col // step) % (COLS // step)
    return rows, cols, outside_rows[:, None] | (outside_cols != cols)
