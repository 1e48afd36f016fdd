"""Conservation of a map: each 0.25 degree cell's class counts follow the scenario.

The kernels are those of the coupled engine (``bindings/src/quota.h``). Change is counted from the initial map
and the scenario of its year, never from year to year: fractions of a pixel are not lost over decades.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from pylandbc.errors import InputError
from pylandbc.grid.native import kernels
from pylandbc.grid.window import COARSE


class Quota:
    """Demanded pixels by cell and class.

    Parameters
    ----------
    mode
        ``delta`` or ``absolute``.
    demand
        Scenario inputs of each class.
    classes
        Names of the classes in code order.
    fractions
        Gives the scenario's fields of a year by name, (lat, lon) on the map's cells.
    anchor
        Active pixels of each class in each cell of the initial map, int32 (lat, lon, class)
        (:func:`count_classes`).
    state_year
        The year of the initial map.
    """

    def __init__(
        self,
        mode: str,
        demand: Mapping[str, list[str]],
        classes: list[str],
        fractions: Callable[[int], Mapping[str, np.ndarray]],
        anchor: np.ndarray,
        state_year: int,
    ) -> None:
        self._mode, self._fields = mode, fractions
        self._members = [demand.get(name, []) for name in classes]
        self._given = np.array([bool(m) for m in self._members], dtype=np.uint8)
        self._shape = anchor.shape
        self._anchor = anchor.reshape(-1, len(classes))
        self._then = self._fractions(state_year)

    def counts(self, year: int) -> np.ndarray:
        """Pixels that each class takes in ``year``, int32 (lat, lon, class) on the map's cells."""
        counts = kernels().quota_counts(
            self._mode, self._anchor, self._then, self._fractions(year), self._given
        )
        return counts.reshape(self._shape)

    def _fractions(self, year: int) -> np.ndarray:
        fields = self._fields(year)
        sums = np.zeros(self._shape)
        for code, members in enumerate(self._members):
            for name in members:
                sums[..., code] += fields[name]
        return sums.reshape(-1, self._shape[-1])


def count_classes(codes: np.ndarray, classes: int) -> np.ndarray:
    """Pixels of each class in each 0.25 degree cell, int32 (lat, lon, class).

    Parameters
    ----------
    codes
        Class codes of whole cells, uint8 (rows, cols); ``UNKNOWN`` where a pixel does not take part.
    classes
        Number of classes.
    """
    cells = codes.reshape(codes.shape[0] // COARSE, COARSE, codes.shape[1] // COARSE, COARSE)
    counts = [(cells == code).sum(axis=(1, 3), dtype=np.int32) for code in range(classes)]
    return np.stack(counts, axis=-1)


def allocate(logits: np.ndarray, active: np.ndarray, codes: np.ndarray, counts: np.ndarray) -> None:
    """Move ``codes`` to the most probable map that has exactly these counts, in place.

    Parameters
    ----------
    logits
        float32 (class, row, col) over whole cells of 25 x 25 pixels.
    active
        Pixels that take part, bool (row, col).
    codes
        Class codes, on entry the argmax where active, uint8 (row, col).
    counts
        int32 (lat, lon, class); each cell's sum is its number of active pixels.

    Raises
    ------
    InputError
        A cell's counts do not sum to its active pixels.
    """
    cell = kernels().allocate_quota(logits, active.astype(np.uint8), counts, codes)
    if cell >= 0:
        row, col = divmod(cell, counts.shape[1])
        raise InputError(
            f"the demand of cell ({row}, {col}) sums to {int(counts[row, col].sum())} pixels, not to its "
            "active ones; was the cube changed during the prediction?"
        )
