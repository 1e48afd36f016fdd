"""Population of ISIMIP (2b and 3; histsoc and ssp): people per cell, yearly, 0.5 degree or finer, netCDF.

Numbers of people are spread evenly over their cell and collected on the project's 0.25 degree cells, so
that their sum is kept. Time counts "years since", which decoders refuse. Variables: ``number_of_people``
(2b, seen in public users of it), ``total-population`` (3a); no genuine file was at hand.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xarray as xr

from pylandbc.errors import InputError
from pylandbc.grid.window import EARTH_RADIUS, Window
from pylandbc.sources.opening import coordinate, open_netcdf
from pylandbc.sources.provenance import describe
from pylandbc.sources.regular_grid import RegularGrid, cut
from pylandbc.sources.resample import area_fraction, area_mean_to
from pylandbc.sources.time_axis import positions_of, years_of

VARIABLES = ("number_of_people", "total-population", "total_population", "popc", "population")
MOST = 5e8
"""More people than any cell of half a degree can hold: fill values and wrong variables exceed it."""


def _cell_area(latitude: np.ndarray, dlat: float, dlon: float) -> np.ndarray:
    """Exact area of one cell in each row, km2."""
    middle, half = np.deg2rad(latitude), np.deg2rad(dlat / 2)
    return (EARTH_RADIUS / 1000) ** 2 * np.deg2rad(dlon) * 2 * np.cos(middle) * np.sin(half)


def read_population(path: Path, window: Window, years: list[int] | None = None) -> xr.Dataset:
    """Population on the window's 0.25 degree cells.

    Parameters
    ----------
    years
        Calendar years wanted; all of the file's by default.

    Returns
    -------
    xarray.Dataset
        float32 (year, lat, lon): ``population`` (people in the cell) and ``population_density`` (km-2); NaN
        where the file has none (sea).

    Raises
    ------
    InputError
        No such variable, years not covered, negative or impossible numbers, no overlap.
    """
    path = Path(path)
    with open_netcdf(path, decode=False) as dataset:
        name = next((n for n in VARIABLES if n in dataset), None)
        if name is None:
            raise InputError(
                f"population variable 'number_of_people' or 'total-population' missing in {path} "
                f"(found: {', '.join(map(str, dataset.data_vars))})"
            )
        lat = coordinate(dataset, ("lat", "latitude"), path)
        lon = coordinate(dataset, ("lon", "longitude"), path)
        variable = dataset[name]
        if variable.ndim != 3 or variable.dims[1:] != (lat, lon):
            raise InputError(f"{path}: {name} has dimensions {variable.dims}, expected (time, {lat}, {lon})")
        fill = variable.attrs.get("_FillValue", variable.attrs.get("missing_value"))
        available = years_of(dataset[variable.dims[0]], path)
        wanted = available.tolist() if years is None else list(years)
        counts, densities = [], []
        for i in positions_of(wanted, available, path):

            def read(rows: slice, cols: slice, i: int = i) -> np.ndarray:
                values = variable[i, rows, cols].values.astype(np.float64)
                return np.where((values == fill) | (np.abs(values) > 1e15), np.nan, values)

            grid = cut(read, dataset[lat].values, dataset[lon].values, window, path)
            count, density = _on_cells(grid, window, path)
            counts.append(count)
            densities.append(density)
        stated = {key: str(text) for key, text in dataset.attrs.items()}
    dims = ("year", "lat", "lon")
    result = xr.Dataset(
        {
            "population": (dims, np.stack(counts).astype(np.float32), {"units": "1"}),
            "population_density": (dims, np.stack(densities).astype(np.float32), {"units": "km-2"}),
        },
        coords={"year": wanted, "lat": window.coarse_latitude, "lon": window.coarse_longitude},
    )
    return describe(
        result,
        path,
        product=stated.get("product", "ISIMIP population"),
        version=stated.get("title", path.stem),
        licence=stated.get("license", "CC-BY-4.0 / CC0 (ISIMIP)"),
        note="people spread evenly over their cell; sums kept",
    )


def _on_cells(grid: RegularGrid, window: Window, path: Path) -> tuple[np.ndarray, np.ndarray]:
    values = grid.values
    if np.nanmin(values, initial=0.0) < 0 or np.nanmax(values, initial=0.0) > MOST:
        raise InputError(
            f"{path}: people per cell run from {np.nanmin(values)} to {np.nanmax(values)}; "
            "expected counts of people"
        )
    target = window.coarse_latitude, window.coarse_longitude
    density = np.nan_to_num(values) / _cell_area(grid.latitude, *grid.step)[:, None]
    mean = area_mean_to(grid, *target)(density)
    known = area_fraction(grid, *target) > 0
    count = mean * _cell_area(window.coarse_latitude, 0.25, 0.25)[:, None]
    return np.where(known, count, np.nan), np.where(known, mean, np.nan)
