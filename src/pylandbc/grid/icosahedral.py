"""Icosahedral triangles by name: the icosahedron bisected n times, the geometry that ICON's grids start from.

Vertices of the icosahedron lie at the poles and on the parallels of atan(1/2), the northern ring at 0, 72,
... degrees east, the southern at 36, 108, ...; each bisection joins the midpoints of a triangle's edges.
Child 0 is the middle triangle, children 1 to 3 those at its parent's corners; a cell's id is ``4 * parent +
child``, from 0. ICON itself optimises the vertices afterwards and numbers cells in its own order (Wan et al.
2013, GMD 6, 735): take the cells of a real ICON set-up from its grid file.
"""

from __future__ import annotations

import numpy as np

from pylandbc.errors import InputError
from pylandbc.grid.mesh import Mesh, circles_touch, from_corners
from pylandbc.grid.sphere import unit_vectors
from pylandbc.grid.window import Rectangle


def icosahedral_mesh(level: int, window: Rectangle) -> Mesh:
    """The triangles of the icosahedron bisected ``level`` times that may overlap a window.

    Parameters
    ----------
    level
        Number of bisections, 0 ... 14; there are ``20 * 4**level`` triangles on the globe.
    window
        Window of the 1 km grid.

    Returns
    -------
    Mesh
        Triangles in ascending id.

    Raises
    ------
    InputError
        If the level is out of range.
    """
    if not 0 <= level <= 14:
        raise InputError(f"icosahedral level {level} is not in 0 ... 14")
    ids = np.arange(20, dtype=np.int64)
    corners = root_triangles()
    for _ in range(level):
        near = circles_touch(corners, window)
        ids, corners = _bisect(ids[near], corners[near])
    near = circles_touch(corners, window)
    kind = {"kind": "icosahedral", "level": level, "global_cells": 20 * 4**level}
    return from_corners(ids[near], corners[near], kind)


def root_triangles() -> np.ndarray:
    """Corners of the icosahedron's 20 triangles, counter-clockwise, unit vectors (20, 3, 3)."""
    ring = np.rad2deg(np.arctan(0.5))
    fifth = 72.0 * np.arange(5)
    pole = np.array([0.0, 0.0, 1.0])
    north = unit_vectors(fifth, np.full(5, ring))
    south = unit_vectors(fifth + 36.0, np.full(5, -ring))
    triangles = []
    for i in range(5):
        j = (i + 1) % 5
        triangles.append([pole, north[i], north[j]])
    for i in range(5):
        triangles.append([north[i], south[i], north[(i + 1) % 5]])
    for i in range(5):
        triangles.append([south[i], south[(i + 1) % 5], north[(i + 1) % 5]])
    for i in range(5):
        triangles.append([-pole, south[(i + 1) % 5], south[i]])
    return np.array(triangles)


def _bisect(ids: np.ndarray, corners: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The four children of each triangle, the middle one first."""
    a, b, c = np.moveaxis(corners, 1, 0)
    ab, bc, ca = (_middle(p, q) for p, q in ((a, b), (b, c), (c, a)))
    children = np.stack(
        [
            np.stack([ab, bc, ca], axis=1),
            np.stack([a, ab, ca], axis=1),
            np.stack([ab, b, bc], axis=1),
            np.stack([ca, bc, c], axis=1),
        ],
        axis=1,
    )
    return (4 * ids[:, None] + np.arange(4)).ravel(), children.reshape(-1, 3, 3)


def _middle(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Midpoints of arcs; the sum commutes, so that neighbours share it bit for bit."""
    middle = p + q
    return middle / np.linalg.norm(middle, axis=-1, keepdims=True)
