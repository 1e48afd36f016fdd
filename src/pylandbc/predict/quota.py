"""Conservation of a prediction: each 0.25 degree cell's class counts follow the scenario.

The kernels are those of the coupled engine (``bindings/src/quota.h``). Change is counted from the initial map
and the scenario of its year, never from year to year: fractions of a pixel are not lost over decades.
"""

from __future__ import annotations

import numpy as np

from pylandbc.couple.cube_fields import CubeFields
from pylandbc.errors import InputError
from pylandbc.grid.native import kernels
from pylandbc.grid.window import COARSE, COLS, Window
from pylandbc.legend import UNKNOWN
from pylandbc.models.demand import Demand
from pylandbc.predict.scenario import Scenario

BAND = 400
"""Rows of the initial map that are counted at a time."""


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
    scenario, extended
        The series on the extended window's cells.
    fields, window, state_year
        The cube, the window and the year of the initial map.
    """

    def __init__(
        self,
        mode: str,
        demand: Demand,
        classes: list[str],
        scenario: Scenario,
        extended: Window,
        fields: CubeFields,
        window: Window,
        state_year: int,
    ) -> None:
        self._mode, self._scenario = mode, scenario
        self._members = [demand.get(name, []) for name in classes]
        self._given = np.array([bool(m) for m in self._members], dtype=np.uint8)
        row = (window.row - extended.row) // COARSE + np.arange(window.coarse_shape[0])
        first = (window.col - extended.col) % COLS // COARSE
        col = (first + np.arange(window.coarse_shape[1])) % extended.coarse_shape[1]
        self._cells = np.ix_(row, col)
        self._shape = (*window.coarse_shape, len(classes))
        self._anchor = count_classes(fields, window, state_year, len(classes)).reshape(-1, len(classes))
        self._then = self._fractions(state_year)

    def counts(self, year: int) -> np.ndarray:
        """Pixels that each class takes in ``year``, int32 (lat, lon, class) on the window's cells."""
        counts = kernels().quota_counts(
            self._mode, self._anchor, self._then, self._fractions(year), self._given
        )
        return counts.reshape(self._shape)

    def _fractions(self, year: int) -> np.ndarray:
        fields = self._scenario.fields(year)
        sums = np.zeros(self._shape)
        for code, members in enumerate(self._members):
            for name in members:
                sums[..., code] += fields[name][self._cells]
        return sums.reshape(-1, self._shape[-1])


def count_classes(fields: CubeFields, window: Window, year: int, classes: int) -> np.ndarray:
    """Active pixels of each class in each 0.25 degree cell of a map, int32 (lat, lon, class)."""
    counts = np.zeros((*window.coarse_shape, classes), dtype=np.int32)
    for first in range(0, window.rows, BAND):
        band = Window(window.row + first, window.col, min(BAND, window.rows - first), window.cols)
        codes = fields.land_use(year, band)
        codes[fields.static("land_mask", band) != 1] = UNKNOWN
        lat, lon = band.coarse_shape
        for code in range(classes):
            cells = (codes == code).reshape(lat, COARSE, lon, COARSE).sum(axis=(1, 3))
            counts[first // COARSE : first // COARSE + lat, :, code] = cells
    return counts


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
