"""Class maps at 1 km to area fractions and transitions at 0.25 degree, and their interpolation between years.

Fractions are of the known land (classes 1 to 7) of a cell; ocean and unknown pixels take no part. Pixels
count with their exact area.
"""

from __future__ import annotations

import numpy as np

from pylandbc.grid.window import COARSE, Window
from pylandbc.legend import LAND_USE, TRANSITIONS


def class_fractions(land_use: np.ndarray, window: Window) -> np.ndarray:
    """Area fractions of classes 1 ... 7 in each 0.25 degree cell.

    Parameters
    ----------
    land_use
        Class codes, uint8 (rows, cols).

    Returns
    -------
    numpy.ndarray
        float64 (7, lat, lon); they sum to 1, or are NaN where a cell has no known land.
    """
    lat, lon = window.coarse_shape
    area = window.pixel_area.reshape(lat, COARSE)
    areas = np.empty((len(LAND_USE) - 1, lat, lon))
    for code in range(1, len(LAND_USE)):
        counts = (land_use == code).reshape(lat, COARSE, lon, COARSE).sum(axis=3)
        areas[code - 1] = np.einsum("ikj,ik->ij", counts.astype(np.float64), area)
    total = areas.sum(axis=0)
    return np.divide(areas, total, out=np.full_like(areas, np.nan), where=total > 0)


def class_transitions(before: np.ndarray, after: np.ndarray, window: Window) -> np.ndarray:
    """Area fractions of the known land of each 0.25 degree cell that went from one class to another.

    Parameters
    ----------
    before, after
        Class codes of two maps, uint8 (rows, cols). Land counts that is known in both.

    Returns
    -------
    numpy.ndarray
        float64 (transition, lat, lon), in the order of ``TRANSITIONS``; NaN where a cell has no such land.
    """
    lat, lon = window.coarse_shape
    last = len(LAND_USE) - 1
    area = np.broadcast_to(window.pixel_area[:, None], before.shape)
    known = (before >= 1) & (before <= last) & (after >= 1) & (after <= last)
    total = (known * area).reshape(lat, COARSE, lon, COARSE).sum(axis=(1, 3))
    place = np.full((len(LAND_USE), len(LAND_USE)), -1)
    for number, pair in enumerate(TRANSITIONS.values()):
        place[pair] = number
    rows, cols = np.nonzero(known & (before != after))
    number = place[before[rows, cols], after[rows, cols]]
    rows, cols, number = (a[number >= 0] for a in (rows, cols, number))
    index = np.ravel_multi_index((number, rows // COARSE, cols // COARSE), (len(TRANSITIONS), lat, lon))
    areas = np.bincount(index, weights=area[rows, cols], minlength=len(TRANSITIONS) * lat * lon)
    areas = areas.reshape(len(TRANSITIONS), lat, lon)
    return np.divide(areas, total, out=np.full_like(areas, np.nan), where=total > 0)


def between(year: int, years: np.ndarray, values: np.ndarray) -> np.ndarray:
    """The field of one year, linearly between the two nearest, in the precision of ``values``.

    ``year`` lies within ``years`` (ascending); ``values`` is (years, ...).
    """
    after = int(np.searchsorted(years, year))
    if years[after] == year:
        return values[after]
    part = (year - years[after - 1]) / (years[after] - years[after - 1])
    mixed = (1 - part) * values[after - 1].astype(np.float64) + part * values[after]
    return mixed.astype(values.dtype)
