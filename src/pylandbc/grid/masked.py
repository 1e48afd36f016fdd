"""Regridding fields that exist on land only: coasts, and pixels without a value.

What is regridded is area: fraction x land on one side, divided by the land that arrives on the other. The
integral over land is then the same on both sides, and a constant stays the constant on every cell that has
any land.
"""

from __future__ import annotations

import numpy as np

from pylandbc.errors import InputError
from pylandbc.grid.overlap import OverlapSet


def masked_to_mesh(
    overlap: OverlapSet, values: np.ndarray, land: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Pixels to cells, counting only land.

    Parameters
    ----------
    overlap
        Overlaps of mesh and window.
    values
        Per pixel, (pixels,) or (pixels, fields); may be NaN where there is no land.
    land
        Part of each pixel that is land, 0 ... 1 (pixels,), or of each pixel and field.

    Returns
    -------
    values, land
        Means over land (cells,) or (cells, fields), NaN where there is none, and the part of each cell
        (inside the window) that is land. ``values * land * cell_area`` sums to the pixels' integral over
        land.
    """
    amount, weight = _prepared(values, land)
    reached = overlap.to_mesh(weight)
    return _ratio(overlap.to_mesh(amount), reached), reached


def masked_to_grid(
    overlap: OverlapSet, values: np.ndarray, land: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Cells to pixels, counting only land; see `masked_to_mesh`."""
    amount, weight = _prepared(values, land)
    reached = overlap.to_grid(weight)
    return _ratio(overlap.to_grid(amount), reached), reached


def _prepared(values: np.ndarray, land: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    values, land = np.asarray(values, dtype=np.float64), np.asarray(land, dtype=np.float64)
    if np.any(~((land >= 0) & (land <= 1))):
        raise InputError(
            "land must be a fraction from 0 to 1 everywhere; is it in per cent, or missing over sea?"
        )
    if land.ndim < values.ndim:
        land = land[:, None]
    land = np.broadcast_to(land, values.shape)
    return np.where(land > 0, values, 0.0) * land, land


def _ratio(amount: np.ndarray, land: np.ndarray) -> np.ndarray:
    return np.divide(amount, land, out=np.full(amount.shape, np.nan), where=land > 0)
