"""Dekads end on 10, 20 and the month's last day, leap years included."""

from __future__ import annotations

import calendar

import numpy as np

from pylandbc.sources.dekad import dekad_days, dekad_end, dekad_start, dekads_between, is_dekad_end


def test_every_day_of_five_years() -> None:
    days = np.arange("1999-01-01", "2004-01-01", dtype="datetime64[D]")
    starts, ends, lengths, is_end = dekad_start(days), dekad_end(days), dekad_days(days), is_dekad_end(days)
    for i, day in enumerate(days.astype(object)):
        last = calendar.monthrange(day.year, day.month)[1]
        first_day = 1 if day.day <= 10 else 11 if day.day <= 20 else 21
        last_day = {1: 10, 11: 20, 21: last}[first_day]
        assert starts[i] == np.datetime64(day.replace(day=first_day))
        assert ends[i] == np.datetime64(day.replace(day=last_day))
        assert lengths[i] == last_day - first_day + 1
        assert is_end[i] == (day.day == last_day)


def test_dekads_between_counts_36_a_year() -> None:
    found = dekads_between(np.datetime64("1999-01-10"), np.datetime64("2020-12-31"))
    assert found.size == 36 * 22
    assert str(found[5]) == "1999-02-28"
    assert str(dekads_between(np.datetime64("2000-02-21"), np.datetime64("2000-03-01"))[0]) == "2000-02-29"
