"""Which pixels lie wholly inside one mesh cell: these need no clipping.

A pixel's edges are two meridians (great circles) and two true parallels. It lies inside a cell or outside it
where no edge of the cell passes through it. The compiled kernel walks along the edges, whatever the cell's
shape, so that its cost is that of the boundaries. Without it, in a source tree that was not built, convex
cells are tested by half-spaces: on meridian edges at the ends, on a parallel also at the one longitude where
the half-space's value is least. Both answers are exact, not sampled; the half-spaces leave cells that are not
convex alone, and all their pixels are clipped.
"""

from __future__ import annotations

import numpy as np

from pylandbc.errors import InputError
from pylandbc.grid.exact import clip_window
from pylandbc.grid.mesh import Mesh
from pylandbc.grid.native import find_kernels
from pylandbc.grid.window import COLS, PIXEL, Rectangle

_ON_THE_EDGE = 1e-14
"""Values above minus this (0.06 micrometres) count as inside, so that shared edges belong to a cell."""


def interior_owner(mesh: Mesh, window: Rectangle) -> np.ndarray:
    """The cell that wholly contains each pixel.

    Parameters
    ----------
    mesh
        Mesh near the window; its cells do not overlap one another. Edges are taken as great circles.
    window
        Window of the 1 km grid.

    Returns
    -------
    numpy.ndarray
        int32 (rows, cols): 0-based position of the cell, -1 for pixels on a boundary or outside the mesh.

    Raises
    ------
    InputError
        If a pixel lies wholly inside two cells.
    """
    if find_kernels() is not None:
        return clip_window(mesh, window, parallels=False).owner
    return owner_by_half_spaces(mesh, window)


def owner_by_half_spaces(mesh: Mesh, window: Rectangle) -> np.ndarray:
    """As `interior_owner`, cell by cell in numpy; cells that are not convex own nothing; ``InputError`` if
    two cells overlap."""
    owner = np.full(window.shape, -1, dtype=np.int32)
    sin_lat, cos_lat, cos_lon, sin_lon = _vertex_lines(window)
    for cell in range(len(mesh)):
        corners = mesh.corners[cell, : mesh.corner_count[cell]]
        normals = inward_normals(corners)
        if normals is None:
            continue
        rows = _bounding_rows(_distinct(corners), normals, window)
        if rows.start >= rows.stop:
            continue
        away_from_poles = np.abs(mesh.lat_vertices[cell]) < 90 - 1e-9
        for cols in _bounding_columns(mesh.lon_vertices[cell][away_from_poles], normals, window):
            inside = np.ones((rows.stop - rows.start, cols.stop - cols.start), dtype=bool)
            r, c = slice(rows.start, rows.stop + 1), slice(cols.start, cols.stop + 1)
            for normal in normals:
                along = normal[0] * cos_lon[c] + normal[1] * sin_lon[c]
                value = np.multiply.outer(cos_lat[r], along) + (normal[2] * sin_lat[r])[:, None]
                good = value >= -_ON_THE_EDGE
                inside &= good[:-1, :-1] & good[:-1, 1:] & good[1:, :-1] & good[1:, 1:]
                _exclude_dips(inside, normal, window, rows, cols, sin_lat, cos_lat)
            part = owner[rows, cols]
            if np.any(part[inside] >= 0):
                other = part[inside].max()
                raise InputError(
                    f"cells {mesh.cell_id[other]} and {mesh.cell_id[cell]} of mesh {mesh.name} "
                    "overlap one another; a native mesh must cover the sphere at most once"
                )
            part[inside] = cell
    return owner


def inward_normals(corners: np.ndarray) -> np.ndarray | None:
    """Unit normals (edges, 3) of the half-spaces whose intersection is the polygon; None if it is not convex.

    Parameters
    ----------
    corners
        Unit vectors (corners, 3), counter-clockwise; repeated corners are left out.
    """
    kept = _distinct(corners)
    following = np.roll(kept, -1, axis=0)
    # p x (q - p) = p x q, without cancellation for short edges
    normals = np.cross(kept, following - kept)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    if len(kept) < 3 or (kept @ normals.T).min() < -1e-12:
        return None
    return normals


def _distinct(corners: np.ndarray) -> np.ndarray:
    """The corners without those that the next one repeats."""
    return corners[np.linalg.norm(np.roll(corners, -1, axis=0) - corners, axis=1) > 1e-14]


def _vertex_lines(window: Rectangle) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    lat = np.deg2rad(90.0 - (window.row + np.arange(window.rows + 1)) / 100)
    lon = np.deg2rad((window.col + np.arange(window.cols + 1)) / 100 - 180.0)
    return np.sin(lat), np.cos(lat), np.cos(lon), np.sin(lon)


def _bounding_rows(corners: np.ndarray, normals: np.ndarray, window: Rectangle) -> slice:
    """Rows of pixels between the cell's northernmost and southernmost points: corners, edges or a pole."""
    reach = []
    for sign in (1.0, -1.0):
        highest = float(np.max(sign * corners[:, 2]))
        # the great circle's highest point, and whether it lies between the edge's two ends
        apex = sign * (np.array([0.0, 0.0, 1.0]) - normals[:, 2:] * normals)
        following = np.roll(corners, -1, axis=0)
        between = (_triple(normals, corners, apex) > 0) & (_triple(normals, following, apex) < 0)
        if between.any():
            highest = max(highest, float(np.linalg.norm(apex[between], axis=1).max()))
        if np.all(sign * normals[:, 2] > 0):
            highest = 1.0
        reach.append(sign * np.rad2deg(np.arcsin(min(highest, 1.0))))
    north, south = reach
    first, last = np.floor((window.north - north) / PIXEL), np.ceil((window.north - south) / PIXEL)
    return slice(max(int(first), 0), min(int(last), window.rows))


def _bounding_columns(lon_vertices: np.ndarray, normals: np.ndarray, window: Rectangle) -> list[slice]:
    """Columns of pixels between the cell's corners: two pieces where the window goes round the globe."""
    if np.all(normals[:, 2] > 0) or np.all(normals[:, 2] < 0) or np.ptp(lon_vertices) > 180:
        return [slice(0, window.cols)]
    pieces = []
    for turn in (-360.0, 0.0, 360.0):
        first = int(np.floor((lon_vertices.min() + turn - window.west) / PIXEL))
        last = int(np.ceil((lon_vertices.max() + turn - window.west) / PIXEL))
        piece = slice(max(first, 0), min(last, window.cols))
        if piece.start < piece.stop:
            pieces.append(piece)
    return pieces


def _triple(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    return np.einsum("ij,ij->i", np.cross(a, b), c)


def _exclude_dips(
    inside: np.ndarray,
    normal: np.ndarray,
    window: Rectangle,
    rows: slice,
    cols: slice,
    sin_lat: np.ndarray,
    cos_lat: np.ndarray,
) -> None:
    """Clear pixels whose parallels leave the half-space between two corners that are inside."""
    level = np.hypot(normal[0], normal[1])
    least = np.rad2deg(np.arctan2(-normal[1], -normal[0]))
    place = ((least - window.west) % 360.0) / PIXEL
    for column in {int(np.floor(place)), int(np.floor(place)) - COLS}:
        if not cols.start <= column < cols.stop:
            continue
        r = slice(rows.start, rows.stop + 1)
        good = normal[2] * sin_lat[r] - level * cos_lat[r] >= -_ON_THE_EDGE
        inside[:, column - cols.start] &= good[:-1] & good[1:]
