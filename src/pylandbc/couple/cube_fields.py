"""What a bundle takes from a cube: fields on a window that may reach beyond the cube's.

Beyond the cube, floating-point fields are replicated from its edge and class maps are unknown, as the
bundle's contract says. Only the part that is needed is read, so that a regional bundle can be cut from a
global cube.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import zarr

from pylandbc.errors import InputError
from pylandbc.grid.window import COARSE, COLS, Window
from pylandbc.legend import UNKNOWN


class CubeFields:
    """A cube of format 1, read onto windows.

    Parameters
    ----------
    path
        Directory of the Zarr group.

    Raises
    ------
    InputError
        If it is no cube, of another version, or lacks an array.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._group = zarr.open_group(str(path), mode="r")
        except (FileNotFoundError, ValueError) as error:
            raise InputError(
                f"{path} is not a cube (no Zarr group there); build one with `pylandbc cube`"
            ) from error
        found = (self._group.attrs.get("format"), self._group.attrs.get("format_version"))
        if found != ("landbc-cube", 1):
            raise InputError(
                f"{path}: format and version are {found}, needed are ('landbc-cube', 1); build the cube again"
            )
        try:
            numbers: Any = self._group.attrs["window"]
            self.window = Window(*(int(n) for n in numbers))
        except (KeyError, TypeError) as error:
            raise InputError(f"{path}: attribute 'window' is missing or not four numbers") from error

    @property
    def years(self) -> list[int]:
        """Years of the land-use maps."""
        return [int(y) for y in self._read("year")[:]]

    @cached_property
    def units(self) -> dict[str, str]:
        """Units by variable, where the cube says them."""
        units: Any = self._group.attrs.get("units", {})
        return dict(units)

    def names(self, source: str) -> list[str]:
        """Names of the variables of ``static``, ``scenario`` or ``climate``."""
        return [str(name) for name in self._read(f"{source}_variable")[:]]

    def land_use(self, year: int, window: Window) -> np.ndarray:
        """Class codes of a year, uint8 (rows, cols); 255 beyond the cube. ``InputError`` if absent."""
        if year not in self.years:
            raise InputError(
                f"{self.path} has no land use of {year} (it has: {', '.join(map(str, self.years))})"
            )
        rows, cols, outside = _place(window, self.window, 1)
        field = self._read("land_use").oindex[self.years.index(year), rows, cols]
        field[outside] = UNKNOWN
        return field

    def static(self, name: str, window: Window) -> np.ndarray:
        """A static field, float32 (rows, cols), replicated beyond the cube."""
        rows, cols, _ = _place(window, self.window, 1)
        return self._read("static").oindex[self.names("static").index(name), rows, cols]

    def scenario(self, window: Window) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """Scenario years (years,) and fields float32 (years, lat, lon) by name, on 0.25 degree cells."""
        rows, cols, _ = _place(window, self.window, COARSE)
        values = self._read("scenario")[:][:, :, rows[:, None], cols]
        years = np.asarray(self._read("scenario_year")[:], dtype=np.int32)
        return years, {name: values[:, i] for i, name in enumerate(self.names("scenario"))}

    def climatology(self, window: Window) -> dict[str, np.ndarray]:
        """Monthly climatologies float32 (12, lat, lon) by name, on the window's 0.25 degree cells."""
        rows, cols, _ = _place(window, self.window, COARSE)
        values = self._read("climatology")[:][:, :, rows[:, None], cols]
        return {name: values[:, i] for i, name in enumerate(self.names("climate"))}

    def _read(self, name: str) -> Any:
        # zarr types the result of indexing as a union of scalars and arrays; these are all arrays
        if name not in self._group:
            raise InputError(f"{self.path}: array {name!r} is missing; build the cube again")
        return self._group[name]


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
