"""Exact areas of cells whose northern and southern edges are true parallels.

``kind["edges"] == "parallels"`` marks such meshes (regular grids, boxes of Gaussian grids). A cell's area is
the strip ``R^2 dlon (sin n - sin s)``; its great-circle polygon, which ``Mesh.area`` measures, bulges to the
poles.
"""

from __future__ import annotations

import numpy as np

from pylandbc.grid.mesh import Mesh
from pylandbc.grid.window import EARTH_RADIUS


def has_parallels(mesh: Mesh) -> bool:
    """Whether the mesh's cells are boxes of longitude and latitude."""
    return mesh.kind.get("edges") == "parallels"


def box_edges(mesh: Mesh) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """West, south, east, north of boxes, degrees (cells,); longitudes lie around the cell centres'."""
    # the longitude of a corner at a pole means nothing
    off_pole = np.abs(mesh.lat_vertices) < 90.0
    west = np.where(off_pole, mesh.lon_vertices, np.inf).min(axis=1)
    east = np.where(off_pole, mesh.lon_vertices, -np.inf).max(axis=1)
    return west, mesh.lat_vertices.min(axis=1), east, mesh.lat_vertices.max(axis=1)


def true_areas(mesh: Mesh) -> np.ndarray:
    """Areas that the grid's maker means, m2 (cells,): strips between parallels, or great-circle polygons."""
    if not has_parallels(mesh):
        return mesh.area
    west, south, east, north = (np.deg2rad(edge) for edge in box_edges(mesh))
    # sin n - sin s, written so that nothing cancels
    height = 2.0 * np.cos(0.5 * (north + south)) * np.sin(0.5 * (north - south))
    return EARTH_RADIUS**2 * (east - west) * height
