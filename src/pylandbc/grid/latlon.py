"""Exact overlaps of boxes of longitude and latitude with pixels: no clipping, no library.

Where a mesh's cells end at true parallels and meridians, an overlap is a product of one length in longitude
and one in the sine of latitude. That holds for regular grids, the boxes of Gaussian grids and for windows of
the 1 km grid themselves (`window_mesh`, which aggregates pixels to blocks).
"""

from __future__ import annotations

import numpy as np

from pylandbc import __version__
from pylandbc.errors import InputError
from pylandbc.grid.formats.parallels import box_edges, has_parallels
from pylandbc.grid.mesh import Mesh
from pylandbc.grid.window import PIXEL, Rectangle
from pylandbc.progress import TellShare

FINDS_INTERIOR = True
"""This engine is to be given every pixel: interior pixels found between great circles are not these."""
_CELLS = 50_000
"""Cells treated together."""
_LATTICE = 1e-7
"""Edges closer to a line of pixels than this (pixels, 0.1 mm) lie on it."""


def version() -> str:
    """The engine's name and version, e.g. ``latlon 0.1.0``: it is part of this package."""
    return f"latlon {__version__}"


def clip(
    mesh: Mesh, window: Rectangle, pixels: np.ndarray, progress: TellShare | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Overlaps of the given pixels with the boxes of a mesh.

    Parameters
    ----------
    mesh
        Mesh whose ``kind["edges"]`` is ``"parallels"``.
    window
        Window of the 1 km grid.
    pixels
        Indices in the window (n,).
    progress
        Called with the part done, 0 ... 1.

    Returns
    -------
    pixel, cell, fraction
        Index in the window, position in the mesh, and the part of the pixel's area that the cell covers.

    Raises
    ------
    InputError
        If the mesh's cells are not such boxes.
    """
    if not has_parallels(mesh):
        raise InputError(
            f"the weight engine 'latlon' needs cells that end at parallels and meridians; those of mesh "
            f"{mesh.name} have great-circle edges: choose exact, esmf or yac"
        )
    wanted = np.zeros(window.rows * window.cols, dtype=bool)
    wanted[pixels] = True
    # pixels from the window's north-west corner, as numbers
    west, south, east, north = box_edges(mesh)
    top, bottom = _snap((window.north - north) / PIXEL), _snap((window.north - south) / PIXEL)
    left = _snap(((west - window.west) % 360.0) / PIXEL)
    turn = 360.0 / PIXEL
    left = np.where(left == turn, 0.0, left)
    right = _snap(left + (east - west) / PIXEL)
    found = []
    for first in range(0, len(mesh), _CELLS):
        cells = np.arange(first, min(first + _CELLS, len(mesh)))
        for shift in (0.0, turn):
            row_first, row_last = _span(top[cells], bottom[cells], window.rows)
            col_first, col_last = _span(left[cells] - shift, right[cells] - shift, window.cols)
            count = np.maximum(row_last - row_first, 0) * np.maximum(col_last - col_first, 0)
            which, place = _expand(count)
            cols = (col_last - col_first)[which]
            row, col = row_first[which] + place // cols, col_first[which] + place % cols
            cell = cells[which]
            keep = wanted[row * window.cols + col]
            row, col, cell = row[keep], col[keep], cell[keep]
            along = _overlap(left[cell] - shift, right[cell] - shift, col)
            fraction = along * _part_of_strip(window, top[cell], bottom[cell], row)
            found.append((row * window.cols + col, cell, fraction))
        if progress:
            progress(min((first + _CELLS) / len(mesh), 1.0))
    pixel, cell, fraction = (np.concatenate(part) for part in zip(*found, strict=True))
    return _merged(pixel, cell, fraction)


def window_mesh(window: Rectangle, size: int = 1) -> Mesh:
    """A window as a mesh: blocks of ``size`` x ``size`` pixels, north first, then by column.

    Parameters
    ----------
    window
        Window of the 1 km grid.
    size
        Pixels along a block, a divisor of ``rows`` and ``cols``; 25 gives the 0.25 degree grid.

    Returns
    -------
    Mesh
        ``cell_id`` counts from 0 as ``field.ravel()`` does.

    Raises
    ------
    InputError
        The blocks do not tile the window.
    """
    if size < 1 or window.rows % size or window.cols % size:
        raise InputError(f"blocks of {size} pixels do not tile the window {window}")
    rows, cols = window.rows // size, window.cols // size
    i, j = (index.ravel() for index in np.meshgrid(np.arange(rows), np.arange(cols), indexing="ij"))
    north, south = (90.0 - (window.row + (i + k) * size) / 100 for k in (0, 1))
    west, east = ((window.col + (j + k) * size) / 100 - 180.0 for k in (0, 1))
    return Mesh(
        np.arange(rows * cols, dtype=np.int64),
        np.stack([west, east, east, west], axis=1),
        np.stack([south, south, north, north], axis=1),
        np.full(rows * cols, 4, dtype=np.int32),
        (west + east) / 2,
        (south + north) / 2,
        {"kind": "window", "pixels": size, "edges": "parallels", "global_cells": rows * cols},
    )


def _snap(position: np.ndarray) -> np.ndarray:
    near = np.round(position)
    return np.where(np.abs(position - near) < _LATTICE, near, position)


def _span(start: np.ndarray, stop: np.ndarray, limit: int) -> tuple[np.ndarray, np.ndarray]:
    """First and last + 1 of the whole numbers 0 ... limit - 1 whose unit interval meets start ... stop."""
    first = np.clip(np.floor(start), 0, limit).astype(np.int64)
    return first, np.clip(np.ceil(stop), 0, limit).astype(np.int64)


def _expand(count: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For counts (2, 3): the items 0 0 1 1 1 and their places 0 1 0 1 2."""
    which = np.repeat(np.arange(len(count)), count)
    return which, np.arange(len(which)) - np.repeat(np.cumsum(count) - count, count)


def _overlap(start: np.ndarray, stop: np.ndarray, unit: np.ndarray) -> np.ndarray:
    return np.maximum(np.minimum(stop, unit + 1.0) - np.maximum(start, unit), 0.0)


def _part_of_strip(window: Rectangle, top: np.ndarray, bottom: np.ndarray, row: np.ndarray) -> np.ndarray:
    """Part of a pixel's area between two parallels, given as positions in pixels from the window's north."""
    high, low = np.maximum(top, row), np.minimum(bottom, row + 1.0)
    whole = (high == row) & (low == row + 1.0)
    sine = _sine_difference(window, high, low) / _sine_difference(window, row, row + 1.0)
    return np.where(whole, 1.0, np.maximum(sine, 0.0))


def _sine_difference(window: Rectangle, high: np.ndarray, low: np.ndarray) -> np.ndarray:
    """Sine of the latitude of ``high`` minus that of ``low``, written so that nothing cancels."""
    middle = np.deg2rad(90.0 - (window.row + 0.5 * (high + low)) * PIXEL)
    return 2.0 * np.cos(middle) * np.sin(np.deg2rad(0.5 * (low - high) * PIXEL))


def _merged(
    pixel: np.ndarray, cell: np.ndarray, fraction: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One entry for each pixel and cell: a box round the globe may meet a pixel at both its ends."""
    kept = fraction > 0
    pixel, cell, fraction = pixel[kept], cell[kept], fraction[kept]
    order = np.lexsort((cell, pixel))
    pixel, cell, fraction = pixel[order], cell[order], fraction[order]
    if not len(pixel):
        return pixel, cell, fraction
    start = np.flatnonzero(np.diff(pixel, prepend=-1) | np.diff(cell, prepend=-1))
    return pixel[start], cell[start], np.add.reduceat(fraction, start)
