"""ERA5 near-surface climate (0.25 degree), in SI fluxes, whatever layout and units the file has.

ERA5's values belong to grid points at multiples of 0.25 degree, hence they are interpolated bilinearly to
the centres of the project's 0.25 degree cells. Accumulations are m (or J m-2) per hour in hourly files, per
day in monthly means (ECMWF's documentation of ``stepType`` accum and avgad).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xarray as xr

from pylandbc.grid.window import Window
from pylandbc.sources.climate_means import MONTH_DAYS, annual_means, climatology
from pylandbc.sources.era5_fields import Place, collect
from pylandbc.sources.provenance import describe
from pylandbc.sources.regular_grid import RegularGrid
from pylandbc.sources.resample import bilinear_to

VARIABLES = ("air_temperature", "precipitation_flux")
"""What is read by default; the rest is in :data:`pylandbc.sources.era5_variables.ERA5_VARIABLES`."""

__all__ = ["MONTH_DAYS", "VARIABLES", "annual_means", "climatology", "read_era5"]


def read_era5(
    paths: Path | list[Path],
    window: Window,
    period: tuple[int, int] | None = None,
    variables: tuple[str, ...] = VARIABLES,
    between: tuple[str, str] | None = None,
) -> xr.Dataset:
    """ERA5 on the window's 0.25 degree cells.

    Parameters
    ----------
    paths
        One file, or several of the same grid: one per step type, or one per year, or both.
    period
        First and last year that a climatology stands for; kept as attribute ``period``.
    variables
        Project names, see :data:`pylandbc.sources.era5_variables.ERA5_VARIABLES`.
    between
        First and last time to read (ISO); all by default.

    Returns
    -------
    xarray.Dataset
        float32 with first dimension ``month`` (1 ... 12) or ``time``, then (lat, lon), north first; bilinear
        between ERA5's grid points, NaN over missing cells. A flux that is a mean over the interval ending at
        its time carries ``interval_seconds``.

    Raises
    ------
    InputError
        A variable is missing, or values that fit no known unit.
    """
    files = [Path(p) for p in ([paths] if isinstance(paths, (str, Path)) else paths)]

    def place(grid: RegularGrid):
        target = window.coarse_latitude, window.coarse_longitude
        return bilinear_to(grid, *target), *target

    checked: Place = place
    collected = collect(files, window, variables, checked, since_midnight=False, between=between)
    dataset = xr.Dataset({name: field.astype(np.float32) for name, field in collected.fields.items()})
    if period is not None:
        dataset.attrs["period"] = list(period)
    version = "monthly climatology" if "month" in dataset.dims else "time series"
    return describe(
        dataset,
        files[0],
        product=collected.stated.get("product", "ERA5"),
        version=version if period is None else f"{version} {period[0]}-{period[1]}",
        licence=collected.stated.get("license", "CC-BY-4.0 (Copernicus)"),
        note="; ".join([*collected.notes, "bilinear to 0.25 degree cell centres"]),
    )
