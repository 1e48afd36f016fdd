"""The three-map comparison at coarser resolutions: is change right nearby, if not to the pixel?

In each cell of n x n pixels the area of every transition in the observed and the predicted map is compared
(Pontius et al. 2011, Ann. AAG 101, 45): hits are ``sum min(observed_ij, predicted_ij)`` over transitions
i to j; change from class i in both maps, ``sum_i min(observed_i, predicted_i)``, less the hits are wrong
hits; what is left of the observed change are misses, of the predicted change false alarms. At one pixel
this is the ordinary comparison.
"""

from __future__ import annotations

import numpy as np

from pylandbc.grid.window import COARSE

RESOLUTIONS = (1, 2, 4, 8, 16, COARSE)
"""Pixels along a cell."""


def components(
    before: np.ndarray,
    observed: np.ndarray,
    predicted: np.ndarray,
    rows: np.ndarray,
    cols: np.ndarray,
    weight: np.ndarray,
    block: np.ndarray,
    blocks: int,
    classes: int,
    size: int,
) -> np.ndarray:
    """Area of hits, wrong hits, misses and false alarms by block, (blocks, 4).

    Parameters
    ----------
    before, observed, predicted
        Class codes of n pixels.
    rows, cols
        Their places in the window, whose corner lies on the lattice of cells.
    weight, block
        Their areas and the numbers of their blocks; a cell that reaches over several blocks counts as one
        in each.
    size
        Pixels along a cell.
    """
    moved = (before != observed) | (before != predicted)
    before, observed, predicted, rows, cols, block = (
        a[moved].astype(np.int64) for a in (before, observed, predicted, rows, cols, block)
    )
    weight = weight[moved]
    if not weight.size:
        return np.zeros((blocks, 4))
    place = (block * (1 << 20) + rows // size) * (1 << 20) + cols // size
    places, cell = np.unique(place, return_inverse=True)
    k = classes

    def tally(after: np.ndarray) -> np.ndarray:
        index = (cell * k + before) * k + after
        kept = np.where(after != before, weight, 0.0)
        return np.bincount(index, kept, places.size * k * k).reshape(places.size, k, k)

    seen, claimed = tally(observed), tally(predicted)
    hits = np.minimum(seen, claimed).sum((1, 2))
    both = np.minimum(seen.sum(2), claimed.sum(2)).sum(1)
    parts = (hits, both - hits, seen.sum((1, 2)) - both, claimed.sum((1, 2)) - both)
    owner = places >> 40
    return np.stack([np.bincount(owner, part, blocks) for part in parts], 1)
