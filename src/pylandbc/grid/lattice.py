"""Where an xarray dataset lies on the 1 km grid, told by its coordinates.

Coordinates are pixel centres in degrees; either order of latitude and any turn of longitude will do. Another
grid, other units or a gap are refused rather than resampled.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

from pylandbc.errors import InputError
from pylandbc.grid.window import COLS, PIXEL, ROWS, Rectangle

_LATITUDES, _LONGITUDES = ("y", "lat", "latitude"), ("x", "lon", "longitude")
_OFF = 0.02
"""Centres may miss the lattice by this (pixels): single precision at 180 degrees misses by 0.002."""


@dataclass(frozen=True)
class Placement:
    """A dataset's place on the 1 km grid.

    Parameters
    ----------
    window
        The pixels that it covers.
    lat, lon
        Names of its dimensions.
    south_first
        Latitudes ascend.
    """

    window: Rectangle
    lat: str
    lon: str
    south_first: bool

    def pixels(self, array: xr.DataArray) -> np.ndarray:
        """Values as (pixels, fields), pixels as in the window; the other dimensions are the fields."""
        others = [d for d in array.dims if d not in (self.lat, self.lon)]
        values = array.transpose(self.lat, self.lon, *others).to_numpy()
        if self.south_first:
            values = values[::-1]
        return values.reshape(values.shape[0] * values.shape[1], -1)


def place(dataset: xr.Dataset) -> Placement:
    """The place of a dataset; ``InputError`` where it is not on the 1 km grid."""
    lat, lon = _dimension(dataset, _LATITUDES, "latitude"), _dimension(dataset, _LONGITUDES, "longitude")
    row = _index(dataset[lat], 90.0, -1.0)
    south_first = len(row) > 1 and row[1] < row[0]
    if south_first:
        row = row[::-1]
    col = _index(dataset[lon], -180.0, 1.0) % COLS
    if np.any(np.diff(row) != 1) or row[0] < 0 or row[-1] >= ROWS:
        raise InputError(f"the latitudes {lat} are not consecutive rows of the 1 km grid")
    if np.any(np.diff(col) % COLS != 1):
        raise InputError(f"the longitudes {lon} are not consecutive columns of the 1 km grid, west to east")
    return Placement(Rectangle(int(row[0]), int(col[0]), len(row), len(col)), lat, lon, south_first)


def _dimension(dataset: xr.Dataset, names: tuple[str, ...], standard: str) -> str:
    for name in dataset.coords:
        described = dataset[name].attrs.get("standard_name") == standard
        if (described or name in names) and dataset[name].dims == (name,):
            return str(name)
    raise InputError(
        f"the dataset has no one-dimensional coordinate of {standard} (looked for {', '.join(names)} or "
        f"standard_name {standard}; found: {', '.join(map(str, dataset.coords)) or 'none'})"
    )


def _index(coordinate: xr.DataArray, start: float, sign: float) -> np.ndarray:
    """Rows or columns of pixel centres."""
    name, units = coordinate.name, str(coordinate.attrs.get("units", "degrees"))
    if not units.lower().startswith("degree"):
        raise InputError(f"the coordinate {name} is in {units}; give pixel centres in degrees")
    position = sign * (coordinate.to_numpy().astype(np.float64) - start) / PIXEL - 0.5
    index = np.round(position)
    if not np.all(np.abs(position - index) < _OFF):
        step = np.median(np.abs(np.diff(coordinate.to_numpy()))) if len(position) > 1 else np.nan
        raise InputError(
            f"the coordinate {name} (step {step:.6g} degree) is not that of the 1 km grid, whose pixel "
            "centres lie at 0.005 degree and every 0.01 degree on; resample the data first"
        )
    return index.astype(np.int64)
