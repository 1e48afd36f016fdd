"""Nearest neighbours between cell centres and pixel centres, for categories and labels that must not mix.

Distances are great-circle; of equally near cells the one with the lowest id is taken, of equally near pixels
the northern, then the western one.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.spatial import KDTree

from pylandbc.grid.mesh import Mesh
from pylandbc.grid.sphere import unit_vectors
from pylandbc.grid.window import COLS, PIXEL, Rectangle

_TIE = 1e-12
"""Chords that differ by less are equal (6 micrometres)."""
_ROWS = 250
"""Rows of pixels treated together."""


def nearest_cell(mesh: Mesh, window: Rectangle) -> np.ndarray:
    """The cell whose centre is nearest to each pixel's centre.

    Returns
    -------
    numpy.ndarray
        Position in the mesh (pixels,), int32; -1 where the pixel lies beyond that cell's bounding circle:
        outside the mesh.
    """
    tree = KDTree(unit_vectors(mesh.lon, mesh.lat))
    radius = bounding_radius(mesh)
    near = np.full(window.rows * window.cols, -1, dtype=np.int32)
    neighbours = min(8, len(mesh))
    for points, part in pixel_centres(window):
        distance, cell = tree.query(points, k=list(range(1, neighbours + 1)))
        least = np.where(distance <= distance[:, :1] + _TIE, cell, len(mesh)).min(axis=1)
        near[part] = np.where(distance[:, 0] <= radius[least], least, -1)
    return near


def nearest_pixel(mesh: Mesh, window: Rectangle) -> np.ndarray:
    """The pixel whose centre is nearest to each cell's centre: the one that holds it.

    Returns
    -------
    numpy.ndarray
        Index in the window (cells,), int64; -1 for centres outside the window.
    """
    row = np.ceil(np.round((90.0 - mesh.lat) / PIXEL, 9)).astype(np.int64) - 1
    # a centre on a line between columns belongs to the western one, at the south pole to the last row
    col = np.ceil(np.round((mesh.lon + 180.0) / PIXEL, 9)).astype(np.int64) - 1
    row, col = np.maximum(row, 0) - window.row, (col - window.col) % COLS
    inside = (row >= 0) & (row < window.rows) & (col < window.cols)
    return np.where(inside, row * window.cols + col, -1)


def bounding_radius(mesh: Mesh) -> np.ndarray:
    """Chord from each cell's centre to its farthest corner, on the unit sphere (cells,)."""
    centre = unit_vectors(mesh.lon, mesh.lat)
    return np.linalg.norm(mesh.corners - centre[:, None], axis=2).max(axis=1)


def pixel_centres(window: Rectangle) -> Iterator[tuple[np.ndarray, slice]]:
    """Unit vectors of pixel centres (n, 3) and their indices in the window, some rows at a time."""
    for first in range(0, window.rows, _ROWS):
        last = min(first + _ROWS, window.rows)
        lon, lat = np.meshgrid(window.longitude, window.latitude[first:last])
        yield unit_vectors(lon.ravel(), lat.ravel()), slice(first * window.cols, last * window.cols)
