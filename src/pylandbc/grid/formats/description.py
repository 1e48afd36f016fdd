"""What ``pylandbc mesh info`` says of a mesh: kind, cells, corners, extent, areas against the "
"sphere, repairs."""

from __future__ import annotations

from typing import Any

import numpy as np

from pylandbc.grid.formats.overlapping import SPHERE
from pylandbc.grid.formats.parallels import has_parallels, true_areas
from pylandbc.grid.mesh import Mesh


def describe(mesh: Mesh) -> dict[str, Any]:
    """Facts of a mesh, ready for JSON.

    Returns
    -------
    dict
        ``mesh`` (its ``kind``), ``cells``, ``global_cells``, ``masked``, ``corners`` (number of cells by
        number of corners), ``first_id``, ``last_id``, ``extent`` (west, south, east, north, degrees; east may
        exceed 180), ``edges``, ``area_km2`` (min, mean, max), ``area_of_sphere`` (sum of areas over the
        sphere's), ``fingerprint``, ``repairs``.
    """
    area = true_areas(mesh)
    counts, numbers = np.unique(mesh.corner_count, return_counts=True)
    kind = {k: v for k, v in mesh.kind.items() if k not in ("repairs", "masked", "global_cells")}
    return {
        "mesh": kind,
        "cells": len(mesh),
        "global_cells": mesh.kind.get("global_cells", len(mesh)),
        "masked": mesh.kind.get("masked", 0),
        "corners": {int(c): int(n) for c, n in zip(counts, numbers, strict=True)},
        "first_id": int(mesh.cell_id[0]),
        "last_id": int(mesh.cell_id[-1]),
        "extent": list(extent(mesh)),
        "edges": "parallels and meridians" if has_parallels(mesh) else "great circles",
        "area_km2": {
            "min": float(area.min()) / 1e6,
            "mean": float(area.mean()) / 1e6,
            "max": float(area.max()) / 1e6,
        },
        "area_of_sphere": float(area.sum()) / SPHERE,
        "fingerprint": mesh.fingerprint,
        "repairs": list(mesh.kind.get("repairs", [])),
    }


def extent(mesh: Mesh) -> tuple[float, float, float, float]:
    """West, south, east, north of the corners, degrees; east may exceed 180.

    The widest gap in longitude lies outside. A cell around a pole takes the extent to the pole and round the
    globe.
    """
    south, north = float(mesh.lat_vertices.min()), float(mesh.lat_vertices.max())
    for sign in poles_held(mesh):
        south, north = min(south, 90.0 * sign), max(north, 90.0 * sign)
    off_pole = np.abs(mesh.lat_vertices) < 90 - 1e-9
    west = np.where(off_pole, mesh.lon_vertices, np.inf).min(axis=1)
    east = np.where(off_pole, mesh.lon_vertices, -np.inf).max(axis=1)
    if poles_held(mesh) or np.any(east - west > 180):
        return -180.0, south, 180.0, north
    start = (west + 180.0) % 360.0 - 180.0
    order = np.argsort(start)
    start, end = start[order], np.maximum.accumulate((start + (east - west))[order])
    gaps = np.append(start[1:], start[0] + 360.0) - end
    widest = int(np.argmax(gaps))
    if gaps[widest] <= 1e-9:
        return -180.0, south, 180.0, north
    first = start[(widest + 1) % len(start)]
    last = end[widest] if widest == len(start) - 1 else end[widest] + 360.0
    return float(first), south, float(last), north


def poles_held(mesh: Mesh) -> list[int]:
    """1 where a cell has the north pole inside, -1 for the south pole."""
    held = []
    for sign in (1, -1):
        corners = mesh.corners
        near = np.flatnonzero((sign * corners[:, :, 2]).max(axis=1) > 0)
        around = np.zeros(len(near))
        for i in range(corners.shape[1]):
            a, b = corners[near, i], corners[near, (i + 1) % corners.shape[1]]
            around += np.arctan2(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0], (a[:, :2] * b[:, :2]).sum(axis=1))
        # the corners' longitudes go once round
        if np.any(np.abs(around) > np.pi):
            held.append(sign)
    return held
