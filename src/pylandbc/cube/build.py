"""Builds a cube (docs/contracts.md) from official product files, or from the synthetic planet's.

The build is a list of stages, each a list of tasks on parts of the cube, so that memory is bounded by a
part, several workers can share the work, and a build that was killed continues where it was. Statistics are
of training years only. The result appears under its final name only when it is complete, and a cube that
was built from the same configuration and inputs is left as it is.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import warnings
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from rich.progress import Progress

from pylandbc import __version__
from pylandbc.cube import build_coarse, build_land, statistics
from pylandbc.cube.checksums import content_digest, write_manifest
from pylandbc.cube.config import CubeConfig
from pylandbc.cube.inputs import InputFile, collect_inputs, read_inputs, write_inputs
from pylandbc.cube.journal import Journal
from pylandbc.cube.layout import (
    CLIMATE_VARIABLES,
    FORMAT,
    FORMAT_VERSION,
    SCENARIO_VARIABLES,
    STATIC_VARIABLES,
    unit,
)
from pylandbc.cube.open import open_cube
from pylandbc.cube.place import locked, partial_path, publish, recover
from pylandbc.cube.storage import Storage, write_region
from pylandbc.cube.tasks import BUILD_VERSION, Outcome, Place, Task, cluster, run_stage, signature_of
from pylandbc.errors import InputError
from pylandbc.legend import LAND_USE, UNKNOWN
from pylandbc.sources.provenance import entry_of

INPUTS = "inputs.json"


def build_cube(
    config: CubeConfig,
    root: Path,
    output: Path | None = None,
    *,
    overwrite: bool = False,
    progress: Progress | None = None,
    workers: int = 1,
    scheduler: str | None = None,
) -> Path:
    """Read all sources and write the cube, or continue a build that was interrupted.

    Parameters
    ----------
    root
        Folder that the configured files are relative to.
    output
        Where to write; the configuration's ``output`` by default.
    overwrite
        Replace a cube that is there, whatever it was built from.
    progress
        Shows the stages where given.
    workers
        Processes of a local dask cluster; 1 builds in this process.
    scheduler
        Address of a dask scheduler whose workers see the same files.

    Returns
    -------
    pathlib.Path
        The finished cube.

    Raises
    ------
    InputError
        From any reader; another build of the same output is running; or the output exists and was built
        from something else.
    """
    path = Path(output) if output is not None else Path(config.output)
    tell = _Teller(progress)
    with locked(path):
        recover(path)
        partial = partial_path(path)
        known = read_inputs(partial / INPUTS) + _inputs_of(path)
        inputs = collect_inputs(config, Path(root), known, lambda done, all_: tell("inputs", done, all_))
        fingerprint = _fingerprint(config, inputs)
        if path.exists() and not overwrite:
            _check_same(path, fingerprint)
            tell(f"{path} is up to date", 1, 1)
            return path
        _prepare(partial, config)
        write_inputs(partial / INPUTS, inputs)
        place = Place(partial.resolve(), config, Path(root).resolve())
        try:
            with cluster(workers, scheduler) as client:
                outcomes = _run(place, inputs, client, tell)
        except InputError as error:
            raise InputError(
                f"{error} (the unfinished build is kept in {partial}; it continues when the cause is mended)"
            ) from error
        _finish(place, inputs, outcomes, fingerprint)
        publish(path)
    tell(str(path), 1, 1)
    return path


class _Teller:
    """One bar, named after the stage."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress
        self._task = progress.add_task("cube") if progress is not None else None

    def __call__(self, stage: str, done: int, total: int) -> None:
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, description=f"cube: {stage}", completed=done, total=total)


def _fingerprint(config: CubeConfig, inputs: dict[str, InputFile]) -> str:
    """Hash of all that the cube depends on."""
    content = config.model_dump(mode="json", exclude={"output"})
    text = json.dumps([BUILD_VERSION, content, {f: i.sha256 for f, i in inputs.items()}], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _inputs_of(path: Path) -> list[dict[str, Any]]:
    """What a finished cube says about its input files."""
    try:
        attributes = dict(zarr.open_group(str(path), mode="r", use_consolidated=False).attrs)
    except (FileNotFoundError, ValueError, KeyError, NotADirectoryError):
        return []
    entries: Any = attributes.get("inputs", [])
    return list(entries)


def _check_same(path: Path, fingerprint: str) -> None:
    """Return if the cube at ``path`` is the one wanted and whole; refuse otherwise."""
    try:
        cube = open_cube(path)
    except InputError as error:
        raise InputError(
            f"{path} exists and is no whole cube ({error}); name another output, or pass --overwrite"
        ) from error
    if cube.fingerprint != fingerprint:
        raise InputError(
            f"{path} exists and was built from another configuration or other input files; "
            "remove it, name another output, or pass --overwrite"
        )


def _prepare(partial: Path, config: CubeConfig) -> None:
    """The unfinished group with its empty arrays; one of another layout is removed first."""
    layout = hashlib.sha256(
        json.dumps(
            [BUILD_VERSION, FORMAT_VERSION, config.model_dump(mode="json", exclude={"output"})["window"],
             config.format, config.shard, config.years(), config.scenario_years(), config.scenario_source]
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
    storage.create(group, "static", (len(STATIC_VARIABLES), *window.shape), "f4", ("static_variable", *grid))
    names = SCENARIO_VARIABLES[config.scenario_source]
    shape = (len(config.scenario_years()), len(names), lat, lon)
    storage.create(group, "scenario", shape, "f4", ("scenario_year", "scenario_variable", *coarse))
    staging = zarr.create_group(str(partial / "staging"), zarr_format=config.format)
    storage.create(staging, build_land.STAGED_LAND_USE, (years, *window.shape), "u1", ("year", *grid))
    storage.create(staging, build_land.STAGED_KNOWN, window.shape, "u1", grid)
    shape = (years, len(SCENARIO_VARIABLES["hilda_fractions"]), lat, lon)
    storage.create(staging, build_coarse.STAGED_FRACTIONS, shape, "f8", ("year", "class", *coarse))
    staging.create_array(
        statistics.STAGED_AREA, shape=(lat, lon), dtype="f8", chunks=(min(build_coarse.BAND // 25, lat), lon),
        config={"write_empty_chunks": True},
    )  # fmt: skip
    stamp.write_text(layout)


def _run(
    place: Place, inputs: dict[str, InputFile], client: Any, tell: Callable[[str, int, int], None]
) -> dict[str, list[Outcome]]:
    """All stages in order; outcomes by stage."""
    config, journal = place.config, Journal(place.folder)
    window, storage = config.window.window(), Storage(config.format, config.shard)
    strips = storage.blocks(window.rows)
    blocks = [(rows, cols) for rows in strips for cols in storage.blocks(window.cols)]
    outcomes: dict[str, list[Outcome]] = {}

    def run(stage: str, tasks: list[Task]) -> str:
        outcomes[stage] = run_stage(tasks, place, journal, client, lambda n, all_: tell(stage, n, all_))
        _require_overlap(outcomes[stage])
        return signature_of(tasks)

    def sums(*files: str | None) -> list[str]:
        return [inputs[file].sha256 for file in files if file is not None]

    base = [config.window.model_dump(), config.format, config.shard]
    years = config.years()
    staged = run("land use", [
        Task(f"land use {year} rows {rows[0]}", build_land.stage_land_use,
             {"file": entry.file, "year": year, "position": years.index(year), "rows": rows},
             [base, sums(entry.file)])
        for entry in config.land_use for year in entry.all_years() for rows in strips
    ])  # fmt: skip
    land = run("land and ocean", [
        Task(f"land {rows[0]} {cols[0]}", build_land.settle_land, {"rows": rows, "cols": cols},
             [base, staged, sums(config.land_mask), config.training_years])
        for rows, cols in blocks
    ])  # fmt: skip
    if not any(outcome.numbers["known_land"] for outcome in outcomes["land and ocean"]):
        raise InputError(
            f"no land-use file has a land class in the window {window}; does it lie where you meant?"
        )
    relief = [*config.elevation, *config.bathymetry]
    static = run("relief", [
        Task(f"relief {rows[0]} {cols[0]}", build_land.write_relief, {"rows": rows, "cols": cols},
             [base, land, len(config.elevation), [e.model_dump() for e in relief],
              sums(*(entry.file for entry in relief))])
        for rows, cols in blocks
    ])  # fmt: skip
    climate = run("climate", [
        Task("climate", build_coarse.write_climate, {},
             [base, config.climate.model_dump(), sums(*config.climate.files)])
    ])  # fmt: skip
    wanted = config.scenario_years()
    if config.scenario is not None:
        file = config.scenario.file
        scenario = run("scenario", [
            Task(f"scenario {year}", build_coarse.write_luh2, {"file": file, "year": year, "position": k},
                 [base, sums(file)])
            for k, year in enumerate(wanted)
        ])  # fmt: skip
    else:
        fractions = run("fractions", [
            Task(f"fractions {year}", build_coarse.stage_fractions, {"position": k}, [base, land])
            for k, year in enumerate(years)
        ])  # fmt: skip
        scenario = run("scenario", [
            Task(f"scenario {year}", build_coarse.interpolate_fractions, {"year": year, "position": k},
                 [base, fractions])
            for k, year in enumerate(wanted)
        ])  # fmt: skip
    areas = run("statistics", [
        Task(f"statistics {rows[0]}", statistics.static_moments,
             {"names": list(STATIC_VARIABLES), "rows": rows}, [base, static, land])
        for rows in build_coarse.bands(window)
    ])  # fmt: skip
    run("coarse statistics", [
        Task("coarse statistics", statistics.coarse_moments, {"scenario_years": wanted},
             [base, areas, climate, scenario, config.training_years])
    ])  # fmt: skip
    return outcomes


def _require_overlap(outcomes: list[Outcome]) -> None:
    """A file that has nothing for any part of the window is a mistake."""
    found = {file for outcome in outcomes for file in outcome.provenance}
    for outcome in outcomes:
        for file, reason in outcome.empty.items():
            if file not in found:
                raise InputError(reason)


def _finish(
    place: Place, inputs: dict[str, InputFile], outcomes: dict[str, list[Outcome]], fingerprint: str
) -> None:
    """Coordinates, attributes, checksums."""
    config, folder = place.config, place.cube
    window, storage = config.window.window(), Storage(config.format, config.shard)
    group = zarr.open_group(str(folder), mode="r+", use_consolidated=False)
    records = [r for stage in outcomes.values() for outcome in stage for r in outcome.files]

    def write(name: str, values: np.ndarray, **attributes: Any) -> None:
        storage.create(group, name, values.shape, values.dtype, (name,), **attributes)
        records.extend(write_region(folder, name, (0,), values))

    write("year", np.array(config.years(), dtype=np.int32))
    write("scenario_year", np.array(config.scenario_years(), dtype=np.int32))
    write("month", np.arange(1, 13, dtype=np.int32))
    north = {"units": "degrees_north", "standard_name": "latitude"}
    east = {"units": "degrees_east", "standard_name": "longitude"}
    write("y", window.latitude, **north)
    write("lat", window.coarse_latitude, **north)
    write("x", window.longitude, **east)
    write("lon", window.coarse_longitude, **east)
    names = SCENARIO_VARIABLES[config.scenario_source]
    text = np.dtypes.StringDType()
    for kind, variables in (
        ("static", STATIC_VARIABLES),
        ("climate", CLIMATE_VARIABLES),
        ("scenario", names),
    ):
        write(f"{kind}_variable", np.array(variables, dtype=text))

    moments: dict[str, statistics.Moments] = {}
    for outcome in (*outcomes["statistics"], *outcomes["coarse statistics"]):
        for name, numbers in outcome.numbers.items():
            part = statistics.Moments(*numbers)
            moments[name] = moments[name].joined(part) if name in moments else part
    summary = {name: m.summary() for name, m in moments.items()} | {"land_mask": {"mean": 0.0, "std": 1.0}}

    provenance: dict[str, dict[str, str]] = {}
    for stage in outcomes.values():
        for outcome in stage:
            for file, attributes in outcome.provenance.items():
                entry = entry_of(attributes, place.root) | {"sha256": inputs[file].sha256}
                provenance.setdefault(file, entry)

    by_array: dict[str, list[dict[str, Any]]] = {}
    for record in records:
        if record["group"] == folder.name:
            by_array.setdefault(record["array"], []).append(record)
    for name, lines in by_array.items():
        write_manifest(folder, name, lines)
    group.attrs.update(
        {
            "window": [window.row, window.col, window.rows, window.cols],
            "scenario_source": config.scenario_source,
            "training_years": sorted(config.training_years),
            "units": {name: unit(name) for name in (*STATIC_VARIABLES, *CLIMATE_VARIABLES, *names)},
            "provenance": list(provenance.values()),
            "statistics": summary,
            "created_by": f"pylandbc {__version__}",
            "fingerprint": fingerprint,
            "inputs": [asdict(entry) for entry in inputs.values()],
            "content_sha256": content_digest(folder, list(by_array)),
            "state": "complete",
        }
    )
    with warnings.catch_warnings():
        # consolidated metadata is an extension that every Zarr v3 reader may ignore
        warnings.filterwarnings("ignore", message=".*[Cc]onsolidated metadata.*")
        zarr.consolidate_metadata(str(folder))
