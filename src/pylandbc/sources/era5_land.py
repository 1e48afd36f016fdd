"""ERA5-Land (0.1 degree, land only): temperature, precipitation, radiation, soil moisture.

Its grid points stand for cells of 0.1 degree, of which the sea's are missing; the project's 0.25 degree
cells get the exact area mean of the land cells in them. Hourly accumulations run from 00 UTC on, monthly
means are per day. Layouts: CDS netCDF of 2024 and later (``valid_time``, one file per step type) and before
(``time``, packed), as described in the ERA5-Land documentation; no genuine file was at hand.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xarray as xr

from pylandbc.errors import InputError
from pylandbc.grid.window import Window
from pylandbc.sources.era5_fields import Place, collect
from pylandbc.sources.provenance import describe
from pylandbc.sources.regular_grid import RegularGrid
from pylandbc.sources.resample import area_mean_to

VARIABLES = (
    "air_temperature",
    "precipitation_flux",
    "surface_downwelling_shortwave_flux_in_air",
    "soil_moisture_layer_1",
)
"""What land cover and leaf area index ask for."""
STEP = 0.1


def read_era5_land(
    paths: Path | list[Path],
    window: Window,
    variables: tuple[str, ...] = VARIABLES,
    native: bool = False,
    between: tuple[str, str] | None = None,
) -> xr.Dataset:
    """ERA5-Land around the window.

    Parameters
    ----------
    paths
        One file, or several: one per step type, or one per year, or both.
    variables
        Project names, see :data:`pylandbc.sources.era5_variables.ERA5_VARIABLES`.
    native
        Keep the product's own 0.1 degree cells around the window instead of the 0.25 degree ones.
    between
        First and last time to read (ISO); all by default.

    Returns
    -------
    xarray.Dataset
        float32 (time, lat, lon), north first, NaN over sea. A flux that is a mean over the interval ending
        at its time carries ``interval_seconds``.

    Raises
    ------
    InputError
        A variable is missing, the grid is not 0.1 degree, or values that fit no known unit.
    """
    files = [Path(p) for p in ([paths] if isinstance(paths, (str, Path)) else paths)]

    def place(grid: RegularGrid):
        if not np.allclose(grid.step, STEP, rtol=1e-3):
            raise InputError(f"{files[0]}: grid spacing {grid.step} degrees; ERA5-Land has 0.1 (is it ERA5?)")
        if native:
            return (lambda values: np.asarray(values, dtype=np.float64)), grid.latitude, grid.longitude
        target = window.coarse_latitude, window.coarse_longitude
        return area_mean_to(grid, *target), *target

    checked: Place = place
    collected = collect(files, window, variables, checked, since_midnight=True, between=between)
    dataset = xr.Dataset({name: field.astype(np.float32) for name, field in collected.fields.items()})
    how = "own 0.1 degree cells" if native else "area mean of land cells to 0.25 degree"
    return describe(
        dataset,
        files[0],
        product=collected.stated.get("product", "ERA5-Land"),
        version="monthly climatology" if "month" in dataset.dims else "time series",
        licence=collected.stated.get("license", "CC-BY-4.0 (Copernicus)"),
        note="; ".join([*collected.notes, how]),
    )
