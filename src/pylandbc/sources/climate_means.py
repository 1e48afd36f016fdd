"""Climate over months, dekads and years, from hourly or monthly fields.

Means are weighted by time. A period counts as complete with 95 % of its steps (the last hour of a year's
accumulations lies in the next year's file); incomplete ones are left out. From monthly means, dekads are
interpolated between mid-months and then corrected so that a month's dekads keep its mean: by a factor for
fluxes, which stay non-negative, by an offset for states.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import xarray as xr

from pylandbc.errors import InputError
from pylandbc.sources.accumulation import is_monthly
from pylandbc.sources.dekad import dekad_days, dekad_end

MONTH_DAYS = np.array([31, 28.25, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
"""Days of each month in the long-term mean of the Gregorian calendar."""
COMPLETE = 0.95


def _month_start(dates: np.ndarray) -> np.ndarray:
    return np.asarray(dates).astype("datetime64[M]").astype("datetime64[D]")


def _month_days(dates: np.ndarray) -> np.ndarray:
    months = np.asarray(dates).astype("datetime64[M]")
    return ((months + 1).astype("datetime64[D]") - months.astype("datetime64[D]")).astype(np.int64)


def _grouped(
    field: xr.DataArray, label: Callable[[np.ndarray], np.ndarray], days: Callable[[np.ndarray], np.ndarray]
) -> xr.DataArray:
    """Means over periods, complete ones only; a mean that ends at its time belongs to where its middle is."""
    times = field["time"].values.astype("datetime64[s]")
    step = np.median(np.diff(times).astype(np.float64)) if times.size > 1 else 86400.0
    middle = times - np.timedelta64(int(field.attrs.get("interval_seconds", 0)) // 2, "s")
    labels = label(middle).astype("datetime64[ns]")
    means = field.assign_coords(period=("time", labels)).groupby("period").mean("time")
    kept = np.unique(labels)
    count = np.array([(labels == k).sum() for k in kept])
    complete = count >= COMPLETE * days(kept) * 86400.0 / step
    return means.isel(period=np.flatnonzero(complete)).rename(period="time").assign_attrs(field.attrs)


def monthly_means(dataset: xr.Dataset) -> xr.Dataset:
    """Means of calendar months, ``time`` their first day; monthly input only gets its time stamps aligned;
    ``InputError`` if it is a climatology."""
    if "month" in dataset.dims:
        raise InputError(f"{dataset.attrs.get('file')} is a climatology; it has no calendar months")
    if is_monthly(dataset["time"].values):
        stamps = _month_start(dataset["time"].values).astype("datetime64[ns]")
        return dataset.assign_coords(time=stamps)
    fields = {str(name): _grouped(dataset[name], _month_start, _month_days) for name in dataset.data_vars}
    return _joined(fields, dataset)


def _joined(fields: dict[str, xr.DataArray], dataset: xr.Dataset) -> xr.Dataset:
    aligned = xr.align(*fields.values(), join="inner")
    return xr.Dataset(dict(zip(fields, aligned, strict=True)), attrs=dataset.attrs)


def dekadal_means(dataset: xr.Dataset) -> xr.Dataset:
    """Means of dekads, ``time`` their last day (a climatology: dimension ``dekad``, 1 ... 36)."""
    if "month" in dataset.dims:
        return _from_months(dataset, None)
    if is_monthly(dataset["time"].values):
        months = monthly_means(dataset)
        return _from_months(months, months["time"].values)
    fields = {str(name): _grouped(dataset[name], dekad_end, dekad_days) for name in dataset.data_vars}
    return _joined(fields, dataset)


def _from_months(dataset: xr.Dataset, times: np.ndarray | None) -> xr.Dataset:
    """Three dekads a month, keeping each month's mean."""
    if times is None:
        dimension, count = "month", 12
        length = MONTH_DAYS
        first = np.concatenate([[0.0], np.cumsum(length)[:-1]])
    else:
        dimension, count = "time", times.size
        length = _month_days(times).astype(np.float64)
        first = (times.astype("datetime64[D]") - times[0].astype("datetime64[D]")).astype(np.float64)
    days = np.stack([np.full(count, 10.0), np.full(count, 10.0), length - 20.0], axis=1)
    middle = first[:, None] + np.stack(
        [np.full(count, 5.0), np.full(count, 15.0), 20.0 + days[:, 2] / 2], axis=1
    )
    at, months = first + length / 2, np.arange(count)
    if times is None:
        at = np.concatenate([[at[-1] - length.sum()], at, [at[0] + length.sum()]])
        months = np.concatenate([[11], months, [0]])
    # weight of the later of the two neighbouring mid-months; beyond the first and last it stays constant
    upper = np.clip(np.searchsorted(at, middle.ravel()), 1, max(at.size - 1, 1)).reshape(middle.shape)
    if at.size == 1:
        lower, upper, weight = np.zeros_like(upper), np.zeros_like(upper), np.zeros(upper.shape)
    else:
        lower = upper - 1
        weight = np.clip((middle - at[lower]) / (at[upper] - at[lower]), 0.0, 1.0)
    fields = {}
    for name, field in dataset.data_vars.items():
        values = np.moveaxis(field.values.astype(np.float64), field.dims.index(dimension), 0)
        tail = (1,) * (values.ndim - 1)
        w = weight.reshape(*weight.shape, *tail)
        parts = (1 - w) * values[months[lower]] + w * values[months[upper]]
        share = (days / length[:, None]).reshape(*days.shape, *tail)
        mean = (parts * share).sum(axis=1)
        if "_flux" in str(name) and np.nanmin(values, initial=0.0) >= 0:
            with np.errstate(invalid="ignore", divide="ignore"):
                parts = np.where(mean[:, None] > 0, parts * (values / mean)[:, None], values[:, None])
        else:
            parts = parts + (values - mean)[:, None]
        rest = tuple(d for d in field.dims if d != dimension)
        target = "dekad" if times is None else "time"
        fields[name] = ((target, *rest), parts.reshape(3 * count, *values.shape[1:]).astype(field.dtype))
    coords = {d: dataset[d].values for d in dataset.dims if d != dimension}
    if times is None:
        coords["dekad"] = np.arange(1, 37)
    else:
        starts = times.astype("datetime64[D]")
        coords["time"] = np.stack([dekad_end(starts + k) for k in (0, 10, 20)], axis=1).ravel()
        coords["time"] = coords["time"].astype("datetime64[ns]")
    out = xr.Dataset(fields, coords=coords, attrs=dataset.attrs)
    for name in out.data_vars:
        out[name].attrs = dict(dataset[name].attrs)
    return out


def climatology(dataset: xr.Dataset) -> xr.Dataset:
    """Means of the 12 calendar months, dimension ``month``; ``InputError`` if a month is missing."""
    if "month" in dataset.dims:
        return dataset
    monthly = monthly_means(dataset)
    found = np.unique(monthly["time"].dt.month.values).tolist()
    if len(found) != 12:
        raise InputError(f"{dataset.attrs['file']} covers months {found}; a climatology needs all twelve")
    return monthly.groupby("time.month").mean()


def annual_means(dataset: xr.Dataset) -> xr.Dataset:
    """Yearly means weighted by the length of the months, dimension ``year``; incomplete years are left out.

    A climatology gives one entry, labelled with the middle of its ``period``; ``InputError`` if no year is
    complete.
    """
    if "month" in dataset.dims:
        first, last = dataset.attrs.get("period", (2000, 2000))
        weights = xr.DataArray(MONTH_DAYS, dims="month", coords={"month": dataset["month"]})
        mean = dataset.weighted(weights).mean("month")
        return mean.expand_dims(year=[(int(first) + int(last)) // 2])
    monthly = monthly_means(dataset)
    years = []
    for year, part in monthly.groupby("time.year") if monthly.sizes["time"] else ():
        if part.sizes["time"] == 12:
            length = xr.DataArray(
                _month_days(part["time"].values), dims="time", coords={"time": part["time"]}
            )
            years.append(part.weighted(length).mean("time").expand_dims(year=[int(year)]))
    if not years:
        raise InputError(
            f"{dataset.attrs['file']} holds no complete year; annual means need all twelve months"
        )
    return xr.concat(years, "year")


__all__ = ["annual_means", "climatology", "dekadal_means", "monthly_means"]
