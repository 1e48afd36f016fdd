"""ERA5 in its three layouts: units detected, intervals of accumulation, missing cells."""

from __future__ import annotations

from pathlib import Path

import netCDF4
import numpy as np
import pytest

from pylandbc.errors import InputError
from pylandbc.grid.window import Window
from pylandbc.sources.era5 import annual_means, climatology, read_era5

UK = Window.from_degrees(-14, 49.5, 2.25, 61)
CORNWALL = Window.from_degrees(-6, 49.75, -4.5, 50.75)
LYING = "uk/era5_monthly_climatology_2000_2025.nc"
NEW = "formats/era5_newcds_cornwall_201805_data_stream-oper_stepType-{}.nc"


def corners(values: np.ndarray) -> np.ndarray:
    """Cell centres lie midway between four grid points: their plain mean."""
    return 0.25 * (values[..., :-1, :-1] + values[..., 1:, :-1] + values[..., :-1, 1:] + values[..., 1:, 1:])


def test_the_lying_climatology(real_data: Path) -> None:
    dataset = read_era5(real_data / LYING, UK, (2000, 2025))
    with netCDF4.Dataset(real_data / LYING) as file:
        assert (file["t2m"].units, file["tp"].units) == ("K", "m"), "what the attributes claim"
        celsius, millimetres = np.asarray(file["t2m"][:], float), np.asarray(file["tp"][:], float)
    # the file reaches a quarter of a degree further than the window on every side but has no finer rows
    inner = (slice(None), slice(1, 48), slice(1, 67))
    days = np.array([31, 28.25, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])[:, None, None]
    np.testing.assert_allclose(dataset["air_temperature"], corners(celsius[inner]) + 273.15, rtol=1e-6)
    np.testing.assert_allclose(
        dataset["precipitation_flux"], corners(millimetres[inner]) / days / 86400, rtol=1e-6
    )
    assert "attribute says K, values are degC" in dataset.attrs["note"]
    assert "attribute says m, values are mm per month" in dataset.attrs["note"]
    mean = annual_means(dataset)
    assert mean["year"].values.tolist() == [2012]
    assert 276 < float(mean["air_temperature"].min()) < float(mean["air_temperature"].max()) < 288
    yearly = mean["precipitation_flux"] * 86400 * 365.25
    assert 500 < float(yearly.min()) < 900, "Thames estuary"
    assert 1500 < float(yearly.max()) < 3500, "western Highlands"


def test_new_layout_one_file_per_step_type(real_data: Path) -> None:
    files = [real_data / NEW.format(kind) for kind in ("instant", "accum")]
    dataset = read_era5(files, CORNWALL)
    assert dataset.sizes == {"time": 744, "lat": 4, "lon": 6}
    with netCDF4.Dataset(files[0]) as file:
        kelvin = np.asarray(file["t2m"][:], float)
    with netCDF4.Dataset(files[1]) as file:
        hourly = np.asarray(file["tp"][:], float)
    np.testing.assert_allclose(dataset["air_temperature"], corners(kelvin), rtol=1e-6)
    # hourly accumulations: metres in an hour
    np.testing.assert_allclose(
        dataset["precipitation_flux"], corners(hourly) * 1000 / 3600, rtol=1e-5, atol=1e-12
    )
    with pytest.raises(InputError, match="no complete year"):
        annual_means(dataset)
    with pytest.raises(InputError, match=r"covers months \[5\]"):
        climatology(dataset)
    with pytest.raises(InputError, match=r"'t2m' missing in .*accum"):
        read_era5(files[1:], CORNWALL)
    with pytest.raises(InputError, match=r"'tp' missing in .*instant"):
        read_era5(files[:1], CORNWALL)


def write_old(path: Path, t2m: np.ndarray, tp: np.ndarray) -> None:
    """Monthly means as the CDS delivered them until 2024: hours since 1900, int16 packed, ``expver``."""
    with netCDF4.Dataset(path, "w") as file:
        lat, lon = 50.75 - 0.25 * np.arange(5), 354 + 0.25 * np.arange(7)
        for name, values in (("latitude", lat), ("longitude", lon), ("expver", [1, 5])):
            file.createDimension(name, len(values))
            file.createVariable(name, "f4" if name != "expver" else "i4", (name,))[:] = values
        file.createDimension("time", 24)
        time = file.createVariable("time", "i4", ("time",))
        time.units, time.calendar = "hours since 1900-01-01 00:00:00.0", "gregorian"
        months = np.arange("2001-01", "2003-01", dtype="datetime64[M]").astype("datetime64[h]")
        time[:] = (months - np.datetime64("1900-01-01T00")).astype(int)
        for name, values, offset, scale in (("t2m", t2m, 285.0, 0.001), ("tp", tp, 0.02, 1e-6)):
            variable = file.createVariable(
                name, "i2", ("time", "expver", "latitude", "longitude"), fill_value=np.int16(-32767)
            )
            variable.scale_factor, variable.add_offset = scale, offset
            variable.units = {"t2m": "K", "tp": "m"}[name]
            data = np.ma.masked_all((24, 2, 5, 7))
            data[:20, 0], data[20:, 1] = values[:20], values[20:]
            variable[:] = data


def test_older_layout_packed_with_two_versions(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    t2m, tp = rng.uniform(275, 295, (24, 5, 7)), rng.uniform(0, 0.01, (24, 5, 7))
    write_old(tmp_path / "old.nc", t2m, tp)
    dataset = read_era5(tmp_path / "old.nc", CORNWALL)
    np.testing.assert_allclose(dataset["air_temperature"], corners(t2m), atol=6e-4)
    # monthly means of accumulations: metres per day
    np.testing.assert_allclose(dataset["precipitation_flux"], corners(tp) * 1000 / 86400, atol=7e-9)
    years = annual_means(dataset)
    assert years["year"].values.tolist() == [2001, 2002]
    length = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
    expected = np.tensordot(length / 365, corners(t2m)[:12], axes=1)
    np.testing.assert_allclose(years["air_temperature"].sel(year=2001), expected, atol=1e-3)


def test_values_of_no_unit_are_refused(tmp_path: Path) -> None:
    rng = np.random.default_rng(6)
    write_old(tmp_path / "f.nc", rng.uniform(252.3, 317, (24, 5, 7)), rng.uniform(0, 0.01, (24, 5, 7)))
    with netCDF4.Dataset(tmp_path / "f.nc", "a") as file:
        file["t2m"].add_offset = 100.0
    with pytest.raises(InputError, match="neither K nor degC"):
        read_era5(tmp_path / "f.nc", CORNWALL)
