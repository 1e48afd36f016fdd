"""Builds a cube (docs/contracts.md) from official product files, or from the synthetic planet's.

Every stage is a reader and a rule: HILDA+ decides what is land where it has a class, the land mask
elsewhere; relief comes from the first product that has a value; coarse fields have no gaps (nearest cell).
Statistics are of training years only. The result appears under its final name only when it is complete.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xarray as xr
from rich.progress import Progress

from pylandbc import __version__
from pylandbc.cube.config import CubeConfig, resolve
from pylandbc.cube.fractions import class_fractions, interpolate_years
from pylandbc.cube.layout import (
    CLIMATE_VARIABLES,
    FORMAT,
    FORMAT_VERSION,
    SCENARIO_VARIABLES,
    STATIC_VARIABLES,
    unit,
)
from pylandbc.cube.nearest_fill import fill_nearest
from pylandbc.cube.statistics import cube_statistics
from pylandbc.cube.writer import atomic_group, write_array, write_names
from pylandbc.errors import InputError
from pylandbc.grid.window import Window
from pylandbc.legend import LAND_USE, UNKNOWN
from pylandbc.sources.era5 import annual_means, climatology, read_era5
from pylandbc.sources.etopo import read_etopo
from pylandbc.sources.eurodem import read_eurodem
from pylandbc.sources.gebco import read_gebco
from pylandbc.sources.hilda import read_hilda
from pylandbc.sources.landmask import read_landmask
from pylandbc.sources.luh2 import read_luh2
from pylandbc.sources.provenance import record

RELIEF_READERS = {"gebco": read_gebco, "etopo": read_etopo, "eurodem": read_eurodem}


def build_cube(
    config: CubeConfig,
    root: Path,
    output: Path | None = None,
    *,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Path:
    """Read all sources and write the cube.

    Parameters
    ----------
    root
        Folder that the configured files are relative to.
    output
        Where to write; the configuration's ``output`` by default.
    progress
        Shows the stages where given.

    Returns
    -------
    pathlib.Path
        The finished cube.

    Raises
    ------
    InputError
        From any reader, or the output exists.
    """
    path = Path(output) if output is not None else Path(config.output)
    stages = ["land use", "land mask", "relief", "climate", "scenario", "writing"]
    task = progress.add_task("cube", total=len(stages)) if progress is not None else None

    def stage(name: str) -> None:
        if progress is not None and task is not None:
            progress.update(task, completed=stages.index(name), description=f"cube: {name}")

    window = config.window.window()
    provenance: list[dict[str, str]] = []
    with atomic_group(path, overwrite=overwrite) as group:
        stage("land use")
        years = np.array(config.years(), dtype=np.int32)
        land_use = _land_use(config, root, window, provenance)
        stage("land mask")
        land_mask = _settle_land(config, root, window, land_use, provenance)
        stage("relief")
        static = _static(config, root, window, land_mask, provenance)
        stage("climate")
        annual, monthly = _climate(config, root, window, provenance)
        stage("scenario")
        scenario_years, scenario = _scenario(config, root, window, years, land_use, provenance)

        stage("writing")
        training = (scenario_years >= min(config.training_years)) & (
            scenario_years <= max(config.training_years)
        )
        known = (land_use[np.isin(years, config.training_years)] != UNKNOWN).any(axis=0) & land_mask.astype(
            bool
        )
        names = SCENARIO_VARIABLES[config.scenario_source]
        statistics = cube_statistics(
            dict(zip(STATIC_VARIABLES, static, strict=True)),
            {name: _training_climate(annual, name, config.training_years) for name in CLIMATE_VARIABLES},
            {name: scenario[training, k] for k, name in enumerate(names)},
            known,
            window,
        )
        grid = ("y", "x")
        write_array(
            group, "land_use", land_use, ("year", *grid), flag_values=list(range(len(LAND_USE))),
            flag_meanings=" ".join(LAND_USE.names), unknown=UNKNOWN,
        )  # fmt: skip
        write_array(group, "static", static, ("static_variable", *grid))
        coarse = ("lat", "lon")
        write_array(group, "scenario", scenario, ("scenario_year", "scenario_variable", *coarse))
        stack = np.stack([annual[name].values for name in CLIMATE_VARIABLES], axis=1)
        write_array(group, "climate", stack, ("climate_year", "climate_variable", *coarse))
        stack = np.stack([monthly[name].values for name in CLIMATE_VARIABLES], axis=1)
        write_array(group, "climatology", stack, ("month", "climate_variable", *coarse))
        write_array(group, "year", years, ("year",))
        write_array(group, "scenario_year", scenario_years.astype(np.int32), ("scenario_year",))
        write_array(group, "climate_year", annual["year"].values.astype(np.int32), ("climate_year",))
        write_array(group, "month", np.arange(1, 13, dtype=np.int32), ("month",))
        for name, values in (("y", window.latitude), ("lat", window.coarse_latitude)):
            write_array(group, name, values, (name,), units="degrees_north", standard_name="latitude")
        for name, values in (("x", window.longitude), ("lon", window.coarse_longitude)):
            write_array(group, name, values, (name,), units="degrees_east", standard_name="longitude")
        write_names(group, "static_variable", STATIC_VARIABLES)
        write_names(group, "climate_variable", CLIMATE_VARIABLES)
        write_names(group, "scenario_variable", names)
        group.attrs.update(
            {
                "format": FORMAT,
                "format_version": FORMAT_VERSION,
                "window": [window.row, window.col, window.rows, window.cols],
                "scenario_source": config.scenario_source,
                "training_years": sorted(config.training_years),
                "units": {name: unit(name) for name in (*STATIC_VARIABLES, *CLIMATE_VARIABLES, *names)},
                "provenance": provenance,
                "statistics": statistics,
                "created_by": f"pylandbc {__version__}",
            }
        )
    if progress is not None and task is not None:
        progress.update(task, completed=len(stages), description=f"cube: {path}")
    return path


def _land_use(config: CubeConfig, root: Path, window: Window, provenance: list[dict[str, str]]) -> np.ndarray:
    """All maps in ascending order of year, uint8 (year, rows, cols)."""
    maps: dict[int, np.ndarray] = {}
    for entry in config.land_use:
        dataset = read_hilda(resolve(entry.file, root), window, entry.all_years())
        maps.update({int(y): dataset["land_use"].sel(year=y).values for y in dataset["year"].values})
        provenance.append(record(dataset, root))
    return np.stack([maps[year] for year in sorted(maps)])


def _settle_land(
    config: CubeConfig, root: Path, window: Window, land_use: np.ndarray, provenance: list[dict[str, str]]
) -> np.ndarray:
    """Decide land and ocean, and change ``land_use`` in place so that both agree; returns the mask, uint8.

    HILDA+ wins where it has a class. Where it has none in any year, the land mask decides: ocean becomes
    class 0, land stays unknown. Without a land mask such pixels are taken as land, and stay unknown.
    """
    known_land = ((land_use > 0) & (land_use != UNKNOWN)).any(axis=0)
    known_ocean = (land_use == 0).any(axis=0) & ~known_land
    if config.land_mask is not None:
        dataset = read_landmask(resolve(config.land_mask, root), window)
        provenance.append(record(dataset, root))
        other = dataset["land_mask"].values.astype(bool)
    else:
        other = np.ones(window.shape, dtype=bool)
    land = known_land | (other & ~known_ocean)
    if not known_land.any():
        raise InputError(
            f"no land-use file has a land class in the window {window}; does it lie where you meant?"
        )
    for single in land_use:
        single[~land] = 0
        # the coast does not move: a pixel that is land in another year is unknown in this one
        single[land & (single == 0)] = UNKNOWN
    return land.astype(np.uint8)


def _static(
    config: CubeConfig, root: Path, window: Window, land_mask: np.ndarray, provenance: list[dict[str, str]]
) -> np.ndarray:
    """Elevation on land, depth on ocean, the mask: float32 (3, rows, cols). What no product covers is 0."""
    read: dict[Path, xr.Dataset] = {}
    fields = {}
    for name, entries in (("elevation", config.elevation), ("bathymetry", config.bathymetry)):
        field = np.full(window.shape, np.nan, dtype=np.float32)
        for entry in entries:
            path = resolve(entry.file, root)
            if path not in read:
                read[path] = RELIEF_READERS[entry.product](path, window)
                provenance.append(record(read[path], root))
            field = np.where(np.isnan(field), read[path][name].values, field)
        fields[name] = np.nan_to_num(field, nan=0.0)
    land = land_mask.astype(bool)
    elevation = np.where(land, fields["elevation"], 0.0)
    bathymetry = np.where(land, 0.0, fields["bathymetry"])
    return np.stack([elevation, bathymetry, land_mask]).astype(np.float32)


def _climate(
    config: CubeConfig, root: Path, window: Window, provenance: list[dict[str, str]]
) -> tuple[xr.Dataset, xr.Dataset]:
    """Annual means (year, lat, lon) and climatology (month, lat, lon), without gaps."""
    paths = [resolve(file, root) for file in config.climate.files]
    dataset = read_era5(paths, window, config.climate.period)
    for path in paths:
        provenance.append(record(dataset.assign_attrs(file=str(path)), root))
    results = []
    for means in (annual_means(dataset), climatology(dataset)):
        axis = "year" if "year" in means.dims else "month"
        filled = means.transpose(axis, "lat", "lon")
        for name in CLIMATE_VARIABLES:
            layers = [fill_nearest(layer, window, name) for layer in filled[name].values]
            filled[name] = ((axis, "lat", "lon"), np.stack(layers).astype(np.float32))
        results.append(filled)
    return results[0], results[1]


def _training_climate(annual: xr.Dataset, name: str, training_years: list[int]) -> np.ndarray:
    """Annual means of the training years; the whole of a climatology, which belongs to no single year."""
    years = annual["year"].values
    chosen = (years >= min(training_years)) & (years <= max(training_years))
    return annual[name].values[chosen] if len(years) > 1 and chosen.any() else annual[name].values


def _scenario(
    config: CubeConfig,
    root: Path,
    window: Window,
    years: np.ndarray,
    land_use: np.ndarray,
    provenance: list[dict[str, str]],
) -> tuple[np.ndarray, np.ndarray]:
    """Years without gaps and the coarse fields, float32 (year, variable, lat, lon)."""
    names = SCENARIO_VARIABLES[config.scenario_source]
    if config.scenario is not None:
        wanted = np.arange(config.scenario.first_year, config.scenario.last_year + 1)
        dataset = read_luh2(resolve(config.scenario.file, root), window, wanted.tolist())
        provenance.append(record(dataset, root))
        values = np.stack([dataset[name].values for name in names], axis=1).astype(np.float64)
    else:
        wanted = np.arange(years[0], years[-1] + 1)
        values = np.stack([class_fractions(single, window) for single in land_use])
    filled = np.stack(
        [
            np.stack([fill_nearest(field, window, name) for field, name in zip(year, names, strict=True)])
            for year in values
        ]
    )
    if config.scenario is None:
        filled = interpolate_years(filled, years, wanted)
    return wanted, filled.astype(np.float32)
