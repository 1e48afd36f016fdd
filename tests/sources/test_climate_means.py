"""Months, dekads and years of climate, against plain averages."""

from __future__ import annotations

import calendar

import numpy as np
import pytest
import xarray as xr

from pylandbc.errors import InputError
from pylandbc.sources.climate_means import MONTH_DAYS, annual_means, climatology, dekadal_means, monthly_means
from pylandbc.sources.dekad import dekad_days


def monthly(years: int = 2, seed: int = 0) -> xr.Dataset:
    times = np.arange("2003-01", f"{2003 + years}-01", dtype="datetime64[M]").astype("datetime64[ns]")
    rng = np.random.default_rng(seed)
    return xr.Dataset(
        {
            "air_temperature": (("time", "lat", "lon"), 280 + 10 * rng.random((times.size, 2, 3))),
            "precipitation_flux": (("time", "lat", "lon"), 1e-4 * rng.random((times.size, 2, 3))),
        },
        coords={"time": times, "lat": [1.0, 0.0], "lon": [0.0, 1.0, 2.0]},
        attrs={"file": "f.nc"},
    )


def test_dekads_of_monthly_means_keep_them() -> None:
    dataset = monthly()
    dataset["precipitation_flux"][3] = 0.0
    dekads = dekadal_means(dataset)
    assert dekads.sizes["time"] == 72
    days = dekad_days(dekads["time"].values)
    assert days.sum() == 365 + 366
    for name in dataset.data_vars:
        for month in range(24):
            part = slice(3 * month, 3 * month + 3)
            back = np.average(dekads[name].values[part], axis=0, weights=days[part])
            np.testing.assert_allclose(back, dataset[name].values[month], rtol=1e-12)
    assert (dekads["precipitation_flux"].values >= 0).all()
    assert (dekads["precipitation_flux"].values[9:12] == 0).all()


def test_dekads_of_a_climatology_go_round_the_year() -> None:
    wave = np.cos(2 * np.pi * (np.arange(12) + 0.5) / 12)
    dataset = xr.Dataset({"air_temperature": ("month", 280 - 10 * wave)}, coords={"month": np.arange(1, 13)})
    dekads = dekadal_means(dataset)["air_temperature"].values
    assert dekads.size == 36
    first = np.concatenate([[0], np.cumsum(MONTH_DAYS)])
    middle = np.array([first[m] + d for m in range(12) for d in (5, 15, 20 + (MONTH_DAYS[m] - 20) / 2)])
    np.testing.assert_allclose(dekads, 280 - 10 * np.cos(2 * np.pi * middle / 365.25), atol=0.6)


def test_hourly_to_months_dekads_and_years() -> None:
    times = np.arange("2003-01-01T00", "2004-01-01T00", dtype="datetime64[h]")
    values = np.random.default_rng(1).random(times.size)
    dataset = xr.Dataset(
        {"t": ("time", values)}, coords={"time": times.astype("datetime64[ns]")}, attrs={"file": "f"}
    )
    day = times.astype("datetime64[D]").astype(object)
    for i, mean in enumerate(monthly_means(dataset)["t"].values):
        assert mean == pytest.approx(values[[d.month == i + 1 for d in day]].mean(), rel=1e-12)
    dekads = dekadal_means(dataset)
    assert dekads.sizes["time"] == 36
    in_last_of_february = [(d.month == 2 and d.day > 20) for d in day]
    assert dekads["t"].values[5] == pytest.approx(values[in_last_of_february].mean(), rel=1e-12)
    assert float(annual_means(dataset)["t"][0]) == pytest.approx(values.mean(), rel=1e-12)


def test_incomplete_periods_are_left_out() -> None:
    times = np.arange("2003-01-04T00", "2003-02-15T00", dtype="datetime64[h]")
    values = xr.Dataset(
        {"t": ("time", np.ones(times.size))},
        coords={"time": times.astype("datetime64[ns]")},
        attrs={"file": "f.nc"},
    )
    assert [str(t)[:10] for t in dekadal_means(values)["time"].values] == [
        "2003-01-20",
        "2003-01-31",
        "2003-02-10",
    ]
    assert monthly_means(values).sizes["time"] == 0
    with pytest.raises(InputError, match="no complete year"):
        annual_means(values)
    with pytest.raises(InputError, match="needs all twelve"):
        climatology(monthly(1).isel(time=slice(0, 9)))


def test_years_weight_months_by_their_days() -> None:
    dataset = monthly()
    years = annual_means(dataset.isel(time=slice(0, 20)))
    assert years["year"].values.tolist() == [2003]
    length = [calendar.monthrange(2003, m)[1] for m in range(1, 13)]
    expected = np.average(dataset["air_temperature"].values[:12], axis=0, weights=length)
    np.testing.assert_allclose(years["air_temperature"].values[0], expected, rtol=1e-12)
