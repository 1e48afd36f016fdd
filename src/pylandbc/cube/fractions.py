"""Class maps at 1 km to area fractions at 0.25 degree, and their interpolation between years.

Fractions are of the known land (classes 1 to 7) of a cell; ocean and unknown pixels take no part. Pixels
count with their exact area.
"""

from __future__ import annotations

import numpy as np

from pylandbc.grid.window import COARSE, Window
from pylandbc.legend import LAND_USE


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
