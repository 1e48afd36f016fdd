"""Dekads: the three parts of a month, days 1-10, 11-20 and 21 to the last.

Copernicus Global Land products are dated by a dekad's last day (10, 20, or 28 ... 31); so are the dekadal
fields derived here, which makes the two join.
"""

from __future__ import annotations

import numpy as np


def _parts(dates: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First day of the month, and day of the month (1 ... 31)."""
    days = np.asarray(dates).astype("datetime64[D]")
    months = days.astype("datetime64[M]").astype("datetime64[D]")
    return months, (days - months).astype(np.int64) + 1


def dekad_start(dates: np.ndarray) -> np.ndarray:
    """First day of the dekad of each date, datetime64[D]."""
    months, day = _parts(dates)
    return months + np.minimum((day - 1) // 10, 2) * 10


def dekad_end(dates: np.ndarray) -> np.ndarray:
    """Last day of the dekad of each date, datetime64[D]."""
    months, day = _parts(dates)
    next_month = (months.astype("datetime64[M]") + 1).astype("datetime64[D]")
    third = np.minimum((day - 1) // 10, 2)
    return np.where(third == 2, next_month - 1, months + third * 10 + 9)


def dekad_days(dates: np.ndarray) -> np.ndarray:
    """Number of days of the dekad of each date: 10, or 8 ... 11 at the end of a month."""
    return (dekad_end(dates) - dekad_start(dates)).astype(np.int64) + 1


def is_dekad_end(dates: np.ndarray) -> np.ndarray:
    """Whether each date is the last day of a dekad."""
    return np.asarray(dates).astype("datetime64[D]") == dekad_end(dates)


def dekads_between(first: np.datetime64, last: np.datetime64) -> np.ndarray:
    """Last days of all dekads from that of ``first`` to that of ``last``."""
    days = np.arange(
        dekad_start(np.array([first]))[0], dekad_end(np.array([last]))[0] + np.timedelta64(1, "D")
    )
    return days[is_dekad_end(days)]
