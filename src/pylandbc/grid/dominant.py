"""The category that covers most of a cell or pixel, for fields that must not be averaged.

Land models store vegetation types as numbers (ECLand's ``tvl``, ``tvh``); a mean of two types is a third one.
Areas that are equal to round-off are a tie, and ties go to the lowest code.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from pylandbc.errors import InputError
from pylandbc.grid.overlap import OverlapSet

_TIE = 1e-10
"""Areas that differ by less than this part of the whole are equal: engines' areas are no better."""


def dominant_on_mesh(
    overlap: OverlapSet, codes: np.ndarray, missing: int, ignore: Collection[int] = ()
) -> np.ndarray:
    """The category with the greatest area in each cell.

    Parameters
    ----------
    overlap
        Overlaps of mesh and window.
    codes
        Whole-number categories per pixel (pixels,).
    missing
        What a cell gets that has no category: outside the window, or all ignored.
    ignore
        Codes that do not count (unknown, fill values).

    Returns
    -------
    numpy.ndarray
        (cells,), the type of ``codes``.
    """
    return _dominant(overlap.cell, overlap.pixel, overlap, overlap.cell_count, codes, missing, ignore)


def dominant_on_grid(
    overlap: OverlapSet, codes: np.ndarray, missing: int, ignore: Collection[int] = ()
) -> np.ndarray:
    """The category with the greatest area in each pixel, of categories per cell (cells,).

    See `dominant_on_mesh`.
    """
    return _dominant(overlap.pixel, overlap.cell, overlap, overlap.pixel_count, codes, missing, ignore)


def _dominant(
    target: np.ndarray,
    source: np.ndarray,
    overlap: OverlapSet,
    size: int,
    codes: np.ndarray,
    missing: int,
    ignore: Collection[int],
) -> np.ndarray:
    codes = np.asarray(codes)
    if not np.issubdtype(codes.dtype, np.integer):
        raise InputError(
            f"categories are whole numbers, not {codes.dtype}; convert them, and say what is missing"
        )
    here = codes[source]
    best, most = np.full(size, missing, dtype=codes.dtype), np.zeros(size)
    tie = _TIE * np.bincount(target, overlap.area, size)
    # ascending codes: a later one must exceed the best by more than a tie
    for code in np.unique(codes):
        if code in ignore:
            continue
        chosen = here == code
        area = np.bincount(target[chosen], overlap.area[chosen], size)
        more = (area > most + tie) & (area > 0)
        best[more], most[more] = code, area[more]
    return best
