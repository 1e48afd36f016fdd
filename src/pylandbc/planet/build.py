"""Builds a synthetic planet: a folder of files in the official layouts, with a known truth.

Everything is a function of place, year and seed; only the land-use history depends on its first year too, and
nothing on the window. Tile by tile, hence the whole is never in memory. Same plan: the same bytes of data.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
from rich.progress import Progress

from pylandbc.errors import InputError
from pylandbc.grid.window import Window
from pylandbc.planet.attainable import write_attainable
from pylandbc.planet.climate import REFERENCE_YEAR, monthly_climate
from pylandbc.planet.files import Era5Writer, write_gebco
from pylandbc.planet.geography import tiles
from pylandbc.planet.noise import sphere_points
from pylandbc.planet.plan import UK_WINDOW, Plan
from pylandbc.planet.products import PRODUCT_WRITERS
from pylandbc.planet.terrain import relief
from pylandbc.planet.tile_writer import FILES, LandUseFiles

RELIEF_STEP = 1 / 240
"""15 arc-seconds, GEBCO's spacing in degrees."""

Advance = Callable[[float, str], None]

__all__ = ["FILES", "UK_WINDOW", "build_planet"]


def build_planet(
    folder: Path,
    *,
    window: Window = UK_WINDOW,
    first_year: int = 1990,
    years: int = 30,
    seed: int = 1,
    overwrite: bool = False,
    progress: Progress | None = None,
    **options: object,
) -> Path:
    """Write a planet.

    Parameters
    ----------
    folder
        Appears only when complete.
    first_year, years
        The land-use history.
    options
        The rest of :class:`pylandbc.planet.plan.Plan`: products, scenarios, flicker, bias ...

    Raises
    ------
    InputError
        The folder exists, the plan is impossible, or the window holds no land with this seed.
    """
    folder = Path(folder)
    if folder.exists() and not overwrite:
        raise InputError(f"{folder} exists; remove it, name another folder, or pass --overwrite")
    plan = Plan(window, first_year, years, seed, **options)  # type: ignore[arg-type]
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        _write(partial, plan, progress)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    if folder.exists():
        shutil.rmtree(folder)
    partial.rename(folder)
    return folder


def _write(folder: Path, plan: Plan, progress: Progress | None) -> None:
    parts = list(tiles(plan.window))
    total = float(2 * len(parts) + len(plan.products))
    task = progress.add_task("planet: relief", total=total) if progress is not None else None

    def advance(amount: float, description: str) -> None:
        if progress is not None and task is not None:
            progress.update(task, advance=amount, description=f"planet: {description}")

    if not _has_land(plan):
        raise InputError(
            f"the planet of seed {plan.seed} has no land in the window {plan.window}; "
            "choose another seed or window"
        )
    plan.write(folder)
    _write_relief(folder, plan, advance, len(parts))
    _write_climate(folder, plan)
    files = LandUseFiles(folder, plan)
    try:
        for number, part in enumerate(parts, 1):
            files.write(part)
            advance(1.0, f"land use, tile {number} of {len(parts)}")
    finally:
        files.close()
    (folder / "truth.json").write_text(json.dumps(files.truth(), indent=2) + "\n", encoding="utf-8")
    write_attainable(folder / "attainable.json", files.attainable.result())
    for product in plan.products:
        if product in PRODUCT_WRITERS:
            PRODUCT_WRITERS[product](folder, plan, lambda text: advance(0.0, text))
        advance(1.0, product.replace("_", " "))


def _has_land(plan: Plan) -> bool:
    """Whether any pixel of the window is land; every tile is asked on a coarse lattice first."""
    return any(
        (_heights(part, plan.seed, every) > 0).any() for every in (5, 1) for part in tiles(plan.window)
    )


def _heights(part: Window, seed: int, every: int) -> np.ndarray:
    return relief(sphere_points(part.latitude[::every], part.longitude[::every]), seed)


def _write_relief(folder: Path, plan: Plan, advance: Advance, share: int) -> None:
    """Relief at 15 arc-seconds over the window, strip by strip."""
    window = plan.window
    per_cell = round(0.25 / RELIEF_STEP)
    lat, lon = (n * per_cell for n in window.coarse_shape)
    latitude = window.north - (np.arange(lat) + 0.5) * RELIEF_STEP
    longitude = window.west + (np.arange(lon) + 0.5) * RELIEF_STEP

    def strip(rows: slice) -> np.ndarray:
        advance(share * (rows.stop - rows.start) / lat, "relief")
        return relief(sphere_points(latitude[rows], longitude), plan.seed)

    write_gebco(folder / FILES["relief"], latitude, longitude, strip, plan.seed)


def _write_climate(folder: Path, plan: Plan) -> None:
    """Mean months at ERA5's grid points, multiples of 0.25 degree, from edge to edge of the window."""
    lat, lon = plan.window.coarse_shape
    latitude = plan.window.north - np.arange(lat + 1) * 0.25
    longitude = plan.window.west + np.arange(lon + 1) * 0.25
    points = sphere_points(latitude, longitude)
    temperature, precipitation = monthly_climate(points, relief(points, plan.seed, octaves=3), plan.seed)
    # ERA5's monthly means of accumulations are in m per day
    daily = precipitation * 86400.0 / 1000.0
    for key, name, kind, units, values in (
        ("temperature", "t2m", "avgua", "K", temperature),
        ("precipitation", "tp", "avgad", "m", daily),
    ):
        file = Era5Writer(folder / FILES[key], name, kind, units, latitude, longitude, plan.seed)
        file.write(REFERENCE_YEAR, values)
        file.close()
