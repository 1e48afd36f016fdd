"""Builds a cube (docs/contracts.md) from official product files, or from the synthetic planet's.

The build is a list of stages, each a list of tasks on parts of the cube, so that memory is bounded by a
part, several workers can share the work, and a build that was killed continues where it was. Statistics are
of training years only. The result appears under its final name only when it is complete, and a cube that
was built from the same configuration and inputs is left as it is.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import zarr
from rich.progress import Progress

from pylandbc.cube.arrays import prepare
from pylandbc.cube.config import CubeConfig
from pylandbc.cube.expand import expand
from pylandbc.cube.finish import finish
from pylandbc.cube.inputs import InputFile, collect_inputs, read_inputs, write_inputs
from pylandbc.cube.open import open_cube
from pylandbc.cube.place import locked, partial_path, publish, recover
from pylandbc.cube.stages import run_stages
from pylandbc.cube.tasks import CONTENT_VERSION, Place, cluster
from pylandbc.errors import InputError

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
    config = expand(config, Path(root))
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
        prepare(partial, config)
        write_inputs(partial / INPUTS, inputs)
        place = Place(partial.resolve(), config, Path(root).resolve())
        try:
            with cluster(workers, scheduler) as client:
                outcomes = run_stages(place, inputs, client, tell)
            finish(place, inputs, outcomes, fingerprint)
        except InputError as error:
            raise InputError(
                f"{error} (the unfinished build is kept in {partial}; it continues when the cause is mended)"
            ) from error
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
    text = json.dumps(
        [CONTENT_VERSION, config.identity(), {f: i.sha256 for f, i in inputs.items()}], sort_keys=True
    )
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
