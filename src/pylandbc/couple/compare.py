"""Comparison of arrays by their bits, and where two of them first differ.

Bits, not values: 0.0 and -0.0 differ, two NaN of one pattern agree. That is what "the same run" means here,
and it needs no tolerance.
"""

from __future__ import annotations

import numpy as np

from pylandbc.errors import InputError


def _bits(array: np.ndarray) -> np.ndarray:
    array = np.ascontiguousarray(array)
    return array.view(np.dtype(f"u{array.dtype.itemsize}"))


def differing(expected: np.ndarray, actual: np.ndarray) -> np.ndarray:
    """Boolean array, true where the bits of two arrays differ.

    Parameters
    ----------
    expected, actual
        Arrays of one shape and one type.

    Raises
    ------
    InputError
        The arrays' shapes or types are not the same.
    """
    if expected.shape != actual.shape or expected.dtype != actual.dtype:
        raise InputError(
            f"cannot compare {expected.dtype} {expected.shape} with {actual.dtype} {actual.shape}: "
            "shapes and types must be the same"
        )
    return _bits(expected) != _bits(actual)


def first_difference(expected: np.ndarray, actual: np.ndarray) -> tuple[int, ...] | None:
    """Index of the first element (C order) whose bits differ, ``None`` where all agree."""
    flat = differing(expected, actual).ravel()
    if not flat.any():
        return None
    return tuple(int(i) for i in np.unravel_index(int(flat.argmax()), expected.shape))


def maximum_difference(expected: np.ndarray, actual: np.ndarray) -> float:
    """Largest absolute difference of two real arrays; infinite where only one of them is finite.

    Elements whose bits agree (two NaN, say) count as equal.
    """
    unequal = differing(expected, actual)
    if not unequal.any():
        return 0.0
    with np.errstate(invalid="ignore"):
        distance = np.abs(expected[unequal].astype(np.float64) - actual[unequal].astype(np.float64))
    return float(np.where(np.isnan(distance), np.inf, distance).max())
