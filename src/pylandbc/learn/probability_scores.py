"""Scores of probabilities: log loss, Brier score, expected calibration error, reliability of change.

Log loss ``-log p_o`` (Good 1952, J. R. Stat. Soc. B 14, 107) and Brier score ``sum_k (p_k - [k = o])^2``
(Brier 1950, Mon. Weather Rev. 78, 1), means weighted by area. Calibration error: ``sum_b w_b |right_b -
confidence_b|`` over 15 bins of the largest probability (Guo et al. 2017, ICML). Reliability of change: in 15
bins of ``1 - p_before``, the observed share of change (Broecker & Smith 2007, Weather Forecast. 22, 651).
"""

from __future__ import annotations

import numpy as np

from pylandbc.learn.metrics import Array, ratio

BINS = 15
LEAST = 1.0e-7
"""Probabilities are not taken below this in the log loss, so that one impossible pixel does not decide it."""


def losses(probabilities: np.ndarray, observed: np.ndarray) -> tuple[Array, Array]:
    """Log loss and Brier score of each of n pixels from (n, K)."""
    chance = np.asarray(probabilities, dtype=np.float64)
    own = chance[np.arange(observed.size), observed]
    return -np.log(np.maximum(own, LEAST)), (chance**2).sum(1) - 2.0 * own + 1.0


def binned(
    chance: np.ndarray, event: np.ndarray, weight: np.ndarray, block: np.ndarray, blocks: int
) -> Array:
    """Sums by block and bin of area, area x probability and area of the event, (blocks, BINS, 3)."""
    bins = np.minimum((np.asarray(chance) * BINS).astype(np.int64), BINS - 1)
    index = block.astype(np.int64) * BINS + bins
    parts = (weight, weight * chance, weight * event)
    return np.stack([np.bincount(index, p, blocks * BINS).reshape(blocks, BINS) for p in parts], -1)


def calibration_error_of(sums: Array) -> Array:
    """Expected calibration error from sums (..., BINS, 3)."""
    return ratio(np.abs(sums[..., 2] - sums[..., 1]).sum(-1), sums[..., 0].sum(-1))
