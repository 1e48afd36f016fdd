"""Builds a synthetic planet: a folder of files in the official layouts, with a known truth.

Relief, climate and suitability depend on place and seed alone; the land-use history also on the window,
because cells at its edge have no neighbours beyond it. Same seed, window and years: the same bytes of data.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
from rich.progress import Progress

from pylandbc.errors import InputError
from pylandbc.grid.window import Window
from pylandbc.planet.allocation import from_blocks
from pylandbc.planet.climate import annual_precipitation, annual_temperature, monthly_climate
from pylandbc.planet.files import HildaWriter, Luh2Writer, write_era5, write_gebco, write_luh2_static
from pylandbc.planet.land_use import first_map, history
from pylandbc.planet.luh2_states import fixed_shares, luh2_fields
from pylandbc.planet.noise import sphere_points
from pylandbc.planet.suitability import suitability
from pylandbc.planet.terrain import inland_water, relief

UK_WINDOW = Window(2900, 16600, 1150, 1625)
"""The window of the real United Kingdom cube (14 W ... 2.25 E, 49.5 ... 61 N)."""
CLIMATE_YEAR = 2000
"""Nominal year of the climatology's time axis."""
RELIEF_STEP = 1 / 240
"""15 arc-seconds, GEBCO's spacing in degrees."""

FILES = {
    "land_use": "hilda_states.nc",
    "relief": "gebco.nc",
    "temperature": "era5_data_stream-moda_stepType-avgua.nc",
    "precipitation": "era5_data_stream-moda_stepType-avgad.nc",
    "states": "states.nc",
    "static": "staticData_quarterdeg.nc",
}
"""Names of the files in the planet's folder."""


def build_planet(
    folder: Path,
    *,
    window: Window = UK_WINDOW,
    first_year: int = 1990,
    years: int = 30,
    seed: int = 1,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Path:
    """Write a planet.

    Parameters
    ----------
    folder
        Appears only when complete.
    first_year, years
        The land-use history.

    Raises
    ------
    InputError
        The folder exists, no years were asked for, or the window holds no land with this seed.
    """
    folder = Path(folder)
    if folder.exists() and not overwrite:
        raise InputError(f"{folder} exists; remove it, name another folder, or pass --overwrite")
    if years < 1 or first_year < 851:
        raise InputError(
            f"a planet needs at least one year and starts after 850; got {years} from {first_year}"
        )
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        _write(partial, window, first_year, years, seed, progress)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    if folder.exists():
        shutil.rmtree(folder)
    partial.rename(folder)
    return folder


def _write(
    folder: Path, window: Window, first_year: int, years: int, seed: int, progress: Progress | None
) -> None:
    task = progress.add_task("planet: relief", total=years + 10) if progress is not None else None

    def advance(amount: int, description: str) -> None:
        if progress is not None and task is not None:
            progress.update(task, advance=amount, description=f"planet: {description}")

    points = sphere_points(window.latitude, window.longitude)
    height = relief(points, seed)
    land = height > 0
    if not land.any():
        raise InputError(
            f"the planet of seed {seed} has no land in the window {window}; choose another seed or window"
        )
    advance(2, "relief")
    _write_relief(folder, window, seed)
    advance(3, "climate")
    _write_climate(folder, window, seed)
    advance(1, "suitability")
    temperature = annual_temperature(points, height, seed)
    precipitation = annual_precipitation(points, height, seed)
    down, right = np.gradient(np.maximum(height, 0))
    scores = suitability(points, height, temperature, precipitation, np.hypot(down, right), seed)
    water = inland_water(points, height, seed)
    initial = first_map(land, water, scores)
    forest_code = np.where(temperature < 280.5, 41, np.where(temperature < 283.5, 45, 44)).astype(np.int16)
    del points
    coarse = sphere_points(window.coarse_latitude, window.coarse_longitude)
    coarse_temperature = annual_temperature(coarse, np.zeros(coarse.shape[1:]), seed)
    shares = fixed_shares(coarse, coarse_temperature, seed)
    advance(4, "land use")

    hilda = HildaWriter(folder / FILES["land_use"], window, first_year, years, seed)
    luh2 = Luh2Writer(folder / FILES["states"], window, first_year, years, seed)
    codes = np.array([0, 11, 22, 33, 0, 55, 66, 77], dtype=np.int16)
    try:
        for position, state in enumerate(history(window, initial, scores, first_year, years, seed)):
            classes = from_blocks(state.classes, window.shape)
            hilda.write(position, np.where(classes == 4, forest_code, codes[classes]))
            fields = luh2_fields(state, shares)
            luh2.write(position, fields)
            if position == 0:
                write_luh2_static(folder / FILES["static"], window, fields["icwtr"], seed)
            advance(1, f"land use {state.year}")
    finally:
        hilda.close()
        luh2.close()


def _write_relief(folder: Path, window: Window, seed: int) -> None:
    """Relief at 15 arc-seconds over the window."""
    per_cell = round(0.25 / RELIEF_STEP)
    lat, lon = (n * per_cell for n in window.coarse_shape)
    latitude = window.north - (np.arange(lat) + 0.5) * RELIEF_STEP
    longitude = window.west + (np.arange(lon) + 0.5) * RELIEF_STEP
    height = relief(sphere_points(latitude, longitude), seed)
    write_gebco(folder / FILES["relief"], latitude, longitude, height, seed)


def _write_climate(folder: Path, window: Window, seed: int) -> None:
    """Monthly means at ERA5's grid points, multiples of 0.25 degree, from edge to edge of the window."""
    lat, lon = window.coarse_shape
    latitude = window.north - np.arange(lat + 1) * 0.25
    longitude = window.west + np.arange(lon + 1) * 0.25
    points = sphere_points(latitude, longitude)
    temperature, precipitation = monthly_climate(points, relief(points, seed, octaves=3), seed)
    write_era5(
        folder / FILES["temperature"],
        "t2m",
        "avgua",
        "K",
        latitude,
        longitude,
        CLIMATE_YEAR,
        temperature,
        seed,
    )
    # ERA5's monthly means of accumulations are in m per day
    daily = precipitation * 86400.0 / 1000.0
    write_era5(
        folder / FILES["precipitation"], "tp", "avgad", "m", latitude, longitude, CLIMATE_YEAR, daily, seed
    )
