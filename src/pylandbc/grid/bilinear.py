"""Linear interpolation from cell centres to pixels on the sphere, for smooth fields such as climate.

Cell centres are joined to the spherical Delaunay triangulation (the convex hull of points on a sphere;
Brown 1979, Inf. Process. Lett. 9, 223). A pixel takes the three corners of its triangle with the barycentric
weights of the point where its direction meets the triangle's plane, which are continuous across edges, sum to
one and are never negative. Interpolation does not conserve integrals: use overlaps for fluxes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.spatial import ConvexHull, KDTree, QhullError

from pylandbc.grid.mesh import Mesh
from pylandbc.grid.nearest import bounding_radius, pixel_centres
from pylandbc.grid.sphere import unit_vectors
from pylandbc.grid.window import Rectangle
from pylandbc.progress import TellShare

_STEPS = 100
"""Triangles crossed on the way to a pixel; three or four are usual."""
_ON_THE_EDGE = -1e-12


@dataclass(frozen=True, eq=False)
class PointWeights:
    """Weights of cells at pixel centres.

    Parameters
    ----------
    matrix
        (pixels, cells); rows sum to one, or are empty where no cell is near.
    """

    matrix: sparse.csr_array

    def to_grid(self, values: np.ndarray) -> np.ndarray:
        """Values per cell, (cells,) or (cells, fields), at the pixels; NaN where no cell is near."""
        result = np.asarray(self.matrix @ np.asarray(values, dtype=np.float64))
        result[np.diff(self.matrix.indptr) == 0] = np.nan
        return result


def bilinear(mesh: Mesh, window: Rectangle, progress: TellShare | None = None) -> PointWeights:
    """Interpolation weights from a mesh to a window.

    Parameters
    ----------
    mesh
        Cells near the window; a ring of cells beyond it lets pixels at its rim lie between centres.
    window
        Window of the 1 km grid.
    progress
        Called with the part done, 0 ... 1.

    Returns
    -------
    PointWeights
        Pixels beyond the outermost centres take the nearest cell if they lie within its bounding circle.
    """
    centres = unit_vectors(mesh.lon, mesh.lat)
    tree, radius = KDTree(centres), bounding_radius(mesh)
    triangles = _triangulate(centres)
    rows, cols, values = [], [], []
    for points, part in pixel_centres(window):
        distance, nearest = tree.query(points)
        pixel = np.arange(part.start, part.stop)
        if triangles is None:
            found = np.full(len(points), -1)
        else:
            found, weight = triangles.locate(points, nearest)
            inside = found >= 0
            rows.append(np.repeat(pixel[inside], 3))
            cols.append(triangles.corner[found[inside]].ravel())
            values.append(weight[inside].ravel())
        beyond = (found < 0) & (distance <= radius[nearest])
        rows.append(pixel[beyond])
        cols.append(nearest[beyond])
        values.append(np.ones(int(beyond.sum())))
        if progress:
            progress(part.stop / (window.rows * window.cols))
    shape = (window.rows * window.cols, len(mesh))
    entries = (np.concatenate(values), (np.concatenate(rows), np.concatenate(cols)))
    matrix = sparse.csr_array(sparse.coo_array(entries, shape=shape))
    matrix.eliminate_zeros()
    return PointWeights(matrix)


@dataclass(frozen=True, eq=False)
class _Triangles:
    """A Delaunay triangulation of directions.

    Parameters
    ----------
    points
        Unit vectors (n, 3).
    corner
        Points of each triangle, counter-clockwise seen from outside (triangles, 3).
    across
        The triangle across the edge opposite each corner, -1 at the rim (triangles, 3).
    first
        A triangle at each point, -1 if it has none (n,).
    """

    points: np.ndarray
    corner: np.ndarray
    across: np.ndarray
    first: np.ndarray

    def locate(self, target: np.ndarray, nearest: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The triangle that holds each direction, -1 outside, and its weights (n, 3).

        Walks from a triangle at the nearest point over the edge that the direction lies farthest beyond.
        """
        place = self.first[nearest].copy()
        weight = np.zeros((len(target), 3))
        walking = np.flatnonzero(place >= 0)
        for _ in range(_STEPS):
            if not walking.size:
                break
            here = self._weights(target[walking], place[walking])
            weight[walking] = here
            least = here.argmin(axis=1)
            outside = here[np.arange(len(here)), least] < _ON_THE_EDGE
            walking = walking[outside]
            place[walking] = self.across[place[walking], least[outside]]
            walking = walking[place[walking] >= 0]
        place[walking] = -1
        weight = np.maximum(weight, 0.0)
        return place, weight / np.maximum(weight.sum(axis=1, keepdims=True), 1e-300)

    def _weights(self, target: np.ndarray, triangle: np.ndarray) -> np.ndarray:
        a, b, c = (self.points[self.corner[triangle, i]] for i in range(3))
        # p.(b x c) and so on; differences keep the digits that small triangles need
        parts = [
            np.einsum("ij,ij->i", target, np.cross(v - target, w - target))
            for v, w in ((b, c), (c, a), (a, b))
        ]
        stacked = np.stack(parts, axis=1)
        return stacked / np.maximum(stacked.sum(axis=1, keepdims=True), 1e-300)


def _triangulate(points: np.ndarray) -> _Triangles | None:
    """The triangulation, None where there are too few points or all lie on one circle."""
    if len(points) < 4:
        return None
    try:
        hull = ConvexHull(points)
    except QhullError:
        return None
    # of a regional mesh's hull, the faces turned to the centre of the sphere close it from below
    outer = np.flatnonzero(hull.equations[:, 3] < -1e-12)
    number = np.full(len(hull.simplices), -1)
    number[outer] = np.arange(len(outer))
    corner, across = hull.simplices[outer].astype(np.int64), number[hull.neighbors[outer]]
    a, b, c = (points[corner[:, i]] for i in range(3))
    clockwise = np.einsum("ij,ij->i", a, np.cross(b - a, c - a)) < 0
    corner[clockwise, 1:] = corner[clockwise, 2:0:-1]
    across[clockwise, 1:] = across[clockwise, 2:0:-1]
    first = np.full(len(points), -1)
    first[corner.ravel()] = np.repeat(np.arange(len(corner)), 3)
    return _Triangles(points, corner, across, first)
