"""GEBCO global relief (netCDF): int16 ``elevation(lat, lon)``, 15 arc-seconds, ascending latitude, no fill
value.

The positive and the negative part are averaged over each 1 km pixel apart, by exact overlap area, so that a
coastal pixel keeps both its land height and its water depth.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xarray as xr

from pylandbc.errors import InputError
from pylandbc.grid.window import Window
from pylandbc.sources.opening import coordinate, open_netcdf
from pylandbc.sources.provenance import describe
from pylandbc.sources.regular_grid import RegularGrid, cut
from pylandbc.sources.resample import area_mean


def read_gebco(path: Path, window: Window) -> xr.Dataset:
    """Height and depth on the window's pixels.

    Returns
    -------
    xarray.Dataset
        ``elevation`` (m, >= 0) and ``bathymetry`` (m, depth >= 0), float32 (y, x), NaN beyond the file.

    Raises
    ------
    InputError
        ``elevation`` missing or not on (lat, lon), values no relief can have, or no overlap.
    """
    grid, stated = relief(path, window)
    if np.nanmin(grid.values) < -11500 or np.nanmax(grid.values) > 9000:
        raise InputError(
            f"{path}: elevation runs from {np.nanmin(grid.values)} to {np.nanmax(grid.values)} m; "
            "no relief on Earth does"
        )
    fields = {}
    for name, sign in (("elevation", 1), ("bathymetry", -1)):
        part = RegularGrid(np.maximum(sign * grid.values, 0), grid.latitude, grid.longitude)
        fields[name] = (("y", "x"), area_mean(part, window.latitude, window.longitude).astype(np.float32))
    dataset = xr.Dataset(fields, coords={"y": window.latitude, "x": window.longitude})
    return describe(
        dataset,
        path,
        product=stated.get("product", "GEBCO grid"),
        version=stated.get("title", "not stated"),
        licence=stated.get("license", "public domain"),
        note="area mean to 1 km",
    )


def relief(path: Path, window: Window) -> tuple[RegularGrid, dict[str, str]]:
    """Signed relief (m, float32) around the window as in the file, and the file's attributes; ``InputError``
    if the file has no elevation on latitude and longitude."""
    path = Path(path)
    with open_netcdf(path, decode=False) as dataset:
        if "elevation" not in dataset:
            raise InputError(
                f"variable 'elevation' missing in {path} (found: {', '.join(map(str, dataset.data_vars))})"
            )
        lat = coordinate(dataset, ("lat", "latitude"), path)
        lon = coordinate(dataset, ("lon", "longitude"), path)
        elevation = dataset["elevation"]
        if elevation.dims != (lat, lon):
            raise InputError(f"{path}: elevation has dimensions {elevation.dims}, expected ({lat}, {lon})")
        fill = elevation.attrs.get("_FillValue", elevation.attrs.get("missing_value"))

        def read(rows: slice, cols: slice) -> np.ndarray:
            values = elevation[rows, cols].values
            return values.astype(np.float32) if fill is None else np.where(values == fill, np.nan, values)

        grid = cut(read, dataset[lat].values, dataset[lon].values, window, path)
        return grid, {name: str(text) for name, text in dataset.attrs.items()}
