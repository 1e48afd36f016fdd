"""The empty arrays of a build: those that every cube has, and those that its configuration asks for.

The former are made at the start, a build of another layout being removed first; the latter when their stage
begins, because their time axes are only known from the files.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from pathlib import Path

import zarr

from pylandbc.cube import build_coarse, build_land, build_land_cover, build_layers, statistics
from pylandbc.cube.categories import categories_of
from pylandbc.cube.config import CubeConfig
from pylandbc.cube.layout import FORMAT, FORMAT_VERSION, SCENARIO_VARIABLES
from pylandbc.cube.storage import Storage
from pylandbc.cube.tasks import BUILD_VERSION, Place
from pylandbc.cube.vegetation import NO_VALUE, VEGETATION
from pylandbc.legend import LAND_COVER_CLASSES, LAND_COVER_GLOBAL, LAND_USE, TRANSITIONS, UNKNOWN


def prepare(partial: Path, config: CubeConfig) -> None:
    """The unfinished group with its empty arrays; one of another layout is removed first."""
    layout = hashlib.sha256(
        json.dumps(
            [BUILD_VERSION, FORMAT_VERSION, config.model_dump(mode="json", exclude={"output"})["window"],
             config.format, config.shard, config.years(), config.scenario_years(), config.scenario_source,
             config.static_names()]
        ).encode()
    ).hexdigest()  # fmt: skip
    stamp = partial / "layout.txt"
    if stamp.is_file() and stamp.read_text() == layout:
        return
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    window, storage = config.window.window(), Storage(config.format, config.shard)
    group = zarr.create_group(str(partial / "cube"), zarr_format=config.format)
    group.attrs.update({"format": FORMAT, "format_version": FORMAT_VERSION, "state": "unfinished"})
    years, (lat, lon) = len(config.years()), window.coarse_shape
    grid, coarse = ("y", "x"), ("lat", "lon")
    storage.create(
        group, "land_use", (years, *window.shape), "u1", ("year", *grid), flag_values=LAND_USE.codes,
        flag_meanings=" ".join(LAND_USE.names), unknown=UNKNOWN,
    )  # fmt: skip
    storage.create(
        group, "static", (len(config.static_names()), *window.shape), "f4", ("static_variable", *grid)
    )
    names = SCENARIO_VARIABLES[config.scenario_source]
    shape = (len(config.scenario_years()), len(names), lat, lon)
    storage.create(group, "scenario", shape, "f4", ("scenario_year", "scenario_variable", *coarse))
    staging = zarr.create_group(str(partial / "staging"), zarr_format=config.format)
    storage.create(staging, build_land.STAGED_LAND_USE, (years, *window.shape), "u1", ("year", *grid))
    storage.create(staging, build_land.STAGED_KNOWN, window.shape, "u1", grid)
    shape = (years, len(SCENARIO_VARIABLES["hilda_fractions"]), lat, lon)
    storage.create(staging, build_coarse.STAGED_FRACTIONS, shape, "f8", ("year", "class", *coarse))
    if config.scenario_source == "hilda_transitions":
        shape = (years, len(TRANSITIONS), lat, lon)
        storage.create(staging, build_coarse.STAGED_TRANSITIONS, shape, "f8", ("year", "transition", *coarse))
    staging.create_array(
        statistics.STAGED_AREA, shape=(lat, lon), dtype="f8", chunks=(min(build_coarse.BAND // 25, lat), lon),
        config={"write_empty_chunks": True},
    )  # fmt: skip
    stamp.write_text(layout)


def open_groups(place: Place) -> tuple[zarr.Group, zarr.Group]:
    """The unfinished cube and what only the build needs."""
    return (
        zarr.open_group(str(place.cube), mode="r+", use_consolidated=False),
        zarr.open_group(str(place.staging), mode="r+", use_consolidated=False),
    )


def ensure_categories(place: Place) -> None:
    """``categories``, where there are any."""
    config = place.config
    count = len(categories_of(config))
    if count:
        shape = (count, *config.window.window().shape)
        storage = Storage(config.format, config.shard)
        storage.ensure(open_groups(place)[0], build_layers.CATEGORIES, shape, "u1", ("category", "y", "x"))


def ensure_land_cover(place: Place) -> None:
    """``land_cover`` and, where wanted, ``land_cover_fraction``."""
    config = place.config
    assert config.land_cover is not None
    years, grid, storage = (
        len(config.land_cover.all_years()),
        config.window.window().shape,
        Storage(config.format, config.shard),
    )
    group = open_groups(place)[0]
    storage.ensure(
        group, build_land_cover.LAND_COVER, (years, *grid), "u1", (build_land_cover.YEAR, "y", "x"),
        flag_values=LAND_COVER_CLASSES.codes, unknown=UNKNOWN,
        flag_meanings=" ".join(re.sub(r"\W+", "_", name).strip("_") for name in LAND_COVER_CLASSES.names),
        esa_codes=[0, *LAND_COVER_GLOBAL.codes],
    )  # fmt: skip
    if config.land_cover.fractions:
        storage.ensure(
            group, build_land_cover.FRACTIONS, (years, len(LAND_COVER_GLOBAL), *grid), "u1",
            (build_land_cover.YEAR, build_land_cover.CLASS, "y", "x"),
            scale_factor=1 / build_land_cover.STEPS, missing_value=UNKNOWN,
        )  # fmt: skip


def ensure_vegetation(place: Place, variable: str, step: str, ends: list[str]) -> None:
    """The packed series of a variable and its quality, with their time axis."""
    config, group = place.config, open_groups(place)[0]
    storage, entry = Storage(config.format, config.shard), VEGETATION[variable]
    shape, axis = (len(ends), *config.window.window().shape), f"{variable}_time"
    named = {"standard_name": entry.standard_name} if entry.standard_name else {}
    storage.ensure(
        group, variable, shape, "u2", (axis, "y", "x"), scale_factor=entry.scale, add_offset=entry.offset,
        missing_value=NO_VALUE, units=entry.units, step=step, **named,
    )  # fmt: skip
    storage.ensure(
        group, f"{variable}_quality", shape, "u1", (axis, "y", "x"), flag_values=[0, 1, 2],
        flag_meanings="missing filled observed",
    )  # fmt: skip
