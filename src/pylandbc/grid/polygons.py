"""Polygons handed to the child processes that clip: a mesh's cells and chosen pixels, as numpy archives.

Corners that neighbours share become one vertex, as ESMF and YAC want them. Angles are in degrees; corners run
counter-clockwise; ``connection`` counts from 0 and lists the vertices of one polygon after another.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pylandbc.grid.mesh import Mesh
from pylandbc.grid.window import ROWS, Rectangle


def save_mesh(path: Path, mesh: Mesh) -> None:
    """Write ``count``, ``lon``, ``lat``, ``connection`` of a mesh's cells."""
    real = np.arange(mesh.lon_vertices.shape[1]) < mesh.corner_count[:, None]
    lon, lat = mesh.lon_vertices[real], mesh.lat_vertices[real]
    # corners shared by neighbours become one vertex where their directions agree to a micrometre
    key = np.round(mesh.corners[real] * 1e13).astype(np.int64)
    _, first, connection = np.unique(key, axis=0, return_index=True, return_inverse=True)
    np.savez(
        path,
        count=mesh.corner_count.astype(np.intc),
        lon=lon[first],
        lat=lat[first],
        connection=connection.ravel().astype(np.intc),
    )


def save_pixels(path: Path, window: Rectangle, pixels: np.ndarray, triangles_at_poles: bool = False) -> None:
    """Write ``count``, ``lon``, ``lat``, ``connection`` of pixels.

    Parameters
    ----------
    path
        Archive to write.
    window
        The window.
    pixels
        Indices in the window (n,).
    triangles_at_poles
        Pixels that end at a pole get three corners instead of two equal ones.
    """
    row, col = np.divmod(pixels, window.cols)
    # counter-clockwise from the south-west corner; columns of vertices run one beyond those of pixels
    vertex = np.stack([row + 1, row + 1, row, row], axis=1) * (window.cols + 1) + np.stack(
        [col, col + 1, col + 1, col], axis=1
    )
    kept = np.ones(vertex.shape, dtype=bool)
    if triangles_at_poles:
        kept[window.row + row == 0, 3] = False
        kept[window.row + row + 1 == ROWS, 1] = False
    unique, connection = np.unique(vertex[kept], return_inverse=True)
    vertex_row, vertex_col = np.divmod(unique, window.cols + 1)
    np.savez(
        path,
        count=kept.sum(axis=1).astype(np.intc),
        lon=(window.col + vertex_col) / 100 - 180.0,
        lat=90.0 - (window.row + vertex_row) / 100,
        connection=connection.ravel().astype(np.intc),
    )
