"""Areas of overlap between mesh cells and pixels: one set serves both directions of regridding.

``A[i, j]`` is the area that cell i and pixel j share. Mesh to grid uses ``A[i, j] / sum_i A[i, j]``, grid to
mesh ``A[i, j] / sum_j A[i, j]``: the integral of a field is the same on both sides by construction. The
areas of a covered pixel sum to its exact strip area. Pixels inside one cell are found exactly
(``interior``); only those on a boundary are clipped, by the engine. Results are cached under the user's
cache folder by mesh, window, engine and version.
"""

from __future__ import annotations

import hashlib
import os
import zipfile
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from pylandbc.errors import InputError
from pylandbc.grid.engines import Engine, find_engine, finds_interior
from pylandbc.grid.interior import interior_owner
from pylandbc.grid.mesh import Mesh
from pylandbc.grid.native import kernels
from pylandbc.grid.window import Rectangle
from pylandbc.progress import TellShare
from pylandbc.whole_file import whole_file

COVERED = 1e-4
"""A pixel is covered where the engine's fractions sum to one within this. YAC's sums are off by up to 4e-9,
and by a few 1e-6 where it drops a sliver at a cell's corner.
"""
_ALGORITHM = 1
"""Raised when the areas for the same mesh, window and engine change: old cache files are then unused."""


@dataclass(frozen=True, eq=False)
class OverlapSet:
    """The overlaps of a mesh with a window, sorted by pixel, then cell.

    Parameters
    ----------
    pixel
        Index in the window, ``row * cols + col`` (n,), int32, ascending.
    cell
        0-based position in the mesh (n,), int32.
    area
        m2 (n,).
    pixel_count, cell_count
        Number of pixels of the window and of cells of the mesh.
    engine
        Name and version of the engine, e.g. ``yac 3.21.0``.
    """

    pixel: np.ndarray
    cell: np.ndarray
    area: np.ndarray
    pixel_count: int
    cell_count: int
    engine: str

    def __len__(self) -> int:
        return len(self.area)

    @cached_property
    def matrix(self) -> sparse.csr_array:
        """``A`` as (pixels, cells), m2."""
        start = np.searchsorted(self.pixel, np.arange(self.pixel_count + 1))
        return sparse.csr_array((self.area, self.cell, start), shape=(self.pixel_count, self.cell_count))

    @cached_property
    def cell_area(self) -> np.ndarray:
        """Area of each cell inside the window, m2 (cells,)."""
        return self._scatter.apply(np.ones((self.pixel_count, 1)))[:, 0]

    @cached_property
    def pixel_area(self) -> np.ndarray:
        """Area of each pixel inside the mesh, m2 (pixels,)."""
        return np.bincount(self.pixel, self.area, self.pixel_count)

    def to_grid(self, values: np.ndarray) -> np.ndarray:
        """Mesh to pixels, first-order conservative; NaN where no cell is.

        Parameters
        ----------
        values
            Per cell, (cells,) or (cells, fields).

        Returns
        -------
        numpy.ndarray
            Double precision, (pixels,) or (pixels, fields).
        """
        fields = _fields(values, self.cell_count)
        return self._gather.apply(fields).reshape(self.pixel_count, *np.shape(values)[1:])

    def to_mesh(self, values: np.ndarray) -> np.ndarray:
        """Pixels to mesh, first-order conservative over the part of a cell inside the window.

        Parameters
        ----------
        values
            Per pixel, (pixels,) or (pixels, fields).

        Returns
        -------
        numpy.ndarray
            Double precision, (cells,) or (cells, fields); NaN for cells outside the window.
        """
        total = self._scatter.apply(_fields(values, self.pixel_count))
        area = np.where(self.cell_area > 0, self.cell_area, np.nan)
        return (total / area[:, None]).reshape(self.cell_count, *np.shape(values)[1:])

    @cached_property
    def _gather(self) -> Any:
        """Mesh to pixels, ready to be applied."""
        return kernels().Gather(*self._arrays(), self.pixel_count, self.cell_count)

    @cached_property
    def _scatter(self) -> Any:
        """Pixels to mesh, ready to be applied."""
        return kernels().Scatter(*self._arrays(), self.pixel_count, self.cell_count)

    def _arrays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return (
            np.ascontiguousarray(self.pixel, dtype=np.int32),
            np.ascontiguousarray(self.cell, dtype=np.int32),
            np.ascontiguousarray(self.area, dtype=np.float64),
        )

    def without_empty_cells(self) -> tuple[np.ndarray, OverlapSet]:
        """The positions of cells that overlap the window, and the set in terms of these alone."""
        used = np.unique(self.cell)
        position = np.searchsorted(used, self.cell).astype(np.int32)
        return used, OverlapSet(self.pixel, position, self.area, self.pixel_count, len(used), self.engine)


def compute_overlap(
    mesh: Mesh,
    window: Rectangle,
    engine: str | None = None,
    *,
    partial: bool = False,
    cache: bool = True,
    progress: TellShare | None = None,
) -> OverlapSet:
    """The overlaps of a mesh with a window.

    Parameters
    ----------
    mesh
        Native mesh.
    window
        Window of the 1 km grid.
    engine
        Name of the engine that clips pixels on cell boundaries (see `engines.find_engine`); the best one at
        hand by default. ``OverlapSet.engine`` names it.
    partial
        Allow pixels that the mesh does not wholly cover.
    cache
        Use and fill the cache (``PYLANDBC_CACHE``, else ``XDG_CACHE_HOME/pylandbc``, else
        ``~/.cache/pylandbc``).
    progress
        Called with the part done, 0 ... 1.

    Returns
    -------
    OverlapSet
        For each wholly covered pixel the areas sum to the exact strip area to round-off.

    Raises
    ------
    InputError
        If the engine is unknown or absent, pixels are not covered (unless ``partial``), or cells overlap.
    """
    chosen = find_engine(engine, mesh)
    path = _cache_path(mesh, window, chosen)
    overlap = _read_cache(path, mesh, window) if cache else None
    if overlap is None:
        overlap = _compute(mesh, window, chosen, progress)
        if cache:
            _write_cache(path, overlap)
    if progress:
        progress(1.0)
    if not partial:
        _check_cover(overlap, mesh, window)
    return overlap


def _compute(mesh: Mesh, window: Rectangle, engine: Engine, progress: TellShare | None) -> OverlapSet:
    if finds_interior(engine):
        owner = np.full(window.rows * window.cols, -1, dtype=np.int32)
    else:
        owner = interior_owner(mesh, window).ravel()
    inside = np.flatnonzero(owner >= 0)
    pixel, cell, fraction = engine.clip(mesh, window, np.flatnonzero(owner < 0), progress)
    touching = fraction > 0
    pixel, cell, fraction = pixel[touching], cell[touching], fraction[touching]
    total = np.bincount(pixel, fraction, len(owner))
    if np.any(total > 1 + COVERED):
        raise InputError(
            f"cells of mesh {mesh.name} overlap one another at {_place(window, int(np.argmax(total)))}; "
            "a native mesh must cover the sphere at most once"
        )
    covered = total[pixel] > 1 - COVERED
    fraction[covered] /= total[pixel[covered]]
    pixel = np.concatenate([inside, pixel])
    cell = np.concatenate([owner[inside], cell])
    fraction = np.concatenate([np.ones(len(inside)), fraction])
    order = np.lexsort((cell, pixel))
    pixel, cell = pixel[order], cell[order]
    area = fraction[order] * window.pixel_area[pixel // window.cols]
    version = engine.version()
    return OverlapSet(pixel.astype(np.int32), cell.astype(np.int32), area, len(owner), len(mesh), version)


def _check_cover(overlap: OverlapSet, mesh: Mesh, window: Rectangle) -> None:
    whole = np.repeat(window.pixel_area, window.cols)
    bare = np.flatnonzero(overlap.pixel_area < (1 - COVERED) * whole)
    if bare.size:
        raise InputError(
            f"mesh {mesh.name} does not cover {bare.size} of {overlap.pixel_count} pixels, the first at "
            f"{_place(window, int(bare[0]))}; choose a smaller window "
            "or a mesh that reaches beyond it (by 1.25 degrees for a bundle, whose network looks around)"
        )


def _place(window: Rectangle, pixel: int) -> str:
    row, col = divmod(pixel, window.cols)
    return f"{window.latitude[row]:.3f} N, {window.longitude[col]:.3f} E"


def _fields(values: np.ndarray, size: int) -> np.ndarray:
    """Values as (size, fields), in single or double precision as they are, else double."""
    fields = np.asarray(values)
    if fields.dtype != np.float32:
        fields = fields.astype(np.float64, copy=False)
    if fields.shape[:1] != (size,):
        raise InputError(f"the field has shape {fields.shape}; its first extent must be {size}")
    return np.ascontiguousarray(fields.reshape(size, -1))


def _cache_path(mesh: Mesh, window: Rectangle, engine: Engine) -> Path:
    root = os.environ.get("PYLANDBC_CACHE")
    if root is None:
        root = str(Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pylandbc")
    words = (
        mesh.fingerprint,
        mesh.kind.get("edges"),
        window.row,
        window.col,
        window.rows,
        window.cols,
        engine.version(),
        _ALGORITHM,
    )
    return Path(root) / "overlap" / f"{hashlib.sha256(repr(words).encode()).hexdigest()}.npz"


def _read_cache(path: Path, mesh: Mesh, window: Rectangle) -> OverlapSet | None:
    """The cached set; None if there is none or it cannot be read (it is then computed again)."""
    try:
        with np.load(path) as file:
            pixel, cell, area, engine = file["pixel"], file["cell"], file["area"], str(file["engine"])
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    return OverlapSet(pixel, cell, area, window.rows * window.cols, len(mesh), engine)


def _write_cache(path: Path, overlap: OverlapSet) -> None:
    """A cache that cannot be written is no error."""
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as temporary, temporary.open("wb") as file:
            np.savez(file, pixel=overlap.pixel, cell=overlap.cell, area=overlap.area, engine=overlap.engine)
