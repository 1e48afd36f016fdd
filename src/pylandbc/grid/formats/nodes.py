"""Corners that neighbours share, as one list of nodes: what connectivity formats store.

Corners are one node where their directions agree to 1e-11 radian (a tenth of a millimetre).
"""

from __future__ import annotations

import numpy as np

from pylandbc.grid.mesh import Mesh

_SAME = 1e11


def shared_nodes(mesh: Mesh) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Nodes of a mesh.

    Returns
    -------
    lon, lat, index
        Degrees (nodes,), longitudes within -180 ... 180, in the order of first use, and the 0-based node of
        each corner (cells, corners), valid up to ``mesh.corner_count``.
    """
    key = node_keys(mesh.corners)
    _, first, inverse = np.unique(key, axis=0, return_index=True, return_inverse=True)
    order = np.argsort(first)
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    lon, lat = mesh.lon_vertices.ravel()[first[order]], mesh.lat_vertices.ravel()[first[order]]
    lon = np.where(np.abs(lon) > 180.0, (lon + 180.0) % 360.0 - 180.0, lon)
    return lon, lat, place[inverse.reshape(-1)].reshape(mesh.lon_vertices.shape)


def node_keys(corners: np.ndarray) -> np.ndarray:
    """Integer keys (corners, 3) of unit vectors (..., 3): equal for corners that are one node."""
    return np.round(np.asarray(corners).reshape(-1, 3) * _SAME).astype(np.int64)
