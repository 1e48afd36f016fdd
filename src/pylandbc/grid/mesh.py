"""A native mesh: polygons on the sphere with the host model's global cell ids.

Edges are great circles, corners run counter-clockwise seen from outside, areas are exact spherical excesses
on the sphere of ``window.EARTH_RADIUS``. Cells with fewer corners than the widest are padded by repeating
their last corner, as CF bounds do. A mesh is usually only the part of the planet's that overlaps a window.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from pylandbc.errors import InputError
from pylandbc.grid.sphere import distance_to_box, lon_lat, polygon_areas, unit_vectors
from pylandbc.grid.window import EARTH_RADIUS, Rectangle


@dataclass(frozen=True, eq=False)
class Mesh:
    """Polygons on the sphere.

    Parameters
    ----------
    cell_id
        The host's global ids (cells,), int64, strictly ascending.
    lon_vertices, lat_vertices
        Corners, degrees (cells, corners), counter-clockwise; short cells repeat their last corner.
    corner_count
        Number of corners of each cell (cells,).
    lon, lat
        Cell centres, degrees (cells,).
    kind
        What the mesh is, as written to ``bundle.json``, e.g. ``{"kind": "healpix", "nside": 128, ...}``.

    Raises
    ------
    InputError
        Where ids repeat or descend, shapes differ, coordinates are no degrees, or a cell has no area or runs
        clockwise.
    """

    cell_id: np.ndarray
    lon_vertices: np.ndarray
    lat_vertices: np.ndarray
    corner_count: np.ndarray
    lon: np.ndarray
    lat: np.ndarray
    kind: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        n = len(self.cell_id)
        shapes = {self.lon_vertices.shape, self.lat_vertices.shape}
        vectors = {self.corner_count.shape, self.lon.shape, self.lat.shape, (n,)}
        if n == 0 or len(shapes) != 1 or len(vectors) != 1 or self.lon_vertices.shape[:1] != (n,):
            raise InputError(
                f"mesh {self.name}: arrays do not belong together "
                f"(cells {n}, vertices {shapes}, others {vectors})"
            )
        if np.any(np.diff(self.cell_id) <= 0):
            raise InputError(f"mesh {self.name}: cell ids must be unique and ascending; sort the cells by id")
        if np.any(self.corner_count < 3) or np.any(self.corner_count > self.lon_vertices.shape[1]):
            raise InputError(
                f"mesh {self.name}: every cell needs between 3 and {self.lon_vertices.shape[1]} corners"
            )
        if not (np.all(np.isfinite(self.lon_vertices)) and np.all(np.abs(self.lat_vertices) <= 90 + 1e-9)):
            raise InputError(
                f"mesh {self.name}: vertices are missing or beyond 90 degrees of latitude; "
                "are they in degrees?"
            )
        bad = np.flatnonzero(self.area <= 0)
        if bad.size:
            raise InputError(
                f"mesh {self.name}: {bad.size} cell(s) have no area or clockwise corners, "
                f"first cell id {self.cell_id[bad[0]]}; give corners counter-clockwise seen from outside"
            )

    def __len__(self) -> int:
        return len(self.cell_id)

    @property
    def name(self) -> str:
        """A short name for messages, e.g. ``healpix 128 nested``."""
        told_elsewhere = {"global_cells", "masked", "repairs", "bounds"}
        return " ".join(str(v) for k, v in self.kind.items() if k not in told_elsewhere) or "without name"

    @cached_property
    def corners(self) -> np.ndarray:
        """Unit vectors of the corners (cells, corners, 3)."""
        return unit_vectors(self.lon_vertices, self.lat_vertices)

    @cached_property
    def area(self) -> np.ndarray:
        """Great-circle areas of the cells, m2 (cells,)."""
        return EARTH_RADIUS**2 * polygon_areas(self.corners)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over ids and corners: two meshes with one fingerprint have the same overlap weights."""
        digest = hashlib.sha256()
        for array, dtype in (
            (self.cell_id, "<i8"),
            (self.corner_count, "<i4"),
            (self.lon_vertices, "<f8"),
            (self.lat_vertices, "<f8"),
        ):
            digest.update(str(array.shape).encode())
            digest.update(np.ascontiguousarray(array, dtype=dtype).tobytes())
        return digest.hexdigest()

    def subset(self, cells: np.ndarray) -> Mesh:
        """The mesh of the given cells (boolean mask, or ascending positions)."""
        return Mesh(
            self.cell_id[cells],
            self.lon_vertices[cells],
            self.lat_vertices[cells],
            self.corner_count[cells],
            self.lon[cells],
            self.lat[cells],
            self.kind,
        )

    def near(self, window: Rectangle) -> Mesh:
        """The cells that may overlap the window: those whose bounding circle touches it."""
        cells = circles_touch(self.corners, window)
        if not cells.any():
            raise InputError(f"mesh {self.name} has no cell near the window {window}; is it another region?")
        return self.subset(cells)


def circles_touch(corners: np.ndarray, window: Rectangle) -> np.ndarray:
    """Whether the bounding circles of polygons touch a window (polygons,); corners (polygons, corners, 3)."""
    centre = corners.mean(axis=1)
    centre /= np.linalg.norm(centre, axis=1, keepdims=True)
    chord = np.linalg.norm(corners - centre[:, None], axis=2).max(axis=1)
    radius = 2 * np.arcsin(np.minimum(chord / 2, 1.0))
    away = distance_to_box(centre, window.west, window.south, window.east, window.north)
    return away <= radius + 1e-9


def from_corners(cell_id: np.ndarray, corners: np.ndarray, kind: dict[str, Any]) -> Mesh:
    """A mesh of polygons that all have the same number of corners.

    Parameters
    ----------
    cell_id
        Ids (cells,), any order.
    corners
        Unit vectors (cells, corners, 3), counter-clockwise seen from outside.
    kind
        What the mesh is.

    Returns
    -------
    Mesh
        Sorted by id; centres are the normalised means of the corners; longitudes of corners lie within 180
        degrees of the centre's.
    """
    order = np.argsort(cell_id, kind="stable")
    corners = corners[order]
    lon, lat = lon_lat(corners.mean(axis=1))
    lon_v, lat_v = lon_lat(corners)
    return Mesh(
        np.asarray(cell_id, dtype=np.int64)[order],
        unwrap(lon_v, lon),
        lat_v,
        np.full(len(corners), corners.shape[1], dtype=np.int32),
        lon,
        lat,
        kind,
    )


def unwrap(lon_vertices: np.ndarray, lon: np.ndarray) -> np.ndarray:
    """Vertex longitudes (cell, vertex) shifted by full turns to within 180 degrees of the cell centres',
    (cell,); degrees."""
    return lon_vertices - 360.0 * np.round((lon_vertices - lon[:, None]) / 360.0)
