"""Calendars and coupling intervals: when the state advances, and what the year's mean is made of."""

from __future__ import annotations

import calendar as python_calendar
from pathlib import Path

import numpy as np
import pytest
from forced_run import DAY, IDS, START, forcing, start
from reference import Reference

from pylandbc.couple.engine import Coupler, LandbcError

pytestmark = pytest.mark.engine


def month_lengths(calendar: str, year: int) -> list[int]:
    if calendar == "360_day":
        return [30] * 12
    leap = calendar in ("standard", "proleptic_gregorian") and python_calendar.isleap(year)
    return [31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]


@pytest.mark.parametrize("calendar", ["standard", "proleptic_gregorian", "noleap", "360_day"])
def test_state_advances_on_the_first_of_january_only(bundle: Path, calendar: str) -> None:
    """2009 to 2012 hold one leap year; Februaries and Decembers go by days, no month has a day too many."""
    advanced = []
    with start(bundle, calendar=calendar, scenario="hold") as coupler:
        for year in range(2009, 2013):
            for month, days in enumerate(month_lengths(calendar, year), 1):
                length = 1 if month in (2, 12) else days
                for day in range(1, days + 1, length):
                    if coupler.step((year, month, day), length * DAY, forcing()).changed:
                        advanced.append((year, month, day))
                with pytest.raises(LandbcError) as wrong:
                    coupler.step((year, month, days + 1), DAY, forcing())
                assert wrong.value.name == "LANDBC_ERROR_TIME"
                assert f"is not a date of calendar {calendar}" in wrong.value.message
        assert coupler.timings().updates == 3
    # The first step too: nothing came before it.
    assert advanced == [(year, 1, 1) for year in range(2009, 2013)]


def test_mean_is_weighted_by_seconds(bundle: Path) -> None:
    """A year of unequal intervals equals one interval with their weighted mean."""
    reference = Reference(bundle)
    lengths, levels = [1800, 40 * DAY, 365 * DAY - 40 * DAY - 1800], [30.0, -20.0, 9.0]
    weighted = sum(length * level for length, level in zip(lengths, levels, strict=True)) / (365 * DAY)
    inputs = forcing(level=weighted)
    expected = reference.update(reference.state, 2009, [v for v, _ in inputs.values()])
    other = reference.update(reference.state, 2009, [v for v, _ in forcing(level=np.mean(levels)).values()])
    assert (expected != other).any(), "the weights must matter"
    with start(bundle) as coupler:
        for date, length, level in zip(
            [(2009, 1, 1, 0), (2009, 1, 1, 1800), (2009, 2, 10, 1800)], lengths, levels, strict=True
        ):
            coupler.step(date, length, forcing(level=level))
        coupler.step((2010, 1, 1), DAY, forcing())
        assert np.array_equal(coupler.map(), reference.window(expected))


def test_interval_across_new_year_counts_in_both(bundle: Path) -> None:
    """31 December and 1 January in one interval: one day's weight each."""
    reference = Reference(bundle)
    first = forcing(level=(364 * 2.0 + 1 * 900.0) / 365)
    second = forcing(level=(1 * 900.0 + 364 * -3.0) / 365)
    expected = reference.update(reference.state, 2009, [v for v, _ in first.values()])
    after = reference.update(expected, 2010, [v for v, _ in second.values()])
    with start(bundle) as coupler:
        coupler.step((2009, 1, 1), 364 * DAY, forcing(level=2.0))
        assert not coupler.step((2009, 12, 31), 2 * DAY, forcing(level=900.0)).changed
        # The state advances with the first step that begins in the new year.
        assert coupler.step((2010, 1, 2), 364 * DAY, forcing(level=-3.0)).changed
        assert np.array_equal(coupler.map(), reference.window(expected))
        coupler.step((2011, 1, 1), DAY, forcing())
        assert np.array_equal(coupler.map(), reference.window(after))


def test_interval_of_more_than_a_year_makes_two_updates(bundle: Path) -> None:
    with start(bundle) as coupler:
        coupler.step((2009, 1, 1), 364 * DAY, forcing())
        coupler.step((2009, 12, 31), 366 * DAY, forcing())
        assert coupler.step((2011, 1, 1), DAY, forcing()).changed
        assert coupler.timings().updates == 2
        assert coupler.timings().tiles == 8


def test_steps_must_follow_each_other(bundle: Path) -> None:
    with start(bundle) as coupler:
        with pytest.raises(LandbcError, match=r"leaves a gap.*ended at 2009-01-01 00:00:00"):
            coupler.step((2009, 1, 2), DAY, forcing())
        coupler.step(START, DAY, forcing())
        coupler.step((2009, 1, 2), DAY, forcing())
        with pytest.raises(
            LandbcError, match=r"2009-01-01 00:00:00 goes backwards.*ended at 2009-01-03"
        ) as wrong:
            coupler.step(START, DAY, forcing())
        assert wrong.value.name == "LANDBC_ERROR_TIME"
        with pytest.raises(LandbcError, match="goes backwards"):
            coupler.step((2009, 1, 2), 2 * DAY, forcing())
        with pytest.raises(LandbcError, match="leaves a gap"):
            coupler.step((2009, 1, 3, 1), DAY, forcing())
        coupler.step((2009, 1, 3), DAY, forcing())


@pytest.mark.parametrize(
    ("date", "sentence"),
    [
        ((2010, 1, 1), "land use of 2010 holds, but the bundle's state is of 2009"),
        ((2008, 12, 31, 86399), "land use of 2008 holds, but the bundle's state is of 2009"),
        ((2009, 2, 30), "2009-02-30 00:00:00 is not a date of calendar standard"),
        ((0, 1, 1), "is not a date"),
    ],
)
def test_start_must_lie_in_the_state_year(bundle: Path, date: tuple, sentence: str) -> None:
    with pytest.raises(LandbcError, match=sentence) as wrong:
        Coupler(bundle, IDS, date)
    assert wrong.value.name == "LANDBC_ERROR_TIME"
