"""Years from time axes that the decoders know, and from those that they do not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from pylandbc.errors import InputError
from pylandbc.sources.time_axis import years_of


@pytest.mark.parametrize(
    ("values", "units", "calendar", "years"),
    [
        ([0.0, 1165.0], "years since 850-01-01 0:0:0", "noleap", [850, 2015]),
        ([0.0, 85.0], "years since 2015-01-01", "365_day", [2015, 2100]),
        ([1899, 2019], "", "", [1899, 2019]),
        ([0, 366], "days since 2000-01-01", "standard", [2000, 2001]),
        ([0, 365], "days since 2000-01-01", "noleap", [2000, 2001]),
        ([0, 24 * 365], "hours since 1900-01-01 00:00:00.0", "gregorian", [1900, 1901]),
    ],
)
def test_years(values: list[float], units: str, calendar: str, years: list[int]) -> None:
    time = xr.DataArray(
        np.array(values), dims="time", attrs={"units": units, "calendar": calendar or "standard"}
    )
    assert years_of(time, Path("f.nc")).tolist() == years


def test_no_year() -> None:
    time = xr.DataArray(np.array([0.5, 1e6]), dims="time", attrs={"units": "furlongs"})
    with pytest.raises(InputError, match="'furlongs' is neither years nor"):
        years_of(time, Path("f.nc"))
