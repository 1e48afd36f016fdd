"""LUH2 states (Hurtt et al. 2020): 12 land-use states, ``secma`` and ``secmb`` at 0.25 degree, yearly.

The files defeat the usual decoders, hence everything is read undecoded: time counts "years since 850-01-01"
(2015 in scenarios) without leap years; the fill attribute is misspelt ``_Fillvalue``, so that only
``missing_value`` (1e20) marks missing cells; latitude may run either way.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xarray as xr

from pylandbc.errors import InputError
from pylandbc.grid.window import Window
from pylandbc.sources.opening import coordinate, open_netcdf
from pylandbc.sources.provenance import describe
from pylandbc.sources.regular_grid import cut
from pylandbc.sources.resample import nearest
from pylandbc.sources.time_axis import positions_of, years_of

STATES = (
    "primf",
    "primn",
    "secdf",
    "secdn",
    "urban",
    "c3ann",
    "c4ann",
    "c3per",
    "c4per",
    "c3nfx",
    "pastr",
    "range",
)
"""The 12 states: fractions of the grid cell; with the ice and water fraction they sum to 1."""
SECONDARY = ("secma", "secmb")
"""Mean age (years) and mean biomass carbon density (kg C m-2) of secondary land."""
VARIABLES = STATES + SECONDARY
MISSING = 1e20
"""``missing_value`` of the product; anything beyond a tenth of it is missing."""


def read_luh2(path: Path, window: Window, years: list[int] | None = None) -> xr.Dataset:
    """The 14 variables on the window's 0.25 degree cells.

    Parameters
    ----------
    path
        ``states.nc`` or a spatial part of it.
    years
        Calendar years wanted; all of the file's by default.

    Returns
    -------
    xarray.Dataset
        float32 (year, lat, lon), north first, NaN where missing.

    Raises
    ------
    InputError
        A variable is missing, years are not covered, fractions outside 0 ... 1, or the grid is not 0.25
        degree.
    """
    path = Path(path)
    with open_netcdf(path, decode=False) as dataset:
        for name in VARIABLES:
            if name not in dataset:
                raise InputError(
                    f"LUH2 variable {name!r} missing in {path} "
                    f"(found: {', '.join(map(str, dataset.data_vars))}); "
                    "is this the transitions or management file?"
                )
        lat = coordinate(dataset, ("lat", "latitude"), path)
        lon = coordinate(dataset, ("lon", "longitude"), path)
        available = years_of(dataset[coordinate(dataset, ("time",), path)], path)
        wanted = available.tolist() if years is None else list(years)
        index = positions_of(wanted, available, path)
        fields = {}
        for name in VARIABLES:
            variable = dataset[name]
            if variable.ndim != 3 or variable.dims[1:] != (lat, lon):
                raise InputError(
                    f"{path}: {name} has dimensions {variable.dims}, expected (time, {lat}, {lon})"
                )
            maps = []
            for i in index:

                def read(
                    rows: slice, cols: slice, i: int = i, variable: xr.DataArray = variable
                ) -> np.ndarray:
                    values = variable[i, rows, cols].values.astype(np.float32)
                    return np.where(np.abs(values) > MISSING / 10, np.nan, values)

                grid = cut(read, dataset[lat].values, dataset[lon].values, window, path, margin=1)
                if not np.allclose(grid.step, 0.25, rtol=1e-3):
                    raise InputError(f"{path}: grid spacing {grid.step} degrees; LUH2 has 0.25")
                maps.append(nearest(grid, window.coarse_latitude, window.coarse_longitude, np.nan))
            stack = np.stack(maps)
            if name in STATES and (
                np.nanmin(stack, initial=0) < -1e-5 or np.nanmax(stack, initial=0) > 1 + 1e-5
            ):
                raise InputError(
                    f"{path}: state {name} runs from {np.nanmin(stack)} to {np.nanmax(stack)}; "
                    "states are fractions between 0 and 1"
                )
            fields[name] = (("year", "lat", "lon"), stack.astype(np.float32))
        title = str(dataset.attrs.get("title", "not stated"))
        licence = str(dataset.attrs.get("license", "CC-BY-4.0"))
        product = str(dataset.attrs.get("product", "LUH2 states"))
    coords = {"year": wanted, "lat": window.coarse_latitude, "lon": window.coarse_longitude}
    return describe(xr.Dataset(fields, coords=coords), path, product=product, version=title, licence=licence)
