"""Build tasks on the 0.25 degree grid: class fractions of the maps, the scenario, the climate.

Coarse fields keep their own resolution and have no gaps (nearest cell that has a value). Fractions of a map
are formed band by band, so that no year is ever in memory as a whole.
"""

from __future__ import annotations

import numpy as np
import xarray as xr
import zarr

from pylandbc.cube.config import resolve
from pylandbc.cube.fractions import class_fractions
from pylandbc.cube.layout import CLIMATE_VARIABLES, SCENARIO_VARIABLES
from pylandbc.cube.nearest_fill import fill_nearest
from pylandbc.cube.storage import Storage, open_array, write_region
from pylandbc.cube.tasks import Outcome, Place
from pylandbc.grid.window import COARSE, Window
from pylandbc.sources.era5 import annual_means, climatology, read_era5
from pylandbc.sources.luh2 import read_luh2
from pylandbc.sources.provenance import FIELDS

BAND = 2000
"""Rows of pixels in one band: whole 0.25 degree cells."""
STAGED_FRACTIONS = "fractions"


def bands(window: Window) -> list[tuple[int, int]]:
    """First and last-plus-one row of each band."""
    return [(start, min(start + BAND, window.rows)) for start in range(0, window.rows, BAND)]


def band_window(window: Window, rows: tuple[int, int]) -> Window:
    """The part of the window in a band."""
    return Window(window.row + rows[0], window.col, rows[1] - rows[0], window.cols)


def stage_fractions(place: Place, position: int) -> Outcome:
    """Area fractions of the classes in one map, without gaps: float64 (class, lat, lon)."""
    window = place.config.window.window()
    land_use = open_array(place.cube, "land_use")
    parts = [
        class_fractions(np.asarray(land_use[position, slice(*rows)]), band_window(window, rows))
        for rows in bands(window)
    ]
    names = SCENARIO_VARIABLES["hilda_fractions"]
    values = np.concatenate(parts, axis=1)
    filled = np.stack([fill_nearest(field, window, name) for field, name in zip(values, names, strict=True)])
    return Outcome(files=write_region(place.staging, STAGED_FRACTIONS, (position, 0, 0, 0), filled[None]))


def interpolate_fractions(place: Place, year: int, position: int) -> Outcome:
    """Scenario of one year from the maps before and after it, linear in time."""
    years = np.array(place.config.years())
    staged = open_array(place.staging, STAGED_FRACTIONS)
    upper = int(np.clip(np.searchsorted(years, year, side="left"), min(1, len(years) - 1), len(years) - 1))
    lower = max(upper - 1, 0)
    share = (year - years[lower]) / (years[upper] - years[lower]) if upper > lower else 0.0
    values = (1 - share) * np.asarray(staged[lower]) + share * np.asarray(staged[upper])
    start = (position, 0, 0, 0)
    return Outcome(files=write_region(place.cube, "scenario", start, values[None].astype(np.float32)))


def write_luh2(place: Place, file: str, year: int, position: int) -> Outcome:
    """Scenario of one year from LUH2."""
    window, outcome = place.config.window.window(), Outcome()
    dataset = read_luh2(resolve(file, place.root), window, [year])
    outcome.provenance[file] = {name: str(dataset.attrs[name]) for name in FIELDS if name in dataset.attrs}
    names = SCENARIO_VARIABLES["luh2"]
    values = np.stack([fill_nearest(dataset[name].values[0].astype("f8"), window, name) for name in names])
    start = (position, 0, 0, 0)
    outcome.files = write_region(place.cube, "scenario", start, values[None].astype(np.float32))
    return outcome


def write_climate(place: Place) -> Outcome:
    """Annual means, their years, and the monthly climatology; the files say how many years there are."""
    config, outcome = place.config, Outcome()
    window = config.window.window()
    paths = [resolve(file, place.root) for file in config.climate.files]
    dataset = read_era5(paths, window, config.climate.period)
    for file, path in zip(config.climate.files, paths, strict=True):
        attributes = {**dataset.attrs, "file": str(path)}
        outcome.provenance[file] = {name: str(attributes[name]) for name in FIELDS if name in attributes}
    annual, monthly = annual_means(dataset), climatology(dataset)
    group = zarr.open_group(str(place.cube), mode="r+")
    storage = Storage(config.format, config.shard)
    years = annual["year"].values.astype(np.int32)
    storage.create(group, "climate_year", years.shape, years.dtype, ("climate_year",))
    outcome.files += write_region(place.cube, "climate_year", (0,), years)
    for name, means, axis in (("climate", annual, "year"), ("climatology", monthly, "month")):
        values = _without_gaps(means, axis, window)
        dimension = "climate_year" if name == "climate" else "month"
        storage.create(group, name, values.shape, values.dtype, (dimension, "climate_variable", "lat", "lon"))
        for position, single in enumerate(values):
            outcome.files += write_region(place.cube, name, (position, 0, 0, 0), single[None])
    return outcome


def _without_gaps(means: xr.Dataset, axis: str, window: Window) -> np.ndarray:
    """float32 (time, variable, lat, lon)."""
    ordered = means.transpose(axis, "lat", "lon")
    fields = [
        np.stack([fill_nearest(layer, window, name) for layer in ordered[name].values])
        for name in CLIMATE_VARIABLES
    ]
    return np.stack(fields, axis=1).astype(np.float32)


def land_area(known: np.ndarray, window: Window) -> np.ndarray:
    """Area of the pixels in ``known`` in each 0.25 degree cell, m2, float64 (lat, lon)."""
    lat, lon = window.coarse_shape
    weighted = known * window.pixel_area[:, None]
    return weighted.reshape(lat, COARSE, lon, COARSE).sum(axis=(1, 3))
