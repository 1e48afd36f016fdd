"""Leaf area, stem area and heights of a model's vegetation types, from the mean leaf area of native cells.

A cell has one leaf area index; a model wants one for each of its types. It is shared out in proportion to
typical values of the types (tables under ``canopy/``), so that the cell's mean is kept. Stem area follows
leaf area by the relation that CLM uses (Zeng et al. 2002): what falls becomes stem, and stems decay.
"""

from __future__ import annotations

import csv
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pylandbc.crosswalk.tables import data
from pylandbc.errors import InputError

LARGEST = 10.0
"""Leaf area index that no type exceeds, m2 m-2: the mean is not kept where only a sliver bears leaves."""


@cache
def read_canopy(name: str) -> dict[str, dict[str, float]]:
    """Properties by type, of adapter ``ctsm`` or ``ecland``; ``InputError`` for others."""
    path = data("canopy", f"{name}.csv")
    if not path.is_file():
        raise InputError(f"no canopy table for adapter {name!r}; there are ctsm and ecland")
    lines = path.read_text(encoding="utf-8").splitlines()
    rows = csv.DictReader(line for line in lines if not line.startswith("#"))
    return {
        row["type"]: {key: float(value) for key, value in row.items() if key not in ("type", "mark")}
        for row in rows
    }


def share_leaf_area(leaf_area: ArrayLike, fractions: ArrayLike, weights: ArrayLike) -> NDArray[np.float64]:
    """Leaf area index of each type.

    Parameters
    ----------
    leaf_area
        Mean over the area that the fractions are of (...), m2 m-2.
    fractions
        Area fractions of the types (..., type).
    weights
        Relative leaf area of the types (type,) or (..., type); 0 for what has no leaves.

    Returns
    -------
    numpy.ndarray
        (..., type), m2 m-2: its mean weighted by the fractions is `leaf_area`, except where a type would
        exceed :data:`LARGEST`; 0 where nothing bears leaves.
    """
    mean = np.asarray(leaf_area, dtype=float)[..., None]
    weight = np.asarray(weights, dtype=float)
    total = (np.asarray(fractions, dtype=float) * weight).sum(axis=-1, keepdims=True)
    factor = np.divide(
        mean, total, out=np.zeros(np.broadcast_shapes(mean.shape, total.shape)), where=total > 0
    )
    return np.minimum(factor * weight, LARGEST)


def stem_area(leaf_area: ArrayLike, keep: ArrayLike, minimum: ArrayLike) -> NDArray[np.float64]:
    """Monthly stem area index of a leaf area that repeats every year (Zeng et al. 2002, p. 1835).

    ``S(m) = max(keep S(m-1) + max(L(m-1) - L(m), 0), minimum)``, followed over years until it repeats.

    Parameters
    ----------
    leaf_area
        Of January ... December (12, ...), m2 m-2.
    keep
        Share of the stems that is left after a month, 0 ... less than 1, broadcast to a month.
    minimum
        m2 m-2, likewise.

    Returns
    -------
    numpy.ndarray
        (12, ...), m2 m-2.

    Raises
    ------
    InputError
        Not 12 months, or shares kept that are negative, or 1 and more.
    """
    leaves = np.asarray(leaf_area, dtype=float)
    fallen = np.maximum(np.roll(leaves, 1, axis=0) - leaves, 0.0)
    left = np.broadcast_to(np.asarray(keep, dtype=float), leaves.shape[1:])
    if leaves.shape[0] != 12 or np.any(left < 0) or np.any(left >= 1):
        raise InputError("stem area needs 12 months of leaf area, and shares kept of 0 ... less than 1")
    stems = np.zeros_like(leaves)
    stem = np.broadcast_to(np.asarray(minimum, dtype=float), leaves.shape[1:]).astype(float)
    floor = stem.copy()
    while True:
        before = stems.copy()
        for month in range(12):
            stem = np.maximum(left * stem + fallen[month], floor)
            stems[month] = stem
        if np.array_equal(before, stems):
            return stems
