"""HEALPix meshes by name: the equal-area grid that Destination Earth delivers its digital twins on.

Corners follow Gorski et al. 2005 (ApJ 622, 759), equations 2 to 9, in the continuous form of the 12 base
faces: on a face, x runs to the north-east and y to the north-west. Cells are taken as polygons with
great-circle edges, as ESMF and YAC take them. Only cells near the window are made: the quadtree of the
nested order is walked from the 12 base faces downwards.
"""

from __future__ import annotations

import numpy as np

from pylandbc.errors import InputError
from pylandbc.grid.mesh import Mesh, circles_touch, from_corners
from pylandbc.grid.sphere import unit_vectors
from pylandbc.grid.window import Rectangle

_FACE_RING = np.array([2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4])
_FACE_LONGITUDE = np.array([1, 3, 5, 7, 0, 2, 4, 6, 1, 3, 5, 7])
_SOUTH_EAST_NORTH_WEST = ((0, 0), (1, 0), (1, 1), (0, 1))
_CURVATURE = 1.3
"""HEALPix edges curve: descendants may leave the circle around a cell's corners, not one this much wider."""


def healpix_mesh(nside: int, order: str, window: Rectangle) -> Mesh:
    """The HEALPix cells that may overlap a window.

    Parameters
    ----------
    nside
        Cells along an edge of a base face, a power of two.
    order
        ``"nested"`` or ``"ring"``: how cells are numbered, from 0.
    window
        Window of the 1 km grid.

    Returns
    -------
    Mesh
        Cells in ascending id.

    Raises
    ------
    InputError
        If ``nside`` is no power of two up to 2^20, or the order is unknown.
    """
    if nside < 1 or nside > 2**20 or nside & (nside - 1):
        raise InputError(f"HEALPix nside {nside} is not a power of two between 1 and {2**20}")
    if order not in ("nested", "ring"):
        raise InputError(f"HEALPix order {order!r} is not known (choose nested or ring)")
    level, cells = 1, np.arange(12, dtype=np.int64)
    cells = cells[_touch(cells, 1, window)]
    while level < nside:
        level *= 2
        cells = (4 * cells[:, None] + np.arange(4)).ravel()
        cells = cells[_touch(cells, level, window)]
    cells = cells[circles_touch(corner_vectors(cells, nside), window)]
    ids = cells if order == "nested" else _ring_ids(nside, cells)
    kind = {"kind": "healpix", "nside": nside, "order": order, "global_cells": 12 * nside**2}
    return from_corners(ids, corner_vectors(cells, nside), kind)


def corner_vectors(cells: np.ndarray, nside: int) -> np.ndarray:
    """Unit vectors of the corners of nested cells, south, east, north, west (cells, 4, 3)."""
    face, x, y = _face_position(cells, nside)
    return np.stack([_direction(face, x + i, y + j, nside) for i, j in _SOUTH_EAST_NORTH_WEST], axis=1)


def _touch(cells: np.ndarray, nside: int, window: Rectangle) -> np.ndarray:
    """Whether cells or their descendants may touch the window."""
    if nside < 4:
        return np.ones(len(cells), dtype=bool)
    corners = corner_vectors(cells, nside)
    centre = corners.mean(axis=1, keepdims=True)
    centre /= np.linalg.norm(centre, axis=2, keepdims=True)
    wider = centre + _CURVATURE * (corners - centre)
    return circles_touch(wider / np.linalg.norm(wider, axis=2, keepdims=True), window)


def _face_position(cells: np.ndarray, nside: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Base face and integer position on it of nested cells: even bits are x, odd bits y."""
    face, rest = np.divmod(np.asarray(cells, dtype=np.int64), nside * nside)
    x, y = np.zeros_like(rest), np.zeros_like(rest)
    for bit in range(nside.bit_length() - 1):
        x |= ((rest >> (2 * bit)) & 1) << bit
        y |= ((rest >> (2 * bit + 1)) & 1) << bit
    return face, x, y


def _direction(face: np.ndarray, x: np.ndarray, y: np.ndarray, nside: int) -> np.ndarray:
    """Unit vectors of continuous positions (0 ... nside) on base faces."""
    x, y = x / nside, y / nside
    ring = _FACE_RING[face] - x - y
    cap = np.minimum(np.minimum(ring, 4 - ring), 1.0)
    # in the caps 1 - |z| = cap^2 / 3, hence the half angle, which keeps its digits at the pole
    polar = 90.0 - np.rad2deg(2 * np.arcsin(cap / np.sqrt(6.0)))
    equatorial = np.rad2deg(np.arcsin(np.clip((2 - ring) * 2 / 3, -1.0, 1.0)))
    lat = np.where(cap < 1.0, np.where(ring < 2, polar, -polar), equatorial)
    steps = _FACE_LONGITUDE[face] * cap + x - y
    lon = 45.0 * np.divide(steps, cap, out=np.zeros_like(steps), where=cap > 0)
    return unit_vectors(lon, lat)


def _ring_ids(nside: int, cells: np.ndarray) -> np.ndarray:
    try:
        import healpix
    except ImportError as error:
        raise InputError("ring order needs the package healpix: pip install 'pylandbc[healpix]'") from error
    return np.asarray(healpix.nest2ring(nside, cells), dtype=np.int64)
