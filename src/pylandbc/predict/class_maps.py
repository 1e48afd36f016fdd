"""Class maps that an emulator takes besides its state: of the cube, or of an earlier prediction.

Land cover is driven by the land use of the year wanted. Where the cube has no map of it, a prediction of land
use (``pylandbc predict``) gives it; a year that both have is taken from the prediction.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xarray as xr

from pylandbc.couple.cube_fields import CubeFields
from pylandbc.errors import InputError
from pylandbc.grid.window import COLS, PIXEL, ROWS
from pylandbc.legend import UNKNOWN
from pylandbc.models.inputs import QUANTITIES, Input


class PredictedLandUse:
    """The product of an earlier prediction of land use, netCDF or Zarr.

    Raises
    ------
    InputError
        It is none.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._data = (xr.open_zarr if path.is_dir() else xr.open_dataset)(path, mask_and_scale=False)
            land_use = self._data["land_use"]
            self.years = {int(time.dt.year): n for n, time in enumerate(land_use["time"])}
            north, west = float(land_use["lat"][0]), float(land_use["lon"][0])
        except (OSError, ValueError, KeyError) as error:
            raise InputError(
                f"{path} is no prediction of land use by `pylandbc predict` ({error})"
            ) from error
        self._row = round((90.0 - north) / PIXEL - 0.5)
        self._col = round((west + 180.0) / PIXEL - 0.5)
        self._shape = land_use.shape[1:]

    def codes(self, year: int, row: np.ndarray, col: np.ndarray) -> np.ndarray:
        """Class codes at global rows and columns, uint8 (row, col); 255 beyond the product."""
        rows, cols = row - self._row, (col - self._col) % COLS
        inside_row = (rows >= 0) & (rows < self._shape[0])
        inside_col = cols < self._shape[1]
        out = np.full((len(row), len(col)), UNKNOWN, np.uint8)
        if inside_row.any() and inside_col.any():
            plane = self._data["land_use"][self.years[year]]
            part = np.ix_(inside_row, inside_col)
            held = {"lat": rows[inside_row], "lon": cols[inside_col]}
            out[part] = plane.isel(held).values
        return out


class MapInputs:
    """The class maps among an emulator's static inputs.

    Parameters
    ----------
    fields
        The cube.
    maps
        The inputs that are class maps.
    land_use
        A prediction of land use, or None.
    """

    def __init__(self, fields: CubeFields, maps: tuple[Input, ...], land_use: Path | None = None) -> None:
        self._fields, self.maps = fields, maps
        self._predicted = PredictedLandUse(land_use) if land_use is not None else None

    def check(self, pairs: list[tuple[int, int]]) -> None:
        """``InputError`` for the first map that is not there for some (prior year, target year)."""
        for entry in self.maps:
            for before, after in pairs:
                self.read(entry, before, after, np.array([0]), np.array([0]))

    def read(self, entry: Input, before: int, after: int, row: np.ndarray, col: np.ndarray) -> np.ndarray:
        """Codes at global rows and columns, uint8 (row, col)."""
        if entry.name not in QUANTITIES:
            return self._fields.category_pixels(entry.name, after, np.clip(row, 0, ROWS - 1), col)
        year = before if entry.at == "prior" else after
        if entry.name == "land_use" and self._predicted is not None and year in self._predicted.years:
            return self._predicted.codes(year, row, col)
        if year not in self._fields.class_years(entry.name):
            raise InputError(
                f"the emulator needs the {entry.name.replace('_', ' ')} of {year}, of which "
                f"{self._fields.path} has no map; predict land use first and pass it as --land-use"
            )
        return self._fields.class_pixels(entry.name, year, row, col)
