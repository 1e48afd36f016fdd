"""A region from a cube."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import numpy as np

from pylandbc.cube.channels import Channels
from pylandbc.cube.layers import Vegetation
from pylandbc.cube.open import Cube, open_cube
from pylandbc.cube.samples import IN_MEMORY
from pylandbc.cube.vegetation_samples import co2_of
from pylandbc.errors import InputError
from pylandbc.grid.window import COARSE
from pylandbc.learn.leaf_area.calendar import season_steps, years_of
from pylandbc.learn.leaf_area.region import Region, seasonal_mean
from pylandbc.models.leaf_area.inputs import STEPS_PER_YEAR, WITHOUT_LEAVES, VegetationInputs

MAIN_CLASSES = {1: "A tropical", 2: "B arid", 3: "C temperate", 4: "D cold", 5: "E polar"}
FIRST_CODES = (1, 4, 8, 17, 29, 31)
"""First code of each main class of Beck et al. 2018, and the one after the last."""

KEPT_PIXELS = 1_000_000
"""Largest region whose static channels stay in memory year by year."""


def cube_region(cube: Cube, inputs: VegetationInputs) -> Region:
    """The region of a cube's series; ``InputError`` names what the cube lacks."""
    name = inputs.variable
    if name not in cube.layers.vegetation:
        raise InputError(f"{cube.path} has no {name}; build it with vegetation in the configuration")
    series = cube.layers.vegetation[name]
    if series.step != inputs.step:
        raise InputError(f"{cube.path} has {name} by {series.step}, the configuration wants {inputs.step}")
    channels = Channels(cube, list(inputs.static), nearest=True)
    wanted = {*channels.arrays(), name, f"{name}_quality"}
    cube = cube.loaded(wanted, IN_MEMORY)
    layers = cube.layers
    series = layers.vegetation[name]
    monthly = series.step == "month"
    climate = layers.climate_monthly if monthly else layers.climate_dekadal
    days = layers.climate_months if monthly else layers.climate_dekads
    missing = [n for n in inputs.climate if n not in cube.climate_variables]
    if inputs.climate and (climate is None or missing):
        what = f"climate in {series.step}s" if climate is None else f"the climate of {', '.join(missing)}"
        raise InputError(f"{cube.path} lacks {what}; build it with climate.steps and climate.variables")
    weather = (
        np.zeros((0, 0, *cube.window.coarse_shape), np.float32)
        if climate is None
        else np.asarray(climate[...])
    )
    season = season_steps(days, series.step)
    learnt = np.isin(years_of(days), cube.training_years)
    rows, cols = cube.window.shape
    return Region(
        cube.path.name,
        name,
        series,
        _with_leaves(cube),
        cube.window.latitude,
        cube.window.pixel_area,
        inputs.static,
        _maps_of_years(cube, channels),
        cube.climate_variables,
        weather,
        days,
        np.arange(rows) // COARSE,
        np.arange(cols) // COARSE,
        seasonal_mean(weather, season, learnt, STEPS_PER_YEAR[series.step]) if weather.size else weather,
        co2_of(cube, series.times),
        _groups(cube),
        cube.training_years,
        dict(cube.units),
        {n: (s["mean"], s["std"]) for n, s in cube.statistics.items()},
        window=cube.window,
        provenance=cube.provenance,
    )


def truth_of(region: Region, path: Path) -> Vegetation:
    """The series without noise that another cube of the region's window holds; ``InputError`` if it has
    another window, other steps, or no such series."""
    cube = open_cube(path)
    if cube.window != region.window or region.variable not in cube.layers.vegetation:
        raise InputError(f"{path} is not a cube of {region.variable} in the window of {region.name}")
    series = cube.loaded({region.variable, f"{region.variable}_quality"}, IN_MEMORY).layers.vegetation
    found = series[region.variable]
    if found.step != region.series.step or not np.array_equal(found.times, region.series.times):
        raise InputError(f"{path} holds other steps than {region.name}")
    return found


def _maps_of_years(cube: Cube, channels: Channels) -> Callable[[slice, slice, int], np.ndarray]:
    """The static channels of a year's rows and columns; a small region keeps the whole maps of its years."""
    shape = cube.window.shape
    if shape[0] * shape[1] > KEPT_PIXELS:
        return lambda rows, cols, year: channels.read(cube, rows, cols, year)

    @lru_cache(maxsize=64)
    def whole(year: int) -> np.ndarray:
        return channels.read(cube, slice(0, shape[0]), slice(0, shape[1]), year)

    return lambda rows, cols, year: whole(year)[:, rows, cols]


def _with_leaves(cube: Cube) -> np.ndarray:
    """Land that is neither water nor ice in any year, bool (rows, cols).

    Elsewhere an emulator is bare by rule, while a product's pixel that overlaps a shore may have leaves.
    """
    out = cube.static_field("land_mask") == 1
    for name, maps in (("land_use", cube.land_use), ("land_cover", cube.layers.land_cover)):
        for number in range(0 if maps is None else maps.shape[0]):
            out &= ~np.isin(np.asarray(maps[number]), WITHOUT_LEAVES[name])
    return out


def _groups(cube: Cube) -> dict[str, tuple[np.ndarray, dict[int, str]]]:
    """Maps by which scores are told apart: main climate classes, land cover (or land use)."""
    layers = cube.layers
    out = {}
    middle = int(np.mean(cube.training_years))
    if layers.land_cover is not None:
        at = int(np.abs(layers.land_cover_years - middle).argmin())
        out["land_cover"] = (np.asarray(layers.land_cover[at]), {k: f"land cover {k}" for k in range(1, 23)})
    else:
        from pylandbc.legend import LAND_USE

        at = int(np.abs(cube.years - middle).argmin())
        out["land_cover"] = (np.asarray(cube.land_use[at]), dict(enumerate(LAND_USE.names)))
    place = layers.category_index("koeppen_geiger", middle)
    if place is not None:
        codes = np.asarray(layers.categories[place])
        main = np.where((codes > 0) & (codes <= 30), np.digitize(codes, FIRST_CODES), 0).astype(np.uint8)
        out["climate_class"] = (main, MAIN_CLASSES)
    return out
