"""Climate classes, soil, land mask and population, in the layouts of Beck, SoilGrids, GLOBE and ISIMIP.

All are functions of place (and year) alone. Climate classes follow from the planet's own expected climate by
the published rules.
"""

from __future__ import annotations

from pathlib import Path

import netCDF4
import numpy as np

from pylandbc.grid.window import EARTH_RADIUS, Window
from pylandbc.planet.climate import climatology_of
from pylandbc.planet.files import TITLE
from pylandbc.planet.koeppen_rules import koeppen_geiger
from pylandbc.planet.noise import fractal, sphere_points, white
from pylandbc.planet.plan import Plan
from pylandbc.planet.rasters import write_raster
from pylandbc.planet.terrain import relief
from pylandbc.planet.transitions import HISTORICAL
from pylandbc.progress import TellStage
from pylandbc.sources.climate_means import MONTH_DAYS

ARC_30 = 30
"""Cells of 30 arc-seconds along 0.25 degree."""
NO_SOIL = -32768
DEPTHS = ("0-5cm", "5-15cm")
MORE_CLAY = (0.0, 0.03)
"""What clay gains at each depth."""
PARTS = ("sand", "silt", "clay")


def write_koeppen(folder: Path, plan: Plan, tell: TellStage) -> None:
    """``koppen_geiger_tif/1991_2020/koppen_geiger_0p00833333.tif``, the 30 years before, scenarios' last."""
    periods = [("1961_1990", HISTORICAL), ("1991_2020", HISTORICAL)]
    periods += [(f"2071_2099/{name}", name) for name in plan.scenarios]
    for period, scenario in periods:
        tell(f"climate classes {period}")
        first, last = (int(text) for text in period.split("/")[0].split("_"))
        years = np.arange(first, last + 1)

        def strip(
            latitude: np.ndarray, longitude: np.ndarray, years: np.ndarray = years, scenario: str = scenario
        ) -> list[np.ndarray]:
            points = sphere_points(latitude, longitude)
            height = relief(points, plan.seed)
            temperature, precipitation = climatology_of(points, height, years, plan.seed, scenario)
            sums = precipitation * (86400.0 * MONTH_DAYS).astype(np.float32)[:, None, None]
            return [np.where(height > 0, koeppen_geiger(temperature - np.float32(273.15), sums), 0)]

        path = folder / "koppen_geiger_tif" / period / "koppen_geiger_0p00833333.tif"
        write_raster([path], plan.window, ARC_30, strip, "uint8", 0, "synthetic planet (Koeppen-Geiger)")


def soil(points: np.ndarray, height: np.ndarray, seed: int) -> np.ndarray:
    """Shares of sand, silt and clay, float32 (3, ...), summing to 1: sandier on coasts and heights."""
    wish = np.stack(
        [
            0.8 * fractal(points, 40.0, 4, seed + 61) + 0.3 * np.clip(height / 600.0, 0, 1),
            0.8 * fractal(points, 30.0, 4, seed + 62),
            0.9 * fractal(points, 35.0, 4, seed + 63) - 0.3,
        ]
    )
    share = np.exp(1.2 * wish)
    return (share / share.sum(axis=0)).astype(np.float32)


def write_soil(folder: Path, plan: Plan, tell: TellStage) -> None:
    """``soil/sand_0-5cm_mean.tif`` and so on, g/kg, -32768 at sea; the three miss 1000 by a per cent or two,
    as SoilGrids' do."""

    def strip(latitude: np.ndarray, longitude: np.ndarray) -> list[np.ndarray]:
        points = sphere_points(latitude, longitude)
        height = relief(points, plan.seed)
        share = soil(points, height, plan.seed)
        error = 1.0 + 0.02 * fractal(points, 400.0, 1, plan.seed + 64)
        out = []
        for more_clay in MORE_CLAY:
            for part, values in zip(PARTS, share, strict=True):
                shifted = values * (1.0 - more_clay) + more_clay * (part == "clay")
                out.append(np.where(height > 0, np.round(1000.0 * shifted * error), NO_SOIL))
        return out

    tell("soil")
    paths = [folder / "soil" / f"{part}_{depth}_mean.tif" for depth in DEPTHS for part in PARTS]
    write_raster(paths, plan.window, ARC_30, strip, "int16", NO_SOIL, "synthetic planet (SoilGrids layout)")


def write_landmask(folder: Path, plan: Plan, tell: TellStage) -> None:
    """``globe_landmask_1km.tif``: 1 land, 0 ocean, 30 arc-seconds."""

    def strip(latitude: np.ndarray, longitude: np.ndarray) -> list[np.ndarray]:
        return [relief(sphere_points(latitude, longitude), plan.seed) > 0]

    tell("land mask")
    path = folder / "globe_landmask_1km.tif"
    write_raster([path], plan.window, ARC_30, strip, "uint8", None, "synthetic planet (GLOBE layout)")


def people(latitude: np.ndarray, longitude: np.ndarray, seed: int) -> np.ndarray:
    """People in cells of half a degree in 2000, float64 (lat, lon), NaN at sea; 10 x 10 points a cell."""
    offset = (np.arange(10) + 0.5) / 20 - 0.25
    out = np.empty((latitude.size, longitude.size))
    for i, middle in enumerate(latitude):
        rows = middle + offset[::-1]
        points = sphere_points(rows, (longitude[:, None] + offset).ravel())
        height = relief(points, seed)
        towns = np.clip(fractal(points, 90.0, 5, seed + 21, gain=0.75) - 0.45, 0.0, None)
        density = np.where(height > 0, 3.0 + 2500.0 * towns * np.clip(1.0 - height / 700.0, 0, 1), 0.0)
        area = (EARTH_RADIUS / 1e3) ** 2 * np.cos(np.deg2rad(rows)) * np.deg2rad(0.05) ** 2
        cells = (density * area[:, None]).reshape(10, longitude.size, 10).sum(axis=(0, 2))
        land = (height > 0).reshape(10, longitude.size, 10).any(axis=(0, 2))
        out[i] = np.where(land, cells, np.nan)
    return out


def growth(years: np.ndarray) -> np.ndarray:
    """Population relative to 2000: logistic, as the world's since 1900."""
    curve = 1.0 / (1.0 + np.exp(-(np.asarray(years, dtype=np.float64) - 1995.0) / 30.0))
    return curve * (1.0 + np.exp(-(2000.0 - 1995.0) / 30.0))


def half_degree_axes(window: Window) -> tuple[np.ndarray, np.ndarray]:
    """Centres of the half-degree cells that cover a window."""
    first, last = np.floor((90 - window.north) * 2), np.ceil((90 - window.south) * 2)
    west, east = np.floor(window.west * 2), np.ceil(window.east * 2)
    return 90 - (np.arange(first, last) + 0.5) / 2, (np.arange(west, east) + 0.5) / 2


def write_population(folder: Path, plan: Plan, tell: TellStage) -> None:
    """``population_histsoc_30arcmin_annual_FIRST_LAST.nc``: people a cell, time "years since 1661-1-1"."""
    tell("population")
    latitude, longitude = half_degree_axes(plan.window)
    base = people(latitude, longitude, plan.seed)
    years = np.arange(plan.first_year, plan.last_year + 1)
    path = folder / f"population_histsoc_30arcmin_annual_{plan.first_year}_{plan.last_year}.nc"
    with netCDF4.Dataset(path, "w") as file:
        file.title = TITLE.format(seed=plan.seed, product="ISIMIP population")
        file.product, file.license = "synthetic planet (ISIMIP population layout)", "CC0-1.0"
        for name, values, units in (
            ("time", years - 1661.0, "years since 1661-1-1 00:00:00"),
            ("lat", latitude, "degrees_north"),
            ("lon", longitude, "degrees_east"),
        ):
            file.createDimension(name, len(values))
            variable = file.createVariable(name, "f8", (name,))
            variable.units, variable[:] = units, values
        file["time"].calendar = "365_day"
        fill = np.float32(1e20)
        variable = file.createVariable(
            "total-population", "f4", ("time", "lat", "lon"), zlib=True, complevel=1, fill_value=fill
        )
        variable.units, variable.missing_value = "number of people", fill
        rows = np.round((90.0 - latitude) * 2 - 0.5).astype(np.int64)
        cols = np.round(longitude * 2 - 0.5).astype(np.int64) % 720
        draw = white(rows[:, None] * 720 + cols[None, :], plan.seed, 97) - np.float32(0.5)
        for position, factor in enumerate(growth(years)):
            # migration: regions grow at their own pace
            pace = 1.0 + 0.1 * draw * (years[position] - 2000) / 50.0
            variable[position] = np.nan_to_num(base * factor * np.maximum(pace, 0.1), nan=1e20)
