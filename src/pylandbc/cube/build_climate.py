"""Build tasks for the climate: months first, then years, dekads and the mean months of all years.

A series is read a year at a time (a month at a time where it has steps within months), so that its length
does not matter to memory. Years of which a variable lacks a month are left out. A climatology has no
calendar: it gives one entry that serves every year.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
import zarr

from pylandbc.cube.config import CubeConfig, resolve
from pylandbc.cube.nearest_fill import fill_nearest
from pylandbc.cube.storage import Storage, open_array, write_region
from pylandbc.cube.tasks import Outcome, Place
from pylandbc.errors import InputError
from pylandbc.grid.window import Window
from pylandbc.sources.climate_means import annual_means, climatology, dekadal_means, monthly_means
from pylandbc.sources.dekad import dekad_end
from pylandbc.sources.era5 import read_era5
from pylandbc.sources.era5_fields import months_held
from pylandbc.sources.era5_land import read_era5_land
from pylandbc.sources.provenance import FIELDS

MONTHLY, DEKADAL = "climate_monthly", "climate_dekadal"
AXES = {MONTHLY: "climate_month", DEKADAL: "climate_dekad"}
"""Time dimension of each array."""
DAYS = {"units": "days since 1970-01-01", "calendar": "proleptic_gregorian"}
"""Attributes of time coordinates, which count the last day of each step."""


@dataclass(frozen=True)
class Series:
    """Complete years of a series, ascending, and whether its files have steps within months."""

    years: tuple[int, ...]
    within_months: bool

    def spans(self) -> list[tuple[int, int, int]]:
        """Pieces to read: position of the first month, first month (since 1970-01), number of months."""
        size = 1 if self.within_months else 12
        return [
            (12 * k + first, 12 * (year - 1970) + first, size)
            for k, year in enumerate(self.years)
            for first in range(0, 12, size)
        ]

    def months(self) -> np.ndarray:
        """All months, datetime64[M]."""
        starts = np.array([np.datetime64(f"{year:04d}-01", "M") for year in self.years])
        return (starts[:, None] + np.arange(12)).ravel()


def survey(config: CubeConfig, place: Place) -> Series | None:
    """Which years the climate files cover; None where they are a climatology.

    Raises
    ------
    InputError
        No year of which every variable has all months, or steps are wanted of a climatology.
    """
    held = [months_held(resolve(file, place.root)) for file in config.climate.files]
    if any(entry is None for entry in held):
        if config.climate.steps:
            raise InputError(
                f"{config.climate.files[0]} is a climatology, which has no calendar; leave climate.steps out"
            )
        return None
    covered: dict[str, set[np.datetime64]] = {}
    for entry in held:
        for name in entry.names if entry is not None else ():
            covered.setdefault(name, set()).update(entry.months.tolist())  # type: ignore[union-attr]
    common = set.intersection(*(covered.get(name, set()) for name in config.climate.names()))
    by_year: dict[int, int] = {}
    for month in common:
        by_year[month.year] = by_year.get(month.year, 0) + 1  # type: ignore[attr-defined]
    years = tuple(sorted(year for year, count in by_year.items() if count == 12))
    if not years:
        missing = [name for name in config.climate.names() if name not in covered]
        if missing:
            # the reader knows what the variable is called in the files
            _read(place, None)
        raise InputError(
            f"{', '.join(config.climate.files)} hold no complete year; annual means need all twelve months"
        )
    return Series(years, any(entry.within_months for entry in held if entry is not None))


def create(
    group: zarr.Group, staging: zarr.Group, storage: Storage, config: CubeConfig, series: Series | None
) -> None:
    """The arrays of the climate, those that are there already kept; months are staged where the cube is not
    to have them."""
    lat, lon = config.window.window().coarse_shape
    names = config.climate.names()
    tail, coarse = ("climate_variable", "lat", "lon"), (len(names), lat, lon)
    count = 1 if series is None else len(series.years)
    storage.ensure(group, "climate_year", (count,), "i4", ("climate_year",))
    storage.ensure(group, "climate", (count, *coarse), "f4", ("climate_year", *tail))
    storage.ensure(group, "climatology", (12, *coarse), "f4", ("month", *tail))
    if series is not None:
        kept = "month" in config.climate.steps
        storage.ensure(
            group if kept else staging, MONTHLY, (12 * count, *coarse), "f4", (AXES[MONTHLY], *tail)
        )
        if kept:
            storage.ensure(group, AXES[MONTHLY], (12 * count,), "i4", (AXES[MONTHLY],), **DAYS)
        if "dekad" in config.climate.steps:
            storage.ensure(group, DEKADAL, (36 * count, *coarse), "f4", (AXES[DEKADAL], *tail))
            storage.ensure(group, AXES[DEKADAL], (36 * count,), "i4", (AXES[DEKADAL],), **DAYS)


def _home(place: Place, name: str) -> Path:
    """The group that an array is in."""
    staged = name == MONTHLY and "month" not in place.config.climate.steps
    return place.staging if staged else place.cube


def _read(place: Place, between: tuple[str, str] | None) -> xr.Dataset:
    config = place.config
    paths = [resolve(file, place.root) for file in config.climate.files]
    window, names = config.window.window(), config.climate.names()
    if config.climate.product == "era5_land":
        return read_era5_land(paths, window, names, between=between)
    return read_era5(paths, window, config.climate.period, names, between=between)


def _provenance(place: Place, dataset: xr.Dataset) -> dict[str, dict[str, str]]:
    out = {}
    for file in place.config.climate.files:
        attributes = {**dataset.attrs, "file": str(resolve(file, place.root))}
        out[file] = {name: str(attributes[name]) for name in FIELDS if name in attributes}
    return out


def _without_gaps(means: xr.Dataset, axis: str, names: tuple[str, ...], window: Window) -> np.ndarray:
    """float32 (time, variable, lat, lon)."""
    ordered = means.transpose(axis, "lat", "lon")
    fields = [
        np.stack([fill_nearest(layer, window, name) for layer in ordered[name].values]) for name in names
    ]
    return np.stack(fields, axis=1).astype(np.float32)


def write_climatology(place: Place) -> Outcome:
    """All of a climatology: its mean as the one year that there is, and its months."""
    config, window = place.config, place.config.window.window()
    dataset = _read(place, None)
    outcome = Outcome(provenance=_provenance(place, dataset))
    annual, names = annual_means(dataset), config.climate.names()
    years = annual["year"].values.astype(np.int32)
    outcome.files += write_region(place.cube, "climate_year", (0,), years)
    for name, means, axis in (("climate", annual, "year"), ("climatology", climatology(dataset), "month")):
        for position, single in enumerate(_without_gaps(means, axis, names, window)):
            outcome.files += write_region(place.cube, name, (position, 0, 0, 0), single[None])
    return outcome


def write_months(place: Place, position: int, first: int, count: int, dekads: bool) -> Outcome:
    """``count`` months from month ``first`` (since 1970-01) on; with ``dekads`` these too; ``InputError`` if
    a file lacks one of them."""
    config, window = place.config, place.config.window.window()
    start = np.datetime64(first, "M")
    # the mean over an hour is stamped with its end: the last one of a month carries the next month's date
    end = (start + count).astype("datetime64[D]") + 1
    dataset = _read(place, (f"{start}-01", str(end)))
    outcome = Outcome(provenance=_provenance(place, dataset))
    names, wanted = config.climate.names(), start + np.arange(count)
    parts = [(MONTHLY, monthly_means(dataset), wanted, position)]
    if dekads:
        ends = dekad_end((wanted.astype("datetime64[D]")[:, None] + np.array([0, 10, 20])).ravel())
        parts.append((DEKADAL, dekadal_means(dataset), ends, 3 * position))
    for name, means, times, at in parts:
        stamps = means["time"].values.astype(times.dtype)
        missing = sorted(set(times.tolist()) - set(stamps.tolist()))
        if missing:
            raise InputError(
                f"{', '.join(config.climate.files)}: {missing[0]} is incomplete; fetch what it lacks"
            )
        chosen = means.isel(time=[int(np.flatnonzero(stamps == when)[0]) for when in times])
        values = _without_gaps(chosen, "time", names, window)
        outcome.files += write_region(_home(place, name), name, (at, 0, 0, 0), values)
    return outcome


def _stored_months(place: Place, positions: list[int], months: np.ndarray) -> xr.Dataset:
    """Months of the cube as a dataset that the means understand."""
    array, window = open_array(_home(place, MONTHLY), MONTHLY), place.config.window.window()
    values = np.stack([np.asarray(array[k]) for k in positions], axis=1)
    fields: dict[str, Any] = {
        name: (("time", "lat", "lon"), values[k]) for k, name in enumerate(place.config.climate.names())
    }
    times = months[positions].astype("datetime64[ns]")
    coords = {"time": times, "lat": window.coarse_latitude, "lon": window.coarse_longitude}
    return xr.Dataset(fields, coords=coords, attrs={"file": str(place.cube)})


def write_year(place: Place, years: list[int], within_months: bool, number: int) -> Outcome:
    """Means of one year; its dekads between mid-months, where they are wanted and the files have months."""
    series = Series(tuple(years), within_months)
    window, names, months = place.config.window.window(), place.config.climate.names(), series.months()
    own = list(range(12 * number, 12 * number + 12))
    annual = annual_means(_stored_months(place, own, months))
    outcome = Outcome()
    values = _without_gaps(annual, "year", names, window)
    outcome.files += write_region(place.cube, "climate", (number, 0, 0, 0), values)
    if "dekad" in place.config.climate.steps and not series.within_months:
        near = [k for k in range(own[0] - 1, own[-1] + 2) if 0 <= k < months.size]
        near = [k for k in near if months[k] - months[own[0]] == np.timedelta64(k - own[0], "M")]
        dekads = dekadal_means(_stored_months(place, near, months))
        inside = dekads["time"].values.astype("datetime64[Y]") == months[own[0]].astype("datetime64[Y]")
        values = _without_gaps(dekads.isel(time=np.flatnonzero(inside)), "time", names, window)
        outcome.files += write_region(place.cube, DEKADAL, (36 * number, 0, 0, 0), values)
    return outcome


def write_mean_months(place: Place, years: list[int], within_months: bool) -> Outcome:
    """The mean of each calendar month over all years, and the time coordinates."""
    series = Series(tuple(years), within_months)
    array, outcome = open_array(_home(place, MONTHLY), MONTHLY), Outcome()
    for month in range(12):
        total = np.zeros(array.shape[1:])
        for number in range(len(series.years)):
            total += np.asarray(array[12 * number + month])
        mean = (total / len(series.years)).astype(np.float32)
        outcome.files += write_region(place.cube, "climatology", (month, 0, 0, 0), mean[None])
    months = series.months()
    labels = np.array(years, dtype=np.int32)
    ends = (months + 1).astype("datetime64[D]") - 1
    outcome.files += write_region(place.cube, "climate_year", (0,), labels)
    if "month" in place.config.climate.steps:
        outcome.files += write_region(place.cube, AXES[MONTHLY], (0,), ends.astype(np.int32))
    if "dekad" in place.config.climate.steps:
        dekads = dekad_end((months.astype("datetime64[D]")[:, None] + np.array([0, 10, 20])).ravel())
        outcome.files += write_region(place.cube, AXES[DEKADAL], (0,), dekads.astype(np.int32))
    return outcome
