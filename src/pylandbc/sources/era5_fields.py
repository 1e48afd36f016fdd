"""What ERA5 and ERA5-Land files have in common: layouts, time axes, units found out from the values.

Layouts: the CDS files of 2024 and later (``valid_time``, NaN fill, one file per step type), the older ones
(``time``, int16 packed, perhaps ``expver``), and monthly climatologies (``month``). Units are detected from
the values, because climatologies are in circulation whose attributes still say K and m while the values are
degC and mm per month; what was found is noted in the provenance.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import xarray as xr

from pylandbc.errors import InputError
from pylandbc.grid.window import Window
from pylandbc.sources.accumulation import DAY, is_monthly, mean_rate
from pylandbc.sources.climate_means import MONTH_DAYS
from pylandbc.sources.era5_variables import ERA5_VARIABLES, SHORT_NAMES, Era5Variable
from pylandbc.sources.opening import coordinate, open_netcdf
from pylandbc.sources.regular_grid import RegularGrid, cut

FREEZING = 273.15
TIME_NAMES = ("month", "valid_time", "time")

Place = Callable[[RegularGrid], tuple[Callable[[np.ndarray], np.ndarray], np.ndarray, np.ndarray]]
"""Given the grid around the window: how to resample one field, and the result's latitudes and longitudes."""


@dataclass
class Collected:
    """Fields of several files, and what was noticed."""

    fields: dict[str, xr.DataArray] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    stated: dict[str, str] = field(default_factory=dict)


def collect(
    files: list[Path],
    window: Window,
    wanted: tuple[str, ...],
    place: Place,
    *,
    since_midnight: bool,
    between: tuple[str, str] | None = None,
) -> Collected:
    """Read the wanted variables (project names) from all files, in the project's units.

    Several files may hold the same variable at different times: they are put in order, double times dropped.
    ``between`` are the first and the last time wanted (ISO); a climatology has none and is read as a whole.

    Raises
    ------
    InputError
        A variable that no file has, or values that fit no known unit.
    """
    unknown = [name for name in wanted if name not in ERA5_VARIABLES]
    if unknown:
        raise InputError(f"unknown ERA5 variables {unknown} (known: {', '.join(ERA5_VARIABLES)})")
    shorts = {short for name in wanted for short in ERA5_VARIABLES[name].short_names}
    raw: dict[str, list[tuple[xr.DataArray, Path]]] = {}
    found: list[str] = []
    out = Collected()
    for path in files:
        with open_netcdf(path) as dataset:
            out.stated |= {str(name): str(text) for name, text in dataset.attrs.items()}
            found += [str(name) for name in dataset.data_vars]
            part = _within(dataset, between)
            if part is None:
                continue
            for short in sorted(shorts & set(map(str, part.data_vars))):
                raw.setdefault(short, []).append((_on_cells(part, short, window, place, path), path))
    for name in wanted:
        variable = ERA5_VARIABLES[name]
        short = next((s for s in variable.short_names if s in raw), "")
        if not short:
            # the plainest of the names: the accumulation where there is one
            usual = variable.totals[0] if variable.totals else variable.states[0]
            raise InputError(
                f"ERA5 variable {usual!r} missing in {', '.join(map(str, files))} (found: {', '.join(found)})"
            )
        series, path = _in_order([part for part, _ in raw[short]]), raw[short][0][1]
        out.fields[name] = _in_units(series, variable, short, path, since_midnight, out.notes)
    return out


def _within(dataset: xr.Dataset, between: tuple[str, str] | None) -> xr.Dataset | None:
    """The part of the dataset between two times; None where there is nothing."""
    time = next((t for t in TIME_NAMES if t in dataset.dims), "month")
    if between is None or time == "month":
        return dataset
    first, last = (np.datetime64(when) for when in between)
    inside = np.flatnonzero((dataset[time].values >= first) & (dataset[time].values <= last))
    return dataset.isel({time: slice(inside[0], inside[-1] + 1)}) if inside.size else None


@dataclass(frozen=True)
class Held:
    """What a file holds: its variables (project names), the calendar months (datetime64[M], ascending) of
    which it has something, and whether it has more than one step of a month."""

    names: tuple[str, ...]
    months: np.ndarray
    within_months: bool


def months_held(path: Path) -> Held | None:
    """The months of a file; None for a climatology, which has no calendar."""
    with open_netcdf(path) as dataset:
        names = tuple(SHORT_NAMES[str(name)] for name in dataset.data_vars if str(name) in SHORT_NAMES)
        time = next((t for t in TIME_NAMES if t in dataset.variables), None)
        if time is None or time == "month":
            return None
        steps = np.ravel(dataset[time].values).astype("datetime64[M]")
        months = np.unique(steps)
        return Held(names, months, steps.size > months.size)


def _in_order(parts: list[xr.DataArray]) -> xr.DataArray:
    if len(parts) == 1:
        return parts[0]
    axis = "month" if "month" in parts[0].dims else "time"
    if axis == "month":
        return parts[0]
    joined = xr.concat(parts, axis, join="override", combine_attrs="override").sortby(axis)
    return joined.isel({axis: np.unique(joined[axis].values, return_index=True)[1]})


def _on_cells(dataset: xr.Dataset, name: str, window: Window, place: Place, path: Path) -> xr.DataArray:
    """One variable as (time, lat, lon) where ``place`` puts it, float64."""
    variable = dataset[name]
    if "expver" in variable.dims:
        # ERA5 (1) and preliminary ERA5T (5) side by side: each time is filled in one of them only
        versions = [variable.isel(expver=i, drop=True) for i in range(variable.sizes["expver"])]
        variable = versions[0]
        for other in versions[1:]:
            variable = variable.fillna(other)
    for extra in [d for d in variable.dims if variable.sizes[d] == 1 and d not in TIME_NAMES]:
        variable = variable.isel({extra: 0}, drop=True)
    lat = coordinate(dataset, ("latitude", "lat"), path)
    lon = coordinate(dataset, ("longitude", "lon"), path)
    time = next((t for t in TIME_NAMES if t in variable.dims), None)
    if time is None and next((t for t in TIME_NAMES if t in dataset.coords), None):
        time = next(t for t in TIME_NAMES if t in dataset.coords)
        variable = variable.expand_dims(time)
    if time is None or set(variable.dims) != {time, lat, lon}:
        raise InputError(
            f"{path}: {name} has dimensions {variable.dims}, "
            f"expected (valid_time or time or month, {lat}, {lon})"
        )
    variable = variable.transpose(time, lat, lon)

    def read(rows: slice, cols: slice) -> np.ndarray:
        return variable[:, rows, cols].transpose(lat, lon, time).values

    grid = cut(read, dataset[lat].values, dataset[lon].values, window, path)
    resample, latitude, longitude = place(RegularGrid(grid.values[..., 0], grid.latitude, grid.longitude))
    axis = "month" if time == "month" else "time"
    result = xr.DataArray(
        np.stack([resample(grid.values[..., i]) for i in range(variable.sizes[time])]),
        dims=(axis, "lat", "lon"),
        coords={"lat": latitude, "lon": longitude},
        attrs=variable.attrs,
        name=name,
    )
    result[axis] = (axis, dataset[time].values.reshape(-1))
    if axis == "month" and not np.array_equal(result[axis].values, np.arange(1, 13)):
        raise InputError(f"{path}: a monthly climatology needs months 1 ... 12, found {result[axis].values}")
    return result


def _in_units(
    series: xr.DataArray,
    variable: Era5Variable,
    short: str,
    path: Path,
    since_midnight: bool,
    notes: list[str],
) -> xr.DataArray:
    if short in {"t2m", "d2m"}:
        values = _kelvin(series, short, path, notes)
    elif short in variable.totals:
        values = _flux(series, variable, short, path, since_midnight, notes)
    else:
        values = _plausible(series, variable, short, path)
        if variable.is_flux and "month" not in series.dims and not is_monthly(series["time"].values):
            step = np.diff(series["time"].values.astype("datetime64[s]")).astype(np.int64)
            values = values.assign_attrs(interval_seconds=int(step.min()) if step.size else 0)
    if "time" in values.dims and is_monthly(values["time"].values):
        # monthly accumulations are stamped 06 UTC of the first day, monthly states 00 UTC
        values["time"] = values["time"].values.astype("datetime64[M]").astype("datetime64[ns]")
    interval = values.attrs.get("interval_seconds", 0)
    values.attrs = {"units": variable.units}
    if variable.standard_name:
        values.attrs["standard_name"] = variable.standard_name
    if interval:
        values.attrs["interval_seconds"] = interval
    return values


def _range(series: xr.DataArray) -> tuple[float, float]:
    return float(series.min()), float(series.max())


def _plausible(series: xr.DataArray, variable: Era5Variable, short: str, path: Path) -> xr.DataArray:
    low, high = _range(series)
    limits = (-1e-3, 1.0) if not variable.is_flux else (_lowest(variable), variable.largest)
    if np.isfinite(high) and not (limits[0] <= low and high <= limits[1]):
        raise InputError(
            f"{path}: {short} runs from {low:.6g} to {high:.6g}; "
            f"{variable.units} lie between {limits[0]} and {limits[1]}"
        )
    return series if variable.signed else series.clip(min=0.0, keep_attrs=True)


def _lowest(variable: Era5Variable) -> float:
    # packing leaves small negative values behind
    return -variable.largest if variable.signed else -1e-3 * variable.largest


def _kelvin(series: xr.DataArray, short: str, path: Path, notes: list[str]) -> xr.DataArray:
    low, high = _range(series)
    said = str(series.attrs.get("units", "no unit"))
    if not np.isfinite(high) or (low > 170 and high < 350):
        return series
    if low > -100 and high < 65:
        if said != "degC":
            notes.append(f"{short} attribute says {said}, values are degC")
        return series + FREEZING
    raise InputError(f"{path}: {short} runs from {low:.6g} to {high:.6g}, neither K nor degC")


def _flux(
    series: xr.DataArray,
    variable: Era5Variable,
    short: str,
    path: Path,
    since_midnight: bool,
    notes: list[str],
) -> xr.DataArray:
    """The flux of an accumulation. A metre of rain a day is beyond any ERA5 mean: more is mm per month."""
    low, high = _range(series)
    said = str(series.attrs.get("units", "no unit"))
    if short == "tp":
        if low < -1e-3 or not (np.isfinite(high) or np.isnan(high)):
            raise InputError(f"{path}: tp runs from {low:.6g} to {high:.6g}; precipitation is not negative")
        series = series.clip(min=0.0, keep_attrs=True)
        # a file that misstates temperature misstates precipitation too, however dry the window
        if "month" in series.dims and (high > 1.0 or said.startswith("mm") or notes):
            if not said.startswith("mm"):
                notes.append(f"tp attribute says {said}, values are mm per month")
            seconds = xr.DataArray(MONTH_DAYS * DAY, dims="month", coords={"month": series["month"]})
            return series / seconds
        if high > (2.0 if since_midnight else 1.0):
            raise InputError(
                f"{path}: tp reaches {high:.6g} with unit {said}; expected m per hour or m per day"
            )
    rate = mean_rate(series, path, since_midnight=since_midnight)
    interval = rate.attrs["interval_seconds"]
    rate = rate * variable.factor
    if short != "tp":
        low, high = _range(rate)
        if np.isfinite(high) and (low < _lowest(variable) or high > variable.largest):
            raise InputError(
                f"{path}: {short} with unit {said} gives {low:.6g} to {high:.6g} {variable.units}; "
                "expected J m-2, accumulated over an hour or, in monthly means, a day"
            )
    # differences of packed running sums can fall below zero by a packing step
    rate = rate if variable.signed else rate.clip(min=0.0)
    return rate.assign_attrs(interval_seconds=interval)


def probe_names(path: Path) -> tuple[str, ...]:
    """Project names of the variables that a file holds."""
    with open_netcdf(path, decode=False) as dataset:
        return tuple(dict.fromkeys(SHORT_NAMES[str(n)] for n in dataset.data_vars if str(n) in SHORT_NAMES))
