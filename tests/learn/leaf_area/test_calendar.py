"""Months and dekads of the year by their last day."""

from __future__ import annotations

import numpy as np

from pylandbc.learn.leaf_area.calendar import day_of_year, season_steps, steps_of_years


def test_steps_of_a_leap_year() -> None:
    months = steps_of_years(2000, 2000, "month")
    assert [str(d) for d in months[:3]] == ["2000-01-31", "2000-02-29", "2000-03-31"]
    assert season_steps(months, "month").tolist() == list(range(12))
    dekads = steps_of_years(2000, 2001, "dekad")
    assert dekads.size == 72 and str(dekads[5]) == "2000-02-29"
    assert season_steps(dekads, "dekad").tolist() == 2 * list(range(36))
    assert day_of_year(months).tolist()[:3] == [31, 60, 91] and day_of_year(months)[-1] == 366
    # counted plainly
    assert [int((d - np.datetime64("2000-01-01")).astype(int)) + 1 for d in dekads[:36]] == day_of_year(
        dekads[:36]
    ).tolist()
