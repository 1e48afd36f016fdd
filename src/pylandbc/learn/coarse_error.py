"""Class fractions of 0.25 degree cells: what a host model that sees only areas would notice.

For each cell of 25 x 25 pixels the predicted fraction of each class among its scored pixels is compared with
the observed one: ``RMSE = sqrt(sum w d^2 / sum w)``, ``MAE = sum w |d| / sum w``, weighted by the area scored
in the cell and averaged over the classes alike.
"""

from __future__ import annotations

import numpy as np

from pylandbc.grid.window import COARSE
from pylandbc.learn.metrics import Array, ratio


def cell_errors(
    observed: np.ndarray,
    predicted: np.ndarray,
    rows: np.ndarray,
    cols: np.ndarray,
    weight: np.ndarray,
    block: np.ndarray,
    blocks: int,
    classes: int,
) -> np.ndarray:
    """Sums by block and class of area, area x error^2, area x |error| and area x error,
    (blocks, K, 4), from n pixels."""
    place = (rows // COARSE).astype(np.int64) * (1 << 20) + cols // COARSE
    places, first, cell = np.unique(place, return_index=True, return_inverse=True)
    area = np.bincount(cell, weight, places.size)

    def fractions(maps: np.ndarray) -> np.ndarray:
        sums = np.bincount(cell * classes + maps, weight, places.size * classes)
        return sums.reshape(places.size, classes) / area[:, None]

    error = fractions(predicted.astype(np.int64)) - fractions(observed.astype(np.int64))
    parts = np.stack([np.ones_like(error), error**2, np.abs(error), error], -1) * area[:, None, None]
    out = np.zeros((blocks, classes, 4))
    # A one-degree block holds whole cells, so that each belongs to the block of its first pixel.
    np.add.at(out, block[first].astype(np.int64), parts)
    return out


def rmse_of(sums: Array) -> Array:
    """Root of the mean square error over classes and cells, from sums (..., K, 4)."""
    return np.sqrt(ratio(sums[..., 1].sum(-1), sums[..., 0].sum(-1)))


def mae_of(sums: Array) -> Array:
    """Mean absolute error over classes and cells, from sums (..., K, 4)."""
    return ratio(sums[..., 2].sum(-1), sums[..., 0].sum(-1))
