"""Cheap checks that cells are simple polygons that do not overlap.

No cell's edges cross one another; no two cells are the same; no two lie on the same side of one edge (each
cell lies to the left of its edges, so that a directed edge belongs to one cell); and cells together are no
larger than the sphere. Overlaps that share no edge are found pixel by pixel when weights are computed.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np

from pylandbc.errors import InputError
from pylandbc.grid.formats.nodes import node_keys
from pylandbc.grid.mesh import Mesh
from pylandbc.grid.window import EARTH_RADIUS

SPHERE = 4 * np.pi * EARTH_RADIUS**2
"""Area of the sphere, m2."""
_CHUNK = 200_000
"""Cells examined together."""


def refuse_overlaps(mesh: Mesh, title: str) -> None:
    """``InputError`` where cells repeat or overlap one another."""
    corner = _hashes(mesh)
    used = np.arange(corner.shape[1]) < mesh.corner_count[:, None]
    _refuse_repeated(mesh, np.where(used, corner, 0).sum(axis=1, dtype=np.uint64), title)
    _refuse_shared_sides(mesh, corner, used, title)
    total = float(mesh.area.sum())
    if total > SPHERE * (1 + 1e-6):
        raise InputError(
            f"{title}: cells add up to {total / SPHERE:.6f} times the sphere, so that some overlap; "
            "remove doubled rows or columns (halos), or mask them"
        )


def _hashes(mesh: Mesh) -> np.ndarray:
    """One number for each corner (cells, corners): equal for corners that are one node."""
    keys = node_keys(mesh.corners).astype(np.uint64)
    mixed = np.zeros(len(keys), dtype=np.uint64)
    for axis in range(3):
        mixed = (mixed ^ keys[:, axis]) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(29)
    return mixed.reshape(mesh.lon_vertices.shape)


def _refuse_repeated(mesh: Mesh, key: np.ndarray, title: str) -> None:
    order = np.argsort(key, kind="stable")
    twins = np.flatnonzero(key[order][1:] == key[order][:-1])
    if twins.size:
        a, b = mesh.cell_id[order[twins[0]]], mesh.cell_id[order[twins[0] + 1]]
        raise InputError(
            f"{title}: {twins.size} cell(s) repeat another one's corners, the first cell ids {a} and {b}; "
            "remove or mask doubled cells (such as the halo of an ocean grid, or longitude 360 beside 0)"
        )


def _refuse_shared_sides(mesh: Mesh, corner: np.ndarray, used: np.ndarray, title: str) -> None:
    position = np.arange(corner.shape[1])
    following = np.where(position + 1 < mesh.corner_count[:, None], position + 1, 0)
    end = np.take_along_axis(corner, following, axis=1)
    edge = (corner * np.uint64(0xC2B2AE3D27D4EB4F) + (end ^ (end >> np.uint64(31))))[used]
    cell = np.broadcast_to(np.arange(len(mesh))[:, None], corner.shape)[used]
    order = np.argsort(edge, kind="stable")
    twins = np.flatnonzero(edge[order][1:] == edge[order][:-1])
    if twins.size:
        a, b = sorted(mesh.cell_id[cell[order[twins[0] + i]]] for i in (0, 1))
        raise InputError(
            f"{title}: cells overlap: {twins.size} pair(s) lie on the same side of an edge that they share, "
            f"the first cell ids {a} and {b}; check the corners of these cells"
        )


def refuse_crossed(corners: np.ndarray, cell_id: np.ndarray, title: str) -> None:
    """``InputError`` where edges of a cell cross: the ends of each lie on both sides of the other.

    Parameters
    ----------
    corners
        Unit vectors (cells, corners, 3), in either direction; repeated corners do no harm.
    cell_id, title
        Ids (cells,) and the mesh, for the message.
    """
    parts = range(0, len(corners), _CHUNK)
    crossed = np.concatenate([_crosses_itself(corners[i : i + _CHUNK]) for i in parts])
    if crossed.any():
        first = cell_id[np.argmax(crossed)]
        raise InputError(
            f"{title}: edges of {int(crossed.sum())} cell(s) cross one another, the first is cell "
            f"id {first}; "
            "list corners in order around each cell"
        )


def _crosses_itself(corners: np.ndarray) -> np.ndarray:
    """Whether two edges of each polygon cross (polygons,); corners (polygons, corners, 3)."""
    width = corners.shape[1]
    step = np.roll(corners, -1, axis=1) - corners
    x, y, z = np.moveaxis(corners, 2, 0)
    u, v, w = np.moveaxis(step, 2, 0)
    normal = np.stack([y * w - z * v, z * u - x * w, x * v - y * u], axis=2)
    # side[n, i, j]: on which side of edge i corner j lies; zero on its great circle
    side = normal @ corners.transpose(0, 2, 1)
    side[np.abs(side) <= 1e-15 * np.linalg.norm(normal, axis=2)[:, :, None]] = 0.0
    separated = side * np.roll(side, -1, axis=2) < 0
    crossed = np.zeros(len(corners), dtype=bool)
    for i, j in combinations(range(width), 2):
        crossed |= separated[:, i, j] & separated[:, j, i]
    return crossed
