"""Exact overlaps by Green's theorem on the sphere: the engine that needs nothing but this package.

The boundary of each cell is cut at the meridians and parallels of the grid, and the areas beside the pieces
are summed in closed form (``bindings/src/clip.h`` says how). Pixels inside a cell cost almost nothing, so the
engine is given all of them. Fractions are right to some 1e-12, which is what coordinates in double
precision say about a pixel; slivers are kept down to 1e-11 of a pixel. Edges are great circles, or true
parallels where the mesh says so.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from pylandbc.errors import InputError
from pylandbc.grid.formats.parallels import has_parallels
from pylandbc.grid.mesh import Mesh
from pylandbc.grid.native import kernels
from pylandbc.grid.window import Rectangle
from pylandbc.progress import TellShare

FINDS_INTERIOR = True
"""This engine is to be given every pixel: it finds those inside a cell on its way."""
_ALGORITHM = 1
"""Raised when the fractions change."""
_BLOCK = 4_000_000
"""Pixels clipped together, which bounds memory to some 100 MB."""


class Clipped(NamedTuple):
    """The overlaps of a mesh with a window.

    ``owner`` int32 (rows, cols) is the position of the cell that holds the whole pixel, else -1. The
    other overlaps are in ``pixel`` (int32, index in the window), ``cell`` (int32, position) and ``fraction``
    (of the pixel's area), sorted by pixel, then cell.
    """

    owner: np.ndarray
    pixel: np.ndarray
    cell: np.ndarray
    fraction: np.ndarray


def version() -> str:
    """The engine's name and version, e.g. ``exact 1``; ``InputError`` where the package was not built."""
    kernels()
    return f"exact {_ALGORITHM}"


def clip_window(mesh: Mesh, window: Rectangle, parallels: bool | None = None) -> Clipped:
    """All overlaps of a mesh with a window.

    Parameters
    ----------
    mesh
        Native mesh; its cells are simple polygons, convex or not.
    window
        Window of the 1 km grid.
    parallels
        Whether edges between corners of one latitude follow it; None asks the mesh.

    Raises
    ------
    InputError
        If cells overlap one another or themselves, or the package was not built.
    """
    if parallels is None:
        parallels = has_parallels(mesh)
    lon, lat = (
        np.ascontiguousarray(degrees, dtype=np.float64) for degrees in (mesh.lon_vertices, mesh.lat_vertices)
    )
    *clipped, clash = kernels().clip_polygons(
        lon, lat, parallels, window.row, window.col, window.rows, window.cols
    )
    first, second, pixel = clash
    if first >= 0:
        row, col = divmod(pixel, window.cols)
        place = f"{window.latitude[row]:.3f} N, {window.longitude[col]:.3f} E"
        if first == second:
            raise InputError(
                f"cell {mesh.cell_id[first]} of mesh {mesh.name} overlaps itself at {place}; its corners "
                "must go round it once"
            )
        raise InputError(
            f"cells {mesh.cell_id[first]} and {mesh.cell_id[second]} of mesh {mesh.name} overlap one another "
            f"at {place}; a native mesh must cover the sphere at most once"
        )
    return Clipped(*clipped)


def clip(
    mesh: Mesh, window: Rectangle, pixels: np.ndarray, progress: TellShare | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Overlaps of the given pixels with the cells of a mesh.

    Parameters
    ----------
    mesh
        Native mesh.
    window
        Window of the 1 km grid.
    pixels
        Indices in the window (n,).
    progress
        Called with the part done, 0 ... 1.

    Returns
    -------
    pixel, cell, fraction
        Index in the window, position in the mesh, and the part of the pixel's area that the cell covers, for
        each overlap.

    Raises
    ------
    InputError
        If cells overlap one another, or the package was not built.
    """
    wanted = np.zeros(window.shape, dtype=bool)
    wanted.reshape(-1)[pixels] = True
    height = max(_BLOCK // window.cols, 1)
    found = []
    for first in range(0, window.rows, height):
        rows = min(height, window.rows - first)
        block = Rectangle(window.row + first, window.col, rows, window.cols)
        here = wanted[first : first + rows]
        if here.any():
            clipped = clip_window(mesh, block)
            inside = np.flatnonzero(here & (clipped.owner >= 0))
            split = here.reshape(-1)[clipped.pixel]
            start = first * window.cols
            found += [
                (inside + start, clipped.owner.reshape(-1)[inside], np.ones(len(inside))),
                (
                    clipped.pixel[split].astype(np.int64) + start,
                    clipped.cell[split],
                    clipped.fraction[split],
                ),
            ]
        if progress:
            progress((first + rows) / window.rows)
    if not found:
        return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0)
    pixel, cell, fraction = (np.concatenate(part) for part in zip(*found, strict=True))
    return pixel.astype(np.int64), cell.astype(np.int64), fraction
