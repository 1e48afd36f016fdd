"""ERA5-Land: sums since midnight, monthly means per day, missing sea, radiation, soil, both layouts."""

from __future__ import annotations

from pathlib import Path

import netCDF4
import numpy as np
import pytest

from pylandbc.errors import InputError
from pylandbc.grid.window import Window
from pylandbc.sources.climate_means import annual_means, dekadal_means, monthly_means
from pylandbc.sources.era5 import read_era5
from pylandbc.sources.era5_land import read_era5_land
from sources import layouts

WINDOW = Window.from_degrees(10, 50, 10.5, 50.5)
LAT, LON = layouts.centres(50.8, -0.1, 12), layouts.centres(9.7, 0.1, 12)
UNITS = {"t2m": "K", "tp": "m", "ssrd": "J m**-2", "swvl1": "m**3 m**-3"}
NAMES = (
    "air_temperature",
    "precipitation_flux",
    "surface_downwelling_shortwave_flux_in_air",
    "soil_moisture_layer_1",
)
NEW = "formats/era5_newcds_cornwall_201805_data_stream-oper_stepType-avg.nc"


def hours(first: str, last: str) -> np.ndarray:
    return np.arange(np.datetime64(first, "h"), np.datetime64(last, "h"))


def uniform(values: np.ndarray) -> np.ndarray:
    return values[:, None, None] * np.ones((1, LAT.size, LON.size))


def since_midnight(hourly: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Running sums as ERA5-Land stores them: 01 UTC the first hour, 00 UTC the whole day before."""
    out, total = np.zeros_like(hourly), 0.0
    for i, time in enumerate(times):
        hour = time.astype(object).hour
        total = hourly[i] if hour == 1 else total + hourly[i]
        out[i] = total
    return out


def test_hourly_sums_are_differences(tmp_path: Path) -> None:
    times = hours("2018-05-01T01", "2018-05-04T01")
    rain = np.random.default_rng(4).uniform(0, 2e-3, times.size)
    sun = np.maximum(0, np.sin((np.arange(times.size) % 24 - 5) / 12 * np.pi)) * 2e6
    path = layouts.era5_land(
        tmp_path / "hourly.nc",
        {
            "t2m": uniform(280 + rain),
            "tp": uniform(since_midnight(rain, times)),
            "ssrd": uniform(since_midnight(sun, times)),
            "swvl1": uniform(0.2 + 10 * rain),
        },
        times, LAT, LON, UNITS,
    )  # fmt: skip
    dataset = read_era5_land(path, WINDOW)
    assert dataset.sizes == {"time": 72, "lat": 2, "lon": 2}
    flux = dataset["precipitation_flux"].values[:, 0, 0]
    np.testing.assert_allclose(flux, rain * 1000 / 3600, rtol=1e-4, atol=1e-9)
    np.testing.assert_allclose(dataset[NAMES[2]].values[:, 1, 1], sun / 3600, rtol=1e-4, atol=0.01)
    np.testing.assert_allclose(dataset["soil_moisture_layer_1"].values[:, 0, 1], 0.2 + 10 * rain, rtol=1e-5)
    # read as ERA5's plain hourly sums, the same file would give far too much rain
    assert since_midnight(rain, times).sum() > 5 * rain.sum()
    # a file that starts within a day: its first sum cannot be split
    late = layouts.era5_land(
        tmp_path / "late.nc", {"tp": uniform(since_midnight(rain, times))[5:]}, times[5:], LAT, LON, UNITS
    )
    flux = read_era5_land(late, WINDOW, ("precipitation_flux",))["precipitation_flux"].values[:, 0, 0]
    assert np.isnan(flux[0])
    np.testing.assert_allclose(flux[1:], rain[6:] * 1000 / 3600, rtol=1e-4, atol=1e-9)


def test_midnight_values_are_the_day_before(tmp_path: Path) -> None:
    days = np.arange("2018-05-02", "2018-05-12", dtype="datetime64[D]")
    total = np.linspace(1e-3, 1e-2, days.size)
    path = layouts.era5_land(tmp_path / "daily.nc", {"tp": uniform(total)}, days, LAT, LON, UNITS)
    dataset = read_era5_land(path, WINDOW, ("precipitation_flux",))
    np.testing.assert_allclose(dataset["precipitation_flux"].values[:, 0, 0], total * 1000 / 86400, rtol=1e-5)
    # 1 ... 10 May lie before the midnights of 2 ... 11 May
    dekads = dekadal_means(dataset)
    assert [str(t)[:10] for t in dekads["time"].values] == ["2018-05-10"]
    np.testing.assert_allclose(dekads["precipitation_flux"].values[0, 0, 0], total.mean() / 86.4, rtol=1e-5)


def test_monthly_means_are_per_day(tmp_path: Path) -> None:
    months = np.arange("2001-01", "2003-01", dtype="datetime64[M]")
    rng = np.random.default_rng(8)
    warm, rain, sun = 280 + rng.random(24), rng.uniform(0, 5e-3, 24), rng.uniform(1e6, 2e7, 24)
    state = layouts.era5_land(
        tmp_path / "data_stream-moda_stepType-avgua.nc",
        {"t2m": uniform(warm)},
        months,
        LAT,
        LON,
        UNITS,
        "avgua",
    )
    # accumulations carry the stamp of 06 UTC
    six = months.astype("datetime64[h]") + 6
    flux = layouts.era5_land(
        tmp_path / "data_stream-moda_stepType-avgad.nc",
        {"tp": uniform(rain), "ssrd": uniform(sun)}, six, LAT, LON, UNITS, "avgad",
    )  # fmt: skip
    dataset = read_era5_land([state, flux], WINDOW, NAMES[:3])
    assert dataset.sizes["time"] == 24
    np.testing.assert_allclose(dataset["precipitation_flux"][:, 0, 0], rain * 1000 / 86400, rtol=1e-5)
    np.testing.assert_allclose(dataset[NAMES[2]][:, 0, 0], sun / 86400, rtol=1e-5)
    years = annual_means(dataset)
    length = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
    np.testing.assert_allclose(
        years["air_temperature"][0, 0, 0], np.average(warm[:12], weights=length), rtol=1e-6
    )
    np.testing.assert_allclose(
        years[NAMES[2]][1, 0, 0], np.average(sun[12:], weights=length) / 86400, rtol=1e-5
    )
    one = layouts.era5_land(tmp_path / "one.nc", {"tp": uniform(rain[:1])}, months[:1], LAT, LON, UNITS)
    with pytest.raises(InputError, match="one time step of accumulated tp"):
        read_era5_land(one, WINDOW, ("precipitation_flux",))


def test_sea_is_left_out_and_land_keeps_its_mean(tmp_path: Path) -> None:
    times = np.arange("2001-01", "2001-03", dtype="datetime64[M]")
    values = np.random.default_rng(2).uniform(280, 290, (2, LAT.size, LON.size))
    values[:, :, LON > 10.35] = np.nan
    path = layouts.era5_land(tmp_path / "sea.nc", {"t2m": values}, times, LAT, LON, UNITS)
    dataset = read_era5_land(path, WINDOW, ("air_temperature",))
    native = read_era5_land(path, WINDOW, ("air_temperature",), native=True)
    np.testing.assert_allclose(np.diff(native["lat"]), -0.1, rtol=1e-6)
    # the cell 10 ... 10.25 E, 50.25 ... 50.5 N by plain loops
    total = weight = 0.0
    for i, lat in enumerate(LAT):
        high = np.sin(np.deg2rad(min(lat + 0.05, 50.5))) - np.sin(np.deg2rad(max(lat - 0.05, 50.25)))
        for j, lon in enumerate(LON):
            wide = min(lon + 0.05, 10.25) - max(lon - 0.05, 10.0)
            if high > 0 and wide > 1e-9:
                total, weight = total + high * wide * values[0, i, j], weight + high * wide
    assert float(dataset["air_temperature"][0, 0, 0]) == pytest.approx(total / weight, rel=1e-6)
    # the eastern cells are land on 10.25 ... 10.35 only: their mean is that of the land
    assert np.isfinite(dataset["air_temperature"].values).all()
    values[:] = np.nan
    empty = layouts.era5_land(tmp_path / "empty.nc", {"t2m": values}, times, LAT, LON, UNITS)
    assert np.isnan(read_era5_land(empty, WINDOW, ("air_temperature",))["air_temperature"]).all()


def test_older_layout_packed(tmp_path: Path) -> None:
    months = np.arange("2001-01", "2002-01", dtype="datetime64[M]").astype("datetime64[h]")
    rng = np.random.default_rng(3)
    truth = {
        "t2m": rng.uniform(275, 295, (12, LAT.size, LON.size)),
        "swvl1": rng.uniform(0, 0.5, (12, LAT.size, LON.size)),
    }
    path = tmp_path / "old.nc"
    with netCDF4.Dataset(path, "w") as file:
        layouts.axis(file, "longitude", LON, "degrees_east", "f4")
        layouts.axis(file, "latitude", LAT, "degrees_north", "f4")
        layouts.axis(
            file, "time", (months - np.datetime64("1900-01-01T00")).astype(int),
            "hours since 1900-01-01 00:00:00.0", "i4",
        )  # fmt: skip
        for name, offset, scale in (("t2m", 285.0, 0.001), ("swvl1", 0.25, 1e-5)):
            variable = file.createVariable(
                name, "i2", ("time", "latitude", "longitude"), fill_value=np.int16(-32767)
            )
            variable.scale_factor, variable.add_offset, variable.units = scale, offset, UNITS[name]
            variable[:] = np.ma.masked_where(np.zeros_like(truth[name], dtype=bool), truth[name])
    dataset = read_era5_land(path, WINDOW, ("air_temperature", "soil_moisture_layer_1"), native=True)
    rows = [int(np.argmin(np.abs(LAT - lat))) for lat in dataset["lat"].values]
    cols = [int(np.argmin(np.abs(LON - lon))) for lon in dataset["lon"].values]
    np.testing.assert_allclose(dataset["air_temperature"], truth["t2m"][:, rows][:, :, cols], atol=6e-4)
    np.testing.assert_allclose(
        dataset["soil_moisture_layer_1"], truth["swvl1"][:, rows][:, :, cols], atol=6e-6
    )


def test_wrong_grid_units_and_variables_are_named(tmp_path: Path) -> None:
    times = np.arange("2001-01", "2001-03", dtype="datetime64[M]")
    field = uniform(np.array([280.0, 281.0]))
    quarter = layouts.era5_land(
        tmp_path / "era5.nc",
        {"t2m": field},
        times,
        layouts.centres(51.5, -0.25, 12),
        layouts.centres(9, 0.25, 12),
        UNITS,
    )
    with pytest.raises(InputError, match=r"ERA5-Land has 0\.1 \(is it ERA5\?\)"):
        read_era5_land(quarter, WINDOW, ("air_temperature",))
    wet = layouts.era5_land(tmp_path / "wet.nc", {"swvl1": field}, times, LAT, LON, UNITS)
    with pytest.raises(InputError, match=r"wet\.nc: swvl1 runs from 280 to 281; m3 m-3 lie between"):
        read_era5_land(wet, WINDOW, ("soil_moisture_layer_1",))
    bright = layouts.era5_land(tmp_path / "bright.nc", {"ssrd": field * 1e7}, times, LAT, LON, UNITS)
    with pytest.raises(
        InputError, match=r"bright\.nc: ssrd with unit J m\*\*-2 gives .* W m-2; expected J m-2"
    ):
        read_era5_land(bright, WINDOW, (NAMES[2],))
    with pytest.raises(InputError, match=r"'tp' missing in .*wet\.nc \(found: number, swvl1\)"):
        read_era5_land(wet, WINDOW, ("precipitation_flux",))
    with pytest.raises(InputError, match="unknown ERA5 variables"):
        read_era5_land(wet, WINDOW, ("rain",))


def test_genuine_time_mean_fluxes(real_data: Path) -> None:
    name = "surface_net_downward_longwave_flux"
    window = Window.from_degrees(-5.5, 50, -5, 50.5)
    dataset = read_era5(real_data / NEW, window, variables=(name,))
    with netCDF4.Dataset(real_data / NEW) as file:
        raw = np.asarray(file["avg_snlwrf"][:], float)
    # the cell centre 50.375 N, 5.375 W lies between four grid points
    four = raw[:, 1:3, 2:4].mean(axis=(1, 2))
    np.testing.assert_allclose(dataset[name].values[:, 0, 0], four, rtol=1e-5)
    assert (dataset[name].values < 5).all(), "land loses longwave radiation"
    dekads = dekadal_means(dataset)
    assert [str(t)[:10] for t in dekads["time"].values] == ["2018-05-10", "2018-05-20", "2018-05-31"]
    # hours end at their stamp: the first dekad is 01 UTC on the 1st to 00 UTC on the 11th
    np.testing.assert_allclose(dekads[name].values[0, 0, 0], four[1:241].mean(), rtol=1e-5)
    assert monthly_means(dataset).sizes["time"] == 1
