"""Regular grids to the axes of a window: nearest neighbour, bilinear, area mean, class fractions.

All are separable in latitude and longitude. Bilinear and mean leave missing source cells (NaN) out and
renormalise; where nothing is left the result is NaN. The means use exact overlaps (differences of sin
latitude times differences of longitude), hence they conserve area integrals.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import sparse

from pylandbc.sources.regular_grid import RegularGrid

TIE = 1e-7
"""Distance from an edge, in cells, that counts as on it: far above rounding, a tenth of a millimetre."""


def _positions(
    grid: RegularGrid, latitude: np.ndarray, longitude: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Fractional row and column of each target coordinate (0 is the centre of the first source cell)."""
    dlat, dlon = grid.step
    return (grid.latitude[0] - latitude) / dlat, (longitude - grid.longitude[0]) / dlon


def nearest(grid: RegularGrid, latitude: np.ndarray, longitude: np.ndarray, fill: float) -> np.ndarray:
    """Value of the source cell that holds each target point, (latitude, longitude) in the source's type;
    ``fill`` beyond its outer edges.

    A point on the edge of two cells belongs to the northern or western one, whatever rounding says: a map
    that is read in parts is the same as one read at once.
    """
    positions = _positions(grid, latitude, longitude)
    index = [np.floor(p + (0.5 - TIE)).astype(np.int64) for p in positions]
    inside = [(i >= 0) & (i < n) for i, n in zip(index, grid.values.shape, strict=True)]
    rows, cols = (np.clip(i, 0, n - 1) for i, n in zip(index, grid.values.shape, strict=True))
    out = grid.values[np.ix_(rows, cols)]
    out[~inside[0], :] = fill
    out[:, ~inside[1]] = fill
    return out


def _linear_weights(position: np.ndarray, size: int) -> sparse.csr_matrix:
    """Weights (target, source) of linear interpolation; constant within one cell beyond the ends, none
    further."""
    lower = np.clip(np.floor(position).astype(np.int64), 0, size - 2)
    upper_weight = np.clip(position - lower, 0.0, 1.0)
    inside = (position >= -1.0 - 1e-9) & (position <= size + 1e-9)
    target = np.arange(position.size)
    data = np.concatenate([(1 - upper_weight) * inside, upper_weight * inside])
    return sparse.csr_matrix(
        (data, (np.tile(target, 2), np.concatenate([lower, lower + 1]))), shape=(position.size, size)
    )


def _overlaps(source: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Source intervals that each target interval may overlap, and by how much; edges ascend in both.

    Both (target, reach); beyond the last overlap the length is 0.
    """
    first = np.clip(np.searchsorted(source, target[:-1], side="right") - 1, 0, source.size - 2)
    last = np.clip(np.searchsorted(source, target[1:], side="left") - 1, 0, source.size - 2)
    reach = int((last - first).max()) + 1
    index = first[:, None] + np.arange(reach)
    allowed = index <= last[:, None]
    index = np.minimum(index, source.size - 2)
    overlap = np.minimum(target[1:, None], source[index + 1]) - np.maximum(target[:-1, None], source[index])
    return index, np.where(allowed, np.maximum(overlap, 0.0), 0.0)


def _overlap_weights(source: np.ndarray, target: np.ndarray) -> sparse.csr_matrix:
    """Length of the overlap of each target interval with each source interval; edges ascend in both."""
    index, length = _overlaps(source, target)
    rows = np.repeat(np.arange(target.size - 1), index.shape[1])
    shape = (target.size - 1, source.size - 1)
    return sparse.csr_matrix((length.ravel(), (rows, index.ravel())), shape=shape)


def _apply(values: np.ndarray, row_weights: sparse.csr_matrix, col_weights: sparse.csr_matrix) -> np.ndarray:
    """Weighted mean of the valid source cells; NaN where their weight is zero."""
    values = np.asarray(values, dtype=np.float64)
    valid = np.isfinite(values)
    total = (col_weights @ (row_weights @ np.where(valid, values, 0.0)).T).T
    weight = (col_weights @ (row_weights @ valid.astype(np.float64)).T).T
    out = np.full(total.shape, np.nan)
    np.divide(total, weight, out=out, where=weight > 0)
    return out


def bilinear(grid: RegularGrid, latitude: np.ndarray, longitude: np.ndarray) -> np.ndarray:
    """Bilinear interpolation to target points, float64 (latitude, longitude); NaN further than one source
    cell from the data."""
    return bilinear_to(grid, latitude, longitude)(grid.values)


def _edges(centres: np.ndarray) -> np.ndarray:
    """Outer edges of equidistant cells, in the order of the centres; a single one is 0.25 degree wide."""
    if centres.size == 1:
        # only the project's coarse grid has windows of one cell
        return np.array([centres[0] - 0.125, centres[0] + 0.125])
    half = 0.5 * (centres[-1] - centres[0]) / (centres.size - 1)
    return np.append(centres - half, centres[-1] + half)


def _heights(centres: np.ndarray) -> np.ndarray:
    """Sine of the edges' latitudes, ascending, for centres that descend."""
    return np.sin(np.deg2rad(np.clip(_edges(centres[::-1]), -90.0, 90.0)))


def _area_weights(
    grid: RegularGrid, latitude: np.ndarray, longitude: np.ndarray
) -> tuple[sparse.csr_matrix, sparse.csr_matrix]:
    """Overlap weights of rows and columns with the cells of an equidistant target grid."""
    rows = _overlap_weights(_heights(grid.latitude), _heights(latitude))[::-1, ::-1].tocsr()
    return rows, _overlap_weights(_edges(grid.longitude), _edges(longitude))


def bilinear_to(
    grid: RegularGrid, latitude: np.ndarray, longitude: np.ndarray
) -> Callable[[np.ndarray], np.ndarray]:
    """:func:`bilinear` for many fields on one grid: weights are computed once."""
    rows, cols = _positions(grid, latitude, longitude)
    weights = _linear_weights(rows, grid.values.shape[0]), _linear_weights(cols, grid.values.shape[1])
    return lambda values: _apply(values, *weights)


def area_mean_to(
    grid: RegularGrid, latitude: np.ndarray, longitude: np.ndarray
) -> Callable[[np.ndarray], np.ndarray]:
    """:func:`area_mean` for many fields on one grid: weights are computed once."""
    weights = _area_weights(grid, latitude, longitude)
    return lambda values: _apply(values, *weights)


def area_mean(grid: RegularGrid, latitude: np.ndarray, longitude: np.ndarray) -> np.ndarray:
    """Mean over the cells of an equidistant target grid (centres given, north first), weighted by exact
    overlap area, float64 (latitude, longitude)."""
    return area_mean_to(grid, latitude, longitude)(grid.values)


def area_fraction(grid: RegularGrid, latitude: np.ndarray, longitude: np.ndarray) -> np.ndarray:
    """Share of each target cell's area on which the source is valid (not NaN), float64 0 ... 1, (latitude,
    longitude)."""
    rows, cols = _area_weights(grid, latitude, longitude)
    valid = np.isfinite(np.asarray(grid.values, dtype=np.float64)).astype(np.float64)
    heights, widths = np.diff(_heights(latitude))[::-1], np.diff(_edges(longitude))
    return np.clip(((cols @ (rows @ valid).T).T) / (heights[:, None] * widths[None, :]), 0.0, 1.0)


def class_fractions(
    grid: RegularGrid, codes: list[int], latitude: np.ndarray, longitude: np.ndarray
) -> np.ndarray:
    """Area fractions of classes, which may be smaller or larger than the target cells.

    Parameters
    ----------
    grid
        Integer codes; those not in ``codes`` count as unknown.
    codes
        Classes wanted.

    Returns
    -------
    numpy.ndarray
        float32 (class, lat, lon): shares of the known area of each target cell, which sum to 1; NaN where
        nothing is known.
    """
    position = np.full(int(grid.values.max(initial=0)) + 1, len(codes), dtype=np.intp)
    for number, code in enumerate(codes):
        if code < position.size:
            position[code] = number
    classes = position[grid.values]
    # rows ascend in sin latitude, hence from the south: turned round again below
    rows, heights = _overlaps(_heights(grid.latitude), _heights(latitude))
    rows, heights = grid.latitude.size - 1 - rows[::-1], heights[::-1]
    cols, widths = _overlaps(_edges(grid.longitude), _edges(longitude))
    # the last class collects what is unknown
    out = np.zeros((latitude.size, len(codes) + 1, longitude.size), dtype=np.float32)
    places = np.arange(longitude.size)
    for row in range(latitude.size):
        line = np.zeros((len(codes) + 1, longitude.size))
        for source, height in zip(rows[row], heights[row], strict=True):
            for reach in range(cols.shape[1]):
                # one source cell for each target cell at a time, so that no place is added to twice at once
                line[classes[source, cols[:, reach]], places] += height * widths[:, reach]
        out[row] = line
    fractions = np.moveaxis(out[:, :-1], 1, 0)
    known = fractions.sum(axis=0, dtype=np.float64)
    with np.errstate(invalid="ignore"):
        fractions /= np.where(known > 0, known, np.nan).astype(np.float32)
    return fractions
