"""What a bundle takes from a cube: fields on a window that may reach beyond the cube's.

Beyond the cube, floating-point fields are replicated from its edge and class maps are unknown, as the
bundle's contract says. Only the part that is needed is read, so that a regional bundle can be cut from a
global cube.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pylandbc.cube.open import open_cube
from pylandbc.grid.window import COARSE, COLS, Window
from pylandbc.legend import UNKNOWN


class CubeFields:
    """A cube, read onto windows.

    Parameters
    ----------
    path
        Directory of the Zarr group.

    Raises
    ------
    InputError
        If it is no cube, of another version, incomplete, or lacks an array.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._cube = open_cube(path)
        self.window = self._cube.window
        self.units = self._cube.units

    @property
    def years(self) -> list[int]:
        """Years of the land-use maps."""
        return [int(y) for y in self._cube.years]

    def names(self, source: str) -> list[str]:
        """Names of the variables of ``static``, ``scenario`` or ``climate``."""
        return list(getattr(self._cube, f"{source}_variables"))

    def land_use(self, year: int, window: Window) -> np.ndarray:
        """Class codes of a year, uint8 (rows, cols); 255 beyond the cube. ``InputError`` if absent."""
        rows, cols, outside = _place(window, self.window, 1)
        field = self._cube.land_use.oindex[self._cube.year_index(year), rows, cols]
        field[outside] = UNKNOWN
        return field

    def static(self, name: str, window: Window) -> np.ndarray:
        """A static field, float32 (rows, cols), replicated beyond the cube."""
        rows, cols, _ = _place(window, self.window, 1)
        return self._cube.static.oindex[self.names("static").index(name), rows, cols]

    def scenario(self, window: Window) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """Scenario years (years,) and fields float32 (years, lat, lon) by name, on 0.25 degree cells."""
        rows, cols, _ = _place(window, self.window, COARSE)
        values = self._cube.scenario[:][:, :, rows[:, None], cols]
        years = self._cube.scenario_years.astype(np.int32)
        return years, {name: values[:, i] for i, name in enumerate(self.names("scenario"))}

    def climatology(self, window: Window) -> dict[str, np.ndarray]:
        """Monthly climatologies float32 (12, lat, lon) by name, on the window's 0.25 degree cells."""
        rows, cols, _ = _place(window, self.window, COARSE)
        values = self._cube.climatology[:][:, :, rows[:, None], cols]
        return {name: values[:, i] for i, name in enumerate(self.names("climate"))}


def _place(wanted: Window, held: Window, step: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows and columns of ``held`` nearest to those of ``wanted``; where these lie outside (rows, cols)."""
    row = wanted.row // step + np.arange(wanted.rows // step) - held.row // step
    rows = np.clip(row, 0, held.rows // step - 1)
    held_cols, turn = held.cols // step, COLS // step
    col = (wanted.col // step + np.arange(wanted.cols // step) - held.col // step) % turn
    # beyond the eastern edge, the western one is nearer for the second half of the way round
    beyond = np.where(col - (held_cols - 1) <= turn - col, held_cols - 1, 0)
    cols = np.where(col < held_cols, col, beyond)
    return rows, cols, (row != rows)[:, None] | (col != cols)
