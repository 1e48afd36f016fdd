"""Coupling intervals and dates: the engine's numbers, and moments of the run's calendar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import cftime


@dataclass(frozen=True)
class Interval:
    """A coupling interval: both ends in the run's calendar."""

    begin: cftime.datetime
    end: cftime.datetime

    @property
    def seconds(self) -> int:
        """Its length."""
        return round((self.end - self.begin).total_seconds())

    @property
    def date(self) -> tuple[int, int, int, int]:
        """Its beginning as the engine takes it."""
        return engine_date(self.begin)


def engine_date(moment: cftime.datetime) -> tuple[int, int, int, int]:
    """Year, month, day, second of the day."""
    second = 3600 * moment.hour + 60 * moment.minute + moment.second
    return moment.year, moment.month, moment.day, second


def interval_of(date: tuple[int, int, int, int], seconds: int, calendar: str) -> Interval:
    """The interval that begins at an engine's date."""
    year, month, day, second = date
    begin = cftime.datetime(year, month, day, calendar=calendar) + timedelta(seconds=second)
    return Interval(begin, begin + timedelta(seconds=seconds))
