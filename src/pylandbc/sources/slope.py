"""Slope and aspect of the land surface, from GEBCO's heights at their own 15 arc-seconds.

Horn's (1981, Proc. IEEE 69, 14-47) third-order differences over 3 x 3 cells, on the sphere: a step east is
R cos(latitude) dlon in each row by itself, a step north R dlat. The sea counts as height 0, so that the sea
floor does not make a coast steep. Slopes are averaged over each 1 km pixel; aspect is that of the mean
gradient.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xarray as xr

from pylandbc.grid.window import EARTH_RADIUS, Window
from pylandbc.sources.gebco import relief
from pylandbc.sources.provenance import describe
from pylandbc.sources.regular_grid import RegularGrid
from pylandbc.sources.resample import area_mean

FLAT = 1e-6
"""Gradient below which aspect is undefined (1 mm in 1 km)."""


def horn_gradient(grid: RegularGrid) -> tuple[np.ndarray, np.ndarray]:
    """Derivatives of height eastwards and northwards, m m-1, on the grid's cells; NaN at the outermost."""
    z = np.asarray(grid.values, dtype=np.float64)
    dlat, dlon = (np.deg2rad(step) for step in grid.step)
    east = np.full(z.shape, np.nan)
    north = np.full(z.shape, np.nan)
    across = (z[:, 2:] - z[:, :-2]) / (2 * EARTH_RADIUS * np.cos(np.deg2rad(grid.latitude))[:, None] * dlon)
    east[1:-1, 1:-1] = (across[:-2] + 2 * across[1:-1] + across[2:]) / 4
    along = (z[:-2] - z[2:]) / (2 * EARTH_RADIUS * dlat)
    north[1:-1, 1:-1] = (along[:, :-2] + 2 * along[:, 1:-1] + along[:, 2:]) / 4
    return east, north


def read_slope(path: Path, window: Window) -> xr.Dataset:
    """Slope and aspect of a GEBCO file on the window's pixels.

    Returns
    -------
    xarray.Dataset
        float32 (y, x), NaN beyond the file: ``slope`` (degree, mean of the 15 arc-second slopes), ``aspect``
        (degree clockwise from north, the way down; NaN where flat), and its ``northness`` and ``eastness``
        (cosine and sine, 0 where flat), which suit a network better than an angle that jumps.

    Raises
    ------
    InputError
        As :func:`pylandbc.sources.gebco.read_gebco`.
    """
    grid, stated = relief(Path(path), window)
    land = RegularGrid(np.maximum(grid.values, 0), grid.latitude, grid.longitude)
    east, north = horn_gradient(land)

    def mean(values: np.ndarray) -> np.ndarray:
        return area_mean(
            RegularGrid(values, grid.latitude, grid.longitude), window.latitude, window.longitude
        )

    slope = mean(np.rad2deg(np.arctan(np.hypot(east, north))))
    # downhill is against the gradient
    to_east, to_north = -mean(east), -mean(north)
    size = np.hypot(to_east, to_north)
    flat = size < FLAT
    with np.errstate(invalid="ignore", divide="ignore"):
        northness = np.where(flat, 0.0, to_north / size)
        eastness = np.where(flat, 0.0, to_east / size)
        aspect = np.where(flat, np.nan, np.rad2deg(np.arctan2(to_east, to_north)) % 360.0)
    fields = {
        "slope": (slope, "degree"),
        "aspect": (aspect, "degree"),
        "northness": (northness, "1"),
        "eastness": (eastness, "1"),
    }
    dataset = xr.Dataset(
        {n: (("y", "x"), v.astype(np.float32), {"units": unit}) for n, (v, unit) in fields.items()},
        coords={"y": window.latitude, "x": window.longitude},
    )
    return describe(
        dataset,
        Path(path),
        product=stated.get("product", "GEBCO grid"),
        version=stated.get("title", "not stated"),
        licence=stated.get("license", "public domain"),
        note="slope and aspect by Horn (1981) at the file's resolution, area mean to 1 km",
    )
