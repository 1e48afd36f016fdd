"""Overlaps taken from a weight file that any tool has made, in either direction.

A file says little about the grids it belongs to, so nothing is believed: pixels are found by the attribute
``window``, by their centres, or by their number; cells by their centres or their numbers; and the outcome is
compared with geometry. A pixel that lies wholly inside a cell must belong to that cell alone, and no pixel to
a cell that is nowhere near. Weights of another mesh or window are refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import numpy as np
from scipy.spatial import KDTree

from pylandbc.errors import InputError
from pylandbc.file_sha256 import file_sha256
from pylandbc.grid import latlon
from pylandbc.grid.formats.parallels import has_parallels, true_areas
from pylandbc.grid.interior import interior_owner
from pylandbc.grid.mesh import Mesh
from pylandbc.grid.sphere import unit_vectors
from pylandbc.grid.weight_file import Side, WeightFile, read_weight_file
from pylandbc.grid.window import COLS, EARTH_RADIUS, PIXEL, Rectangle
from pylandbc.progress import TellShare

_AGREES = 1e-3
"""An interior pixel's weight is one within this."""

Overlaps = tuple[np.ndarray, np.ndarray, np.ndarray]


class WeightFileEngine:
    """The engine ``file:PATH``.

    Parameters
    ----------
    path
        ESMF, SCRIP or YAC weight file between a mesh and the pixels of a window, in either direction.
    """

    FINDS_INTERIOR = True

    def __init__(self, path: Path) -> None:
        self.path = path

    @cached_property
    def weights(self) -> WeightFile:
        """The file's content."""
        return read_weight_file(self.path)

    def version(self) -> str:
        """``file NAME DIGEST``: the digest is the start of the file's SHA-256."""
        if not self.path.is_file():
            raise InputError(f"weight file {self.path} does not exist")
        return f"file {self.path.name} {file_sha256(self.path)[:16]}"

    def clip(
        self,
        mesh: Mesh,
        window: Rectangle,
        pixels: np.ndarray,
        progress: TellShare | None = None,
    ) -> Overlaps:
        """Overlaps of the given pixels with the cells of a mesh, as the file has them.

        Parameters
        ----------
        mesh, window
            What the file is said to belong to.
        pixels
            Indices in the window (n,).
        progress
            Called with 1 at the end.

        Returns
        -------
        pixel, cell, fraction
            Index in the window, position in the mesh, and the part of the pixel's area that the cell covers.

        Raises
        ------
        InputError
            If the file belongs to another mesh or window.
        """
        owner = _interior(mesh, window)
        faults = []
        for pixel, cell, fraction in self._readings(mesh, window):
            fault = _contradiction(mesh, window, owner, pixel, cell, fraction)
            if fault is None:
                wanted = np.zeros(window.rows * window.cols, dtype=bool)
                wanted[pixels] = True
                kept = wanted[pixel]
                if progress:
                    progress(1.0)
                return pixel[kept], cell[kept], fraction[kept]
            faults.append(fault)
        raise InputError(
            f"weight file {self.path} does not belong to mesh {mesh.name} ({len(mesh)} cells) "
            f"and the window {window}: it has {self.weights.source.size} source and "
            f"{self.weights.target.size} target cells, and {faults[0] if faults else self._unmatched(window)}"
        )

    def _unmatched(self, window: Rectangle) -> str:
        """Why there was no reading of the file at all."""
        weights = self.weights
        for side, index in ((weights.target, weights.row), (weights.source, weights.col)):
            if any(True for _ in _pixel_numberings(weights, side, window, int(index.max()) + 1)):
                return "neither the number nor the centres of its cells are the mesh's"
        return "no side of it has the window's pixels"

    def _readings(self, mesh: Mesh, window: Rectangle) -> Iterator[Overlaps]:
        """Every way to read the file that its sizes and coordinates allow, the likeliest first."""
        weights = self.weights
        forward = (weights.row, weights.target, weights.col, weights.source, False)
        reverse = (weights.col, weights.source, weights.row, weights.target, True)
        for to_pixel, pixel_side, to_cell, cell_side, reversed_ in (forward, reverse):
            for pixel_of in _pixel_numberings(weights, pixel_side, window, int(to_pixel.max()) + 1):
                for cell_of in _cell_numberings(cell_side, mesh, int(to_cell.max()) + 1):
                    pixel, cell = pixel_of[to_pixel], cell_of[to_cell]
                    kept = (pixel >= 0) & (cell >= 0)
                    pixel, cell, fraction = pixel[kept], cell[kept], weights.share[kept]
                    if reversed_:
                        fraction = self._of_pixels(mesh, window, pixel, cell, to_cell[kept], fraction)
                    yield pixel, cell, fraction

    def _of_pixels(
        self,
        mesh: Mesh,
        window: Rectangle,
        pixel: np.ndarray,
        cell: np.ndarray,
        target: np.ndarray,
        share: np.ndarray,
    ) -> np.ndarray:
        """Parts of pixels from parts of cells."""
        side = self.weights.target
        if self.weights.normalisation == "dstarea or fracarea":
            raise InputError(
                f"weight file {self.path} goes from pixels to cells and has no frac_b, so that it does not "
                "say how much of a cell the window covers; write it with fractions, or the other way round"
            )
        area = true_areas(mesh)[cell] if side.area is None else side.area[target] * EARTH_RADIUS**2
        return share * area / window.pixel_area[pixel // window.cols]


def _interior(mesh: Mesh, window: Rectangle) -> np.ndarray:
    """The cell that wholly contains each pixel, -1 where none does (pixels,)."""
    if not has_parallels(mesh):
        return interior_owner(mesh, window).ravel()
    pixel, cell, fraction = latlon.clip(mesh, window, np.arange(window.rows * window.cols))
    owner = np.full(window.rows * window.cols, -1)
    whole = fraction > 1 - 1e-12
    owner[pixel[whole]] = cell[whole]
    return owner


def _contradiction(
    mesh: Mesh,
    window: Rectangle,
    owner: np.ndarray,
    pixel: np.ndarray,
    cell: np.ndarray,
    fraction: np.ndarray,
) -> str | None:
    """What speaks against a reading of the file, None if nothing does."""
    own = cell == owner[pixel]
    count = window.rows * window.cols
    total = np.bincount(pixel, fraction, count)
    alone = np.bincount(pixel[own], fraction[own], count)
    wrong = (owner >= 0) & ((np.abs(alone - 1) > _AGREES) | (np.abs(total - 1) > _AGREES))
    if wrong.any():
        first = int(np.argmax(wrong))
        row, col = divmod(first, window.cols)
        there = np.flatnonzero(pixel == first)
        found = ", ".join(f"{fraction[k]:.4g} of cell {mesh.cell_id[cell[k]]}" for k in there[:4])
        return (
            f"{int(wrong.sum())} of {int((owner >= 0).sum())} pixels inside one cell disagree: the first, at "
            f"{window.latitude[row]:.3f} N, {window.longitude[col]:.3f} E, lies in cell "
            f"{mesh.cell_id[owner[first]]} but has {found or 'no weight'}"
        )
    far = _far_apart(mesh, window, pixel, cell)
    if far.any() or not len(pixel):
        return f"{int(far.sum())} of {len(pixel)} weights join pixels and cells that lie apart"
    return None


def _far_apart(mesh: Mesh, window: Rectangle, pixel: np.ndarray, cell: np.ndarray) -> np.ndarray:
    row, col = np.divmod(pixel, window.cols)
    centre = mesh.corners.mean(axis=1)
    centre /= np.linalg.norm(centre, axis=1, keepdims=True)
    radius = np.linalg.norm(mesh.corners - centre[:, None], axis=2).max(axis=1)
    place = unit_vectors(window.longitude[col], window.latitude[row])
    # chords: a pixel's half diagonal at most, and a box's parallel may bulge beyond its corners' circle
    return np.linalg.norm(place - centre[cell], axis=1) > 1.1 * radius[cell] + np.deg2rad(PIXEL)


def _pixel_numberings(weights: WeightFile, side: Side, window: Rectangle, least: int) -> Iterator[np.ndarray]:
    """Index in the window of each cell of a side, -1 outside it, by what the file tells of its pixels."""
    named = weights.window
    if (
        named is not None
        and side.size in (None, named.rows * named.cols)
        and least <= named.rows * named.cols
    ):
        row, col = np.divmod(np.arange(named.rows * named.cols), named.cols)
        yield _in_window(window, named.row + named.rows - 1 - row, named.col + col)
    elif side.lon is not None and side.lat is not None:
        row, col = (90.0 - side.lat) / PIXEL - 0.5, (side.lon + 180.0) / PIXEL - 0.5
        if np.all(np.abs(row - np.round(row)) < 0.01) and np.all(np.abs(col - np.round(col)) < 0.01):
            yield _in_window(window, np.round(row).astype(int), np.round(col).astype(int))
    elif side.size in (None, window.rows * window.cols) and least <= window.rows * window.cols:
        north_first = np.arange(window.rows * window.cols).reshape(window.shape)
        yield north_first[::-1].ravel()
        yield north_first.ravel()


def _in_window(window: Rectangle, row: np.ndarray, col: np.ndarray) -> np.ndarray:
    i, j = row - window.row, (col - window.col) % COLS
    inside = (i >= 0) & (i < window.rows) & (j < window.cols)
    return np.where(inside, i * window.cols + j, -1)


def _cell_numberings(side: Side, mesh: Mesh, least: int) -> Iterator[np.ndarray]:
    """Position in the mesh of each cell of a side, -1 for cells that the mesh lacks."""
    size = least if side.size is None else side.size
    if side.lon is not None and side.lat is not None:
        yield _by_centres(side.lon, side.lat, mesh)
    if size == len(mesh) or (side.size is None and size < len(mesh)):
        yield np.arange(len(mesh))
    for base in (1, 0):
        number = mesh.cell_id - base
        if size > number.max() and number.min() >= 0:
            position = np.full(size, -1, dtype=np.int64)
            position[number] = np.arange(len(mesh))
            yield position


def _by_centres(lon: np.ndarray, lat: np.ndarray, mesh: Mesh) -> np.ndarray:
    """Cells of the mesh whose centres lie where a side's do."""
    position = np.full(len(lon), -1, dtype=np.int64)
    known = np.flatnonzero(np.isfinite(lon) & np.isfinite(lat))
    if known.size:
        distance, nearest = KDTree(unit_vectors(lon[known], lat[known])).query(
            unit_vectors(mesh.lon, mesh.lat)
        )
        near = distance < 0.25 * np.sqrt(mesh.area) / EARTH_RADIUS
        position[known[nearest[near]]] = np.flatnonzero(near)
    return position
