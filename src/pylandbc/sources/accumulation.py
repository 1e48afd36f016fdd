"""Accumulated fields to mean rates: over how long a value was summed depends on product and file.

Hourly ERA5: over the hour that ends at the stated time. Hourly ERA5-Land: since 00 UTC, hence the
differences of consecutive hours; the value at 00 UTC is the whole day before. Monthly means of both: per
day. Source: ECMWF, "Conversion table for accumulated variables" (confluence page 197702790).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xarray as xr

from pylandbc.errors import InputError

DAY = 86400.0


def is_monthly(times: np.ndarray) -> bool:
    """Whether a time axis holds monthly means (more than one step, none shorter than 27 days)."""
    seconds = np.asarray(times).astype("datetime64[s]").astype(np.int64)
    return seconds.size > 1 and bool(np.diff(seconds).min() >= 27 * DAY)


def mean_rate(total: xr.DataArray, path: Path, *, since_midnight: bool) -> xr.DataArray:
    """An accumulation divided by its interval, per second.

    Parameters
    ----------
    total
        First dimension ``time`` (the interval's end, or the month) or ``month`` (a climatology).
    since_midnight
        ERA5-Land's hourly accumulations run from 00 UTC on; ERA5's do not.

    Returns
    -------
    xarray.DataArray
        Attribute ``interval_seconds`` says over how long each value is a mean that ends at its time (0: the
        time is the period's own label). The first value of a running sum that starts within a day is NaN.

    Raises
    ------
    InputError
        A single step, or uneven ones.
    """
    name = total.name or total.attrs.get("GRIB_shortName", "field")
    averaged = str(total.attrs.get("GRIB_stepType", "")).startswith("avg")
    if "month" in total.dims or averaged or is_monthly(total["time"].values):
        return (total / DAY).assign_attrs(interval_seconds=0)
    if total.sizes["time"] < 2:
        raise InputError(f"{path}: one time step of accumulated {name}; its interval cannot be told")
    times = total["time"].values.astype("datetime64[s]")
    steps = np.diff(times).astype(np.float64)
    if not since_midnight:
        if steps.min() != steps.max():
            raise InputError(f"{path}: {name} with uneven time steps ({steps.min()} ... {steps.max()} s)")
        return (total / steps[0]).assign_attrs(interval_seconds=int(steps[0]))
    of_day = (times - times.astype("datetime64[D]")).astype(np.float64)
    if np.all(of_day == 0):
        return (total / DAY).assign_attrs(interval_seconds=int(DAY))
    step = float(steps.min())
    if DAY % step:
        raise InputError(f"{path}: {name} every {step} s does not divide a day; its sums since 00 UTC cannot")
    of_day = np.where(of_day == 0, DAY, of_day)
    follows = np.concatenate([[False], steps == step])
    previous = total.shift(time=1)
    shape = (-1,) + (1,) * (total.ndim - 1)
    values = np.where(
        (of_day == step).reshape(shape),
        total.values,
        np.where(follows.reshape(shape), total.values - previous.values, np.nan),
    )
    return total.copy(data=values / step).assign_attrs(interval_seconds=int(step))
