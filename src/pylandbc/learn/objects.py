"""Small objects: towns, lakes, woods of few pixels, which scores by area forget.

An object is a connected component of one class of the observed map (eight neighbours, as in FRAGSTATS,
McGarigal et al. 2012). Its recall is the share of its area that the prediction gives the same class.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import label

SIZES = ((1, 1), (2, 4), (5, 16), (17, None))
"""Pixels of the smallest and the largest object of each bin."""
EIGHT = np.ones((3, 3), dtype=np.int64)


def size_names() -> list[str]:
    """The bins in words."""
    return ["1" if high == 1 else f"{low}-{high}" if high else f">{low - 1}" for low, high in SIZES]


def object_sizes(observed: np.ndarray, classes: int) -> np.ndarray:
    """Bin of the object that each pixel belongs to, int8 (rows, cols); -1 off all classes."""
    out = np.full(observed.shape, -1, dtype=np.int8)
    upper = [np.inf if high is None else high for _, high in SIZES]
    for code in range(classes):
        where = observed == code
        numbers, count = label(where, structure=EIGHT)
        if count:
            pixels = np.bincount(numbers.ravel(), minlength=count + 1)
            bins = np.searchsorted(upper, pixels)
            out[where] = bins[numbers[where]]
    return out


def recalled(
    observed: np.ndarray,
    predicted: np.ndarray,
    bins: np.ndarray,
    weight: np.ndarray,
    block: np.ndarray,
    blocks: int,
    classes: int,
) -> np.ndarray:
    """Area of objects, and of it the area recalled, by block, class and bin, (blocks, K, bins, 2), from n
    pixels."""
    index = (block.astype(np.int64) * classes + observed) * len(SIZES) + bins
    shape = (blocks, classes, len(SIZES))
    whole = np.bincount(index, weight, int(np.prod(shape))).reshape(shape)
    right = np.bincount(index, weight * (observed == predicted), int(np.prod(shape))).reshape(shape)
    return np.stack([whole, right], -1)
