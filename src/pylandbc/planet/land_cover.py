"""ESA CCI land cover of a planet from its land use and climate, at 300 m, in ESA's and C3S's layout.

The class follows from the land use, the mean temperature and a fixed noise field that decides between
neighbouring legend entries (mosaics, open and closed). At 300 m a pixel takes the class of the 1 km pixel
that lies at a jittered place, so that edges are ragged; the jitter is fixed in time.
"""

from __future__ import annotations

from pathlib import Path

import netCDF4
import numpy as np

from pylandbc.grid.window import COARSE, COLS, Window
from pylandbc.planet.climate import annual_precipitation, annual_temperature
from pylandbc.planet.files import TITLE
from pylandbc.planet.geography import tiles
from pylandbc.planet.noise import fractal, sphere_points, white
from pylandbc.planet.plan import Plan
from pylandbc.planet.terrain import relief
from pylandbc.planet.tile_writer import FILES
from pylandbc.progress import TellStage
from pylandbc.sources.hilda import consolidate

FINE = 90
"""Cells of 1/360 degree along 0.25 degree."""
JITTER = 0.35
"""Largest shift of the place that a 300 m pixel looks at, 1 km pixels."""


def classes_of(
    land_use: np.ndarray, temperature: np.ndarray, precipitation: np.ndarray, noise: np.ndarray
) -> np.ndarray:
    """ESA's code of each pixel, uint8.

    Parameters
    ----------
    land_use
        Class codes of :data:`pylandbc.legend.LAND_USE`.
    temperature, precipitation
        Annual means, K and kg m-2 s-1.
    noise
        About -1 ... 1, fixed in time.
    """
    yearly = precipitation * (365.25 * 86400.0)
    crop = np.where(yearly < 350, 20, np.select([noise > 0.7, noise > 0.4], [30, 11], 10))
    pasture = np.select([noise > 0.8, noise > 0.5], [40, 11], 130)
    forest = np.select(
        [temperature > 295.0, temperature > 283.5, temperature > 280.5, temperature > 268.0],
        [50, 60, 90, 70],
        80,
    )
    forest = np.where((noise > 0.8) & (forest == 70), 72, forest)
    grass = np.select([noise > 0.6, noise > 0.25, noise < -0.7], [100, 110, 120], 130)
    other = np.select([temperature < 262.0, temperature < 273.0, yearly < 250], [220, 140, 200], 150)
    table = np.stack([np.full_like(crop, 210), np.full_like(crop, 190), crop, pasture, forest, grass, other])
    return np.take_along_axis(table, (land_use % 7)[None].astype(np.int64), axis=0)[0].astype(np.uint8)


def sources_of(part: Window, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Row and column of the 1 km pixel that each 300 m pixel of a tile shows, int64 (lat, lon).

    Counted from the tile's corner; -1 and the number of rows (columns) lie beyond its edge.
    """
    lat, lon = (n * FINE for n in part.coarse_shape)
    first_row, first_col = part.row // COARSE * FINE, part.col // COARSE * FINE
    rows = (first_row + np.arange(lat, dtype=np.int64))[:, None]
    cols = ((first_col + np.arange(lon, dtype=np.int64)) % (1440 * FINE))[None, :]
    number = rows * (1440 * FINE) + cols
    shift = [2 * JITTER * (white(number, seed, key) - np.float32(0.5)) for key in (111, 112)]
    scale = COARSE / FINE
    row = np.floor((np.arange(lat) + 0.5)[:, None] * scale + shift[0]).astype(np.int64)
    col = np.floor((np.arange(lon) + 0.5)[None, :] * scale + shift[1]).astype(np.int64)
    return row, col


def _bordered(start: int, extent: int, end: int) -> slice:
    """A stretch and one pixel on each side, as far as there is one."""
    return slice(max(start - 1, 0), min(start + extent + 1, end))


def file_name(year: int) -> str:
    """As ESA and C3S name the year's file."""
    if year <= 2015:
        return f"ESACCI-LC-L4-LCCS-Map-300m-P1Y-{year}-v2.0.7cds.nc"
    return f"C3S-LC-L4-LCCS-Map-300m-P1Y-{year}-v2.1.1.nc"


def _open(path: Path, plan: Plan, year: int) -> netCDF4.Dataset:
    window = plan.window
    lat, lon = (n * FINE for n in window.coarse_shape)
    file = netCDF4.Dataset(path, "w")
    file.title = TITLE.format(seed=plan.seed, product="ESA CCI land cover")
    file.product, file.license = "synthetic planet (ESA CCI land cover layout)", "CC0-1.0"
    file.product_version = "2.0.7cds" if year <= 2015 else "2.1.1"
    file.time_coverage_start = f"{year}0101"
    days = (np.datetime64(f"{year:04d}-01-01") - np.datetime64("1970-01-01")).astype(int)
    for name, values, units in (
        ("time", np.array([days]), "days since 1970-01-01 00:00:00"),
        ("lat", window.north - (np.arange(lat) + 0.5) / 360, "degrees_north"),
        ("lon", window.west + (np.arange(lon) + 0.5) / 360, "degrees_east"),
    ):
        file.createDimension(name, len(values))
        variable = file.createVariable(name, "f8", (name,))
        variable.units, variable[:] = units, values
    variable = file.createVariable(
        "lccs_class", "u1", ("time", "lat", "lon"), zlib=True, complevel=1,
        chunksizes=(1, min(lat, 20 * FINE), min(lon, 20 * FINE)),
    )  # fmt: skip
    variable.standard_name, variable.long_name = "land_cover_lccs", "Land cover class defined in LCCS"
    variable.set_auto_maskandscale(False)
    return file


def write_land_cover(folder: Path, plan: Plan, tell: TellStage) -> None:
    """``land_cover/...-P1Y-YEAR-....nc`` for the planned years."""
    target = folder / "land_cover"
    target.mkdir()
    years = plan.heavy_years("land_cover")
    files = [_open(target / file_name(year), plan, year) for year in years]
    try:
        with netCDF4.Dataset(folder / FILES["land_use"]) as source:
            states = source["LULC_states"]
            states.set_auto_maskandscale(False)
            for part in tiles(plan.window):
                tell(f"land cover, {part.north:g} N {part.west:g} E")
                row, col = part.row - plan.window.row, (part.col - plan.window.col) % COLS
                rows = _bordered(row, part.rows, plan.window.rows)
                cols = _bordered(col, part.cols, plan.window.cols)
                points = sphere_points(plan.window.latitude[rows], plan.window.longitude[cols])
                height = relief(points, plan.seed)
                temperature = annual_temperature(points, height, plan.seed)
                precipitation = annual_precipitation(points, height, plan.seed)
                noise = fractal(points, 120.0, 3, plan.seed + 101)
                i, j = sources_of(part, plan.seed)
                i = np.clip(i + row - rows.start, 0, height.shape[0] - 1)
                j = np.clip(j + col - cols.start, 0, height.shape[1] - 1)
                fine = [
                    slice(first * FINE // COARSE, (first + extent) * FINE // COARSE)
                    for first, extent in ((row, part.rows), (col, part.cols))
                ]
                for file, year in zip(files, years, strict=True):
                    codes = states[year - plan.first_year, rows, cols]
                    land_use = consolidate(codes, folder / FILES["land_use"])
                    cover = classes_of(land_use, temperature, precipitation, noise)
                    file["lccs_class"][0, fine[0], fine[1]] = cover[i, j]
    finally:
        for file in files:
            file.close()
