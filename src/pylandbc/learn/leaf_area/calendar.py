"""Steps of the year, months or dekads, by their last day."""

from __future__ import annotations

import numpy as np

from pylandbc.cube.vegetation_samples import YEAR_LENGTH
from pylandbc.models.leaf_area.inputs import STEPS_PER_YEAR
from pylandbc.sources.dekad import dekad_end, dekads_between

__all__ = ["STEPS_PER_YEAR", "YEAR_LENGTH", "day_of_year", "season_steps", "steps_of_years", "years_of"]


def years_of(days: np.ndarray) -> np.ndarray:
    """Calendar year of each day, int."""
    return np.asarray(days).astype("datetime64[Y]").astype(int) + 1970


def day_of_year(days: np.ndarray) -> np.ndarray:
    """1 on the first of January, int."""
    days = np.asarray(days).astype("datetime64[D]")
    return (days - days.astype("datetime64[Y]").astype("datetime64[D]")).astype(int) + 1


def season_steps(days: np.ndarray, step: str) -> np.ndarray:
    """Number of the month (0 ... 11) or dekad (0 ... 35) that ends on each day."""
    days = np.asarray(days).astype("datetime64[D]")
    month = days.astype("datetime64[M]").astype(int) % 12
    if step == "month":
        return month
    first = days.astype("datetime64[M]").astype("datetime64[D]")
    return 3 * month + np.minimum((days - first).astype(int) // 10, 2)


def steps_of_years(first: int, last: int, step: str) -> np.ndarray:
    """Last days of all steps of some years, datetime64[D]."""
    dekads = dekads_between(np.datetime64(f"{first:04d}-01-01"), np.datetime64(f"{last:04d}-12-31"))
    assert (dekads == dekad_end(dekads)).all()
    return dekads if step == "dekad" else dekads[2::3]
