"""ERA5 two-metre temperature and precipitation, in SI fluxes, whatever layout and units the file has.

Layouts: the CDS files of 2024 and later (``valid_time``, NaN fill, one file per step type), the older ones
(``time``, int16 packed, perhaps ``expver``), and monthly climatologies (``month``). Units are detected from
the values, because climatologies are in circulation whose attributes still say K and m while the values are
degC and mm per month; what was found is noted in the provenance. Accumulations: m per hour in hourly files,
m per day in monthly means (ECMWF's documentation of ``stepType`` accum and avgad).
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
from pylandbc.sources.resample import bilinear

MONTH_DAYS = np.array([31, 28.25, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
"""Days of each month in the long-term mean of the Gregorian calendar."""
DAY = 86400.0
FREEZING = 273.15
_TIME_NAMES = ("month", "valid_time", "time")
_RATE_NAMES = ("avg_tprate", "mtpr")


def read_era5(paths: Path | list[Path], window: Window, period: tuple[int, int] | None = None) -> xr.Dataset:
    """Temperature and precipitation on the window's 0.25 degree cells.

    Parameters
    ----------
    paths
        One file, or several of the same grid and times (one per step type).
    period
        First and last year that a climatology stands for; kept as attribute ``period``.

    Returns
    -------
    xarray.Dataset
        ``air_temperature`` (K) and ``precipitation_flux`` (kg m-2 s-1), float32 with first dimension
        ``month`` (1 ... 12) or ``time``, then (lat, lon), north first; bilinear between ERA5's grid points,
        NaN over missing cells.

    Raises
    ------
    InputError
        ``t2m`` or precipitation missing, or values that fit no known unit.
    """
    files = [Path(p) for p in ([paths] if isinstance(paths, (str, Path)) else paths)]
    fields: dict[str, xr.DataArray] = {}
    raw: dict[str, tuple[xr.DataArray, Path]] = {}
    found: list[str] = []
    stated: dict[str, str] = {}
    for path in files:
        with open_netcdf(path) as dataset:
            stated |= {name: str(text) for name, text in dataset.attrs.items()}
            found += [str(name) for name in dataset.data_vars]
            for name in ("t2m", "tp", *_RATE_NAMES):
                if name in dataset and name not in raw:
                    raw[name] = (_on_cells(dataset, name, window, path), path)
    notes: list[str] = []
    if "t2m" not in raw:
        raise InputError(f"ERA5 variable 't2m' missing in {_names(files)} (found: {', '.join(found)})")
    temperature, path = raw["t2m"]
    fields["air_temperature"] = _kelvin(temperature, path, notes)
    rate = next((name for name in _RATE_NAMES if name in raw), None)
    if rate is not None:
        fields["precipitation_flux"] = raw[rate][0]
    elif "tp" in raw:
        fields["precipitation_flux"] = _flux(*raw["tp"], notes)
    else:
        raise InputError(f"ERA5 variable 'tp' missing in {_names(files)} (found: {', '.join(found)})")
    dataset = xr.Dataset({name: field.astype(np.float32) for name, field in fields.items()})
    dataset["air_temperature"].attrs = {"units": "K", "standard_name": "air_temperature"}
    dataset["precipitation_flux"].attrs = {"units": "kg m-2 s-1", "standard_name": "precipitation_flux"}
    if period is not None:
        dataset.attrs["period"] = list(period)
    version = "monthly climatology" if "month" in dataset.dims else "time series"
    return describe(
        dataset,
        files[0],
        product=stated.get("product", "ERA5"),
        version=version if period is None else f"{version} {period[0]}-{period[1]}",
        licence=stated.get("license", "CC-BY-4.0 (Copernicus)"),
        note="; ".join([*notes, "bilinear to 0.25 degree cell centres"]),
    )


def _names(files: list[Path]) -> str:
    return ", ".join(str(f) for f in files)


def _on_cells(dataset: xr.Dataset, name: str, window: Window, path: Path) -> xr.DataArray:
    """One variable as (time, lat, lon) at the window's coarse cell centres, float64."""
    variable = dataset[name]
    if "expver" in variable.dims:
        # ERA5 (1) and preliminary ERA5T (5) side by side: each time is filled in one of them only
        versions = [variable.isel(expver=i, drop=True) for i in range(variable.sizes["expver"])]
        variable = versions[0]
        for other in versions[1:]:
            variable = variable.fillna(other)
    for extra in [d for d in variable.dims if variable.sizes[d] == 1 and d not in _TIME_NAMES]:
        variable = variable.isel({extra: 0}, drop=True)
    lat = coordinate(dataset, ("latitude", "lat"), path)
    lon = coordinate(dataset, ("longitude", "lon"), path)
    time = next((t for t in _TIME_NAMES if t in variable.dims), None)
    if time is None or set(variable.dims) != {time, lat, lon}:
        raise InputError(
            f"{path}: {name} has dimensions {variable.dims}, "
            f"expected (valid_time or time or month, {lat}, {lon})"
        )
    variable = variable.transpose(time, lat, lon)

    def read(rows: slice, cols: slice) -> np.ndarray:
        return variable[:, rows, cols].transpose(lat, lon, time).values

    grid = cut(read, dataset[lat].values, dataset[lon].values, window, path)
    out = [
        bilinear(
            RegularGrid(grid.values[..., i], grid.latitude, grid.longitude),
            window.coarse_latitude,
            window.coarse_longitude,
        )
        for i in range(variable.sizes[time])
    ]
    result = xr.DataArray(
        np.stack(out),
        dims=("month" if time == "month" else "time", "lat", "lon"),
        coords={"lat": window.coarse_latitude, "lon": window.coarse_longitude},
        attrs=variable.attrs,
    )
    axis = "month" if time == "month" else "time"
    result[axis] = (axis, dataset[time].values)
    if axis == "month" and not np.array_equal(dataset[time].values, np.arange(1, 13)):
        raise InputError(f"{path}: a monthly climatology needs months 1 ... 12, found {dataset[time].values}")
    return result


def _kelvin(field: xr.DataArray, path: Path, notes: list[str]) -> xr.DataArray:
    low, high = float(field.min()), float(field.max())
    said = str(field.attrs.get("units", "no unit"))
    if low > 170 and high < 350:
        return field
    if low > -100 and high < 65:
        if said != "degC":
            notes.append(f"t2m attribute says {said}, values are degC")
        return field + FREEZING
    raise InputError(f"{path}: t2m runs from {low} to {high}, neither K nor degC")


def _flux(field: xr.DataArray, path: Path, notes: list[str]) -> xr.DataArray:
    """Precipitation in kg m-2 s-1. One metre a day is beyond any ERA5 mean, so larger values are mm per
    month."""
    low, high = float(field.min()), float(field.max())
    said = str(field.attrs.get("units", "no unit"))
    if low < -1e-3 or not np.isfinite(high):
        raise InputError(f"{path}: tp runs from {low} to {high}; precipitation is not negative")
    field = field.clip(min=0.0)
    # a file that misstates temperature misstates precipitation too, however dry the window
    if "month" in field.dims and (high > 1.0 or said.startswith("mm") or notes):
        if not said.startswith("mm"):
            notes.append(f"tp attribute says {said}, values are mm per month")
        seconds = xr.DataArray(MONTH_DAYS * DAY, dims="month", coords={"month": field["month"]})
        return field / seconds
    if high > 1.0:
        raise InputError(f"{path}: tp reaches {high} with unit {said}; expected m per hour or m per day")
    return field * (1000.0 / _accumulation_seconds(field, path))


def _accumulation_seconds(field: xr.DataArray, path: Path) -> float:
    """Length of the interval over which ``tp`` was summed: a day in monthly means, else the time step."""
    if "month" in field.dims or str(field.attrs.get("GRIB_stepType", "")).startswith("avg"):
        return DAY
    if field.sizes["time"] < 2:
        raise InputError(f"{path}: one time step of accumulated precipitation; its interval cannot be told")
    step = np.diff(field["time"].values).astype("timedelta64[s]").astype(np.float64)
    if step.min() >= 27 * DAY:
        return DAY
    if step.min() != step.max():
        raise InputError(f"{path}: tp with uneven time steps ({step.min()} ... {step.max()} s)")
    return float(step[0])


def climatology(dataset: xr.Dataset) -> xr.Dataset:
    """Means of the 12 calendar months, dimension ``month``; ``InputError`` if a month is missing."""
    if "month" in dataset.dims:
        return dataset
    months = dataset.groupby("time.month").mean()
    if months.sizes["month"] != 12:
        raise InputError(
            f"{dataset.attrs['file']} covers months {months['month'].values.tolist()}; "
            "a climatology needs all twelve"
        )
    return months


def annual_means(dataset: xr.Dataset) -> xr.Dataset:
    """Yearly means weighted by the length of the months, dimension ``year``; incomplete years are left out.

    A climatology gives one entry, labelled with the middle of its ``period``.
    """
    if "month" in dataset.dims:
        first, last = dataset.attrs.get("period", (2000, 2000))
        weights = xr.DataArray(MONTH_DAYS, dims="month", coords={"month": dataset["month"]})
        mean = dataset.weighted(weights).mean("month")
        return mean.expand_dims(year=[(int(first) + int(last)) // 2])
    years = []
    for year, part in dataset.groupby("time.year"):
        monthly = part.groupby("time.month").mean()
        if monthly.sizes["month"] == 12:
            length = part["time.days_in_month"].groupby(part["time.month"]).first()
            years.append(monthly.weighted(length).mean("month").expand_dims(year=[int(year)]))
    if not years:
        raise InputError(
            f"{dataset.attrs['file']} holds no complete year; annual means need all twelve months"
        )
    return xr.concat(years, "year")
