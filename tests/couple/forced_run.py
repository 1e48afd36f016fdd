"""A coupled run of the small bundle with a forcing of closed form, in any calendar and interval."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import small_bundle

from pylandbc.couple.engine import Coupler, Date, StepResult

CELLS = 30
IDS = small_bundle.FIRST_ID + small_bundle.ID_STEP * np.arange(CELLS)
START = (small_bundle.STATE_YEAR, 1, 1)
DAY = 86400
Inputs = dict[str, tuple[np.ndarray, str]]


def forcing(ids: np.ndarray = IDS, level: float = 0.0, kind: type = np.float64) -> Inputs:
    """Temperature (K) and precipitation (kg m-2 s-1) that differ from cell to cell."""
    k = (np.asarray(ids) - small_bundle.FIRST_ID) / small_bundle.ID_STEP
    return {
        "air_temperature": ((283.0 + 6.0 * np.sin(0.7 * k) + level).astype(kind), "K"),
        "precipitation_flux": ((2.0e-5 + 1.5e-5 * np.cos(0.4 * k)).astype(kind), "kg m-2 s-1"),
    }


def start(bundle: Path, ids: np.ndarray = IDS, start_date: Date | None = START, **options: Any) -> Coupler:
    """A coupler of the small bundle in the noleap calendar."""
    return Coupler(bundle, ids, start_date, **({"calendar": "noleap", "threads": 1} | options))


def years(coupler: Coupler, count: int, inputs: Inputs | None = None) -> StepResult:
    """Yearly intervals over ``count`` years (noleap), then the first of the next year: ``count`` updates."""
    inputs = inputs or forcing(coupler.cell_ids)
    for year in range(START[0], START[0] + count):
        coupler.step((year, 1, 1), 365 * DAY, inputs)
    return coupler.step((START[0] + count, 1, 1), DAY, inputs)


def first_of(year: int) -> Date:
    """1 January."""
    return (year, 1, 1)
