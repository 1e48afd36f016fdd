"""Building a global set of overlap weights, strip by strip, alone or shared by several processes.

Memory holds one strip, never the planet. A strip that is there already is left alone, so that a build that
was stopped goes on where it was. Parts (ranks of an MPI job, or ``part=(k, n)``) take every n-th strip; a
strip does not depend on who computes it, so that n parts write the files, byte for byte, that one writes.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

from pylandbc.errors import InputError
from pylandbc.grid.engines import find_engine
from pylandbc.grid.formats import gaussian, named
from pylandbc.grid.formats.opening import open_mesh
from pylandbc.grid.mesh import Mesh
from pylandbc.grid.weight_store import WeightStore
from pylandbc.grid.weight_strip import compute_strip, write_strip
from pylandbc.grid.window import COLS, Rectangle

_RANKS = (
    ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"),
    ("PMIX_RANK", "PMIX_SIZE"),
    ("PMI_RANK", "PMI_SIZE"),
    ("MV2_COMM_WORLD_RANK", "MV2_COMM_WORLD_SIZE"),
    ("SLURM_PROCID", "SLURM_STEP_NUM_TASKS"),
)
"""A batch script has SLURM's other variables too, but is no rank: only ``srun`` counts a step's tasks."""


def rank_and_size() -> tuple[int, int]:
    """This process's rank and their number, as MPI's launchers tell them; (0, 1) where none does."""
    for rank, size in _RANKS:
        if rank in os.environ and size in os.environ:
            return int(os.environ[rank]), int(os.environ[size])
    return 0, 1


def build_store(
    path: str | Path,
    mesh: str | Path,
    tiles: np.ndarray,
    engine: str = "exact",
    *,
    partial: bool = False,
    part: tuple[int, int] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> WeightStore:
    """Compute the weights of all tiles wanted, or go on doing so.

    Parameters
    ----------
    path
        Directory, made if need be.
    mesh
        Name or file of a mesh (`formats.opening.open_mesh`). The cells of ``healpix`` and ``icosahedral``
        meshes are made strip by strip; others are held whole.
    tiles
        Which tiles, bool (18000 / size, 36000 / size).
    engine
        Engine of the weights.
    partial
        Allow pixels that the mesh does not wholly cover (a mesh of land cells, say).
    part
        Which part of the strips to compute, ``(k, n)`` with k = 0 ... n-1; as `rank_and_size` by default.
    progress
        Called with the number of strips done and of all strips of this part.

    Raises
    ------
    InputError
        If the directory holds another set, the mesh does not cover the tiles, or the engine is absent.
    """
    k, n = rank_and_size() if part is None else part
    if not 0 <= k < n:
        raise InputError(f"part {k} of {n} does not exist; parts are numbered 0 ... {n - 1}")
    source = _Source(mesh)
    store = _describe(Path(path), source, tiles, engine, partial)
    rows = store.strips()[k::n]
    if progress:
        progress(0, len(rows))
    for done, row in enumerate(rows, start=1):
        if not store.has(row):
            wanted = np.flatnonzero(store.tiles[row // store.size])
            cells = source.near(Rectangle(row, 0, store.size, COLS))
            strip = compute_strip(cells, row, store.size, wanted, find_engine(engine, cells), partial)
            write_strip(store.strip_path(row), strip, store.signature)
        if progress:
            progress(done, len(rows))
    return store


class _Source:
    """Where the cells near a strip come from."""

    def __init__(self, name: str | Path) -> None:
        self.name = str(name)
        self._whole: Mesh | None = None
        if named.is_name(self.name):
            self.description: dict[str, object] = {"name": self.name.lower()}
        else:
            self._whole = open_mesh(name)
            known = self.name if gaussian.is_name(self.name) else Path(name).name
            self.description = {
                "name": known,
                "cells": len(self._whole),
                "fingerprint": self._whole.fingerprint,
            }

    def near(self, window: Rectangle) -> Mesh:
        """The cells near a window."""
        if self._whole is None:
            return named.named_mesh(self.name, window)
        return self._whole.near(window)

    def sample(self) -> Mesh:
        """Some cells, to choose an engine by."""
        return self._whole or self.near(Rectangle(0, 0, 25, 25))


def _describe(path: Path, source: _Source, tiles: np.ndarray, engine: str, partial: bool) -> WeightStore:
    """The set to build; it must be the one in the directory, if that holds any."""
    version = find_engine(engine, source.sample()).version()
    store = WeightStore(path, source.description, version, np.asarray(tiles, dtype=bool), partial)
    if not store.tiles.any():
        raise InputError("no tile is wanted; is the land mask all ocean?")
    if (path / "weights.json").exists():
        found = WeightStore.open(path)
        if found.signature != store.signature:
            raise InputError(
                f"{path} holds weights of {found.mesh} by {found.engine} for {found.tiles.sum()} tiles of "
                f"{found.size} pixels, not of {store.mesh} by {store.engine} for {store.tiles.sum()} tiles "
                f"of {store.size}; choose another directory or remove that one"
            )
    elif path.exists() and any(entry for entry in path.iterdir() if not entry.name.startswith(".")):
        raise InputError(f"{path} is no set of overlap weights and not empty; choose another directory")
    store.write_description()
    return store
