"""Products that the planet does not write, in a cube: hourly ERA5-Land, HWSD, MODIS leaf area by month."""

from __future__ import annotations

import calendar
import csv
from itertools import pairwise
from pathlib import Path

import netCDF4
import numpy as np
import pytest
from sources import layouts

from pylandbc.cube.build import build_cube
from pylandbc.cube.config import CubeConfig
from pylandbc.cube.open import open_cube
from pylandbc.errors import InputError
from pylandbc.sources.hwsd import COLUMNS
from pylandbc.sources.modis_lai import dates_of, read_modis_lai

from . import whole_planet
from .whole_planet import WINDOW

YEAR = 2016


def plain(folder: Path, **changes: object) -> CubeConfig:
    """The small planet's land use and relief, one training year, files of ``folder``."""
    without = {
        "vegetation": [],
        "land_cover": None,
        "koeppen": [],
        "soil": None,
        "co2": [],
        "population": None,
    }
    return whole_planet.config(slope=None, training_years=[YEAR], **(without | changes))


def hourly_era5_land(path: Path, end: str = "2017-01-02") -> tuple[np.ndarray, np.ndarray]:
    """A year of hours and a day, uniform in space; temperature (K) and rain (m in the hour that ends)."""
    times = np.arange(np.datetime64(f"{YEAR}-01-01", "h"), np.datetime64(end, "h"))
    hours = np.arange(times.size)
    warmth = 280 + 8 * np.sin(2 * np.pi * hours / 8784) + 3 * np.sin(2 * np.pi * hours / 24)
    rain = np.random.default_rng(1).uniform(0, 1e-3, times.size)
    sums = np.zeros_like(rain)
    for k in range(times.size):
        # 00 UTC closes the day before; 01 UTC begins a sum
        sums[k] = rain[k] if k % 24 == 1 else rain[k] + (sums[k - 1] if k else 0.0)
    lat = layouts.centres(WINDOW.north + 0.2, -0.1, 15)
    lon = layouts.centres(WINDOW.west - 0.2, 0.1, 18)
    ones = np.ones((1, lat.size, lon.size), dtype=np.float32)
    fields = {"t2m": warmth[:, None, None] * ones, "tp": sums[:, None, None] * ones}
    layouts.era5_land(path, fields, times, lat, lon, {"t2m": "K", "tp": "m"})
    return warmth, rain


def test_hourly_era5_land(whole_folder: Path, tmp_path: Path) -> None:
    warmth, rain = hourly_era5_land(tmp_path / "hours.nc")
    climate = {"product": "era5_land", "files": [str(tmp_path / "hours.nc")], "steps": ["month", "dekad"]}
    cube = open_cube(build_cube(plain(tmp_path, climate=climate), whole_folder, tmp_path / "cube.zarr"))
    assert cube.climate_years.tolist() == [YEAR], "the day of 2017 is no year"
    monthly, dekadal = (
        np.asarray(a[...]) for a in (cube.layers.climate_monthly, cube.layers.climate_dekadal)
    )
    assert monthly.shape[0] == 12 and dekadal.shape[0] == 36
    assert str(cube.layers.climate_dekads[5]) == "2016-02-29"
    first, flux = 0, rain * 1000 / 3600
    for month in range(12):
        length = calendar.monthrange(YEAR, month + 1)[1]
        bounds = np.array([0, 10, 20, length]) * 24 + first
        states = [warmth[bounds[0] : bounds[3]].mean()]
        states += [warmth[a:b].mean() for a, b in pairwise(bounds)]
        # the mean over an hour carries its end: the hours 1 ... 24 are the first day
        rates = [flux[bounds[0] + 1 : bounds[3] + 1].mean()]
        rates += [flux[a + 1 : b + 1].mean() for a, b in pairwise(bounds)]
        for k, array in enumerate([monthly[month], *dekadal[3 * month : 3 * month + 3]]):
            np.testing.assert_allclose(array[0], states[k], rtol=1e-5)
            np.testing.assert_allclose(array[1], rates[k], rtol=1e-3)
        first = bounds[3]
    np.testing.assert_allclose(cube.climate[0][0], warmth[: 366 * 24].mean(), rtol=1e-5)


def test_an_incomplete_year_of_hours_is_said(whole_folder: Path, tmp_path: Path) -> None:
    hourly_era5_land(tmp_path / "hours.nc", end="2016-12-20")
    climate = {"product": "era5_land", "files": [str(tmp_path / "hours.nc")]}
    with pytest.raises(InputError, match="2016-12-01 is incomplete; fetch what it lacks") as caught:
        build_cube(plain(tmp_path, climate=climate), whole_folder, tmp_path / "cube.zarr")
    assert "hours.nc" in str(caught.value) and "\n" not in str(caught.value)
    hourly_era5_land(tmp_path / "hours.nc", end="2016-08-01")
    with pytest.raises(InputError, match="hold no complete year"):
        build_cube(plain(tmp_path, climate=climate), whole_folder, tmp_path / "cube.zarr")


def test_soil_of_hwsd(whole_folder: Path, tmp_path: Path) -> None:
    units = np.full((150, 180), 11, dtype=np.uint16)
    units[:, 90:] = 12
    layouts.raster(tmp_path / "HWSD2.tif", units, WINDOW.west, WINDOW.north, 1 / 120, nodata=65535)
    with (tmp_path / "HWSD2_LAYERS.csv").open("w", newline="") as text:
        writer = csv.writer(text)
        writer.writerow(COLUMNS)
        writer.writerow([11, 100, "D1", 40, 40, 20, 9])
        writer.writerow([12, 100, "D1", -9, -9, -9, -9])
    files = [str(tmp_path / name) for name in ("HWSD2_LAYERS.csv", "HWSD2.tif")]
    config = plain(tmp_path, soil={"product": "hwsd", "files": files})
    cube = open_cube(build_cube(config, whole_folder, tmp_path / "cube.zarr"))
    sand, classes = cube.static_field("sand_fraction"), np.asarray(cube.layers.categories[0])
    np.testing.assert_allclose(sand[:, :74], 0.4, atol=1e-6)
    assert not sand[:, 77:].any() and not classes[:, 77:].any(), "no soil"
    assert (classes[:, :74] == 9).all()
    # moments are of soil, not of the zeros that stand for none
    assert cube.statistics["sand_fraction"]["mean"] == pytest.approx(0.4, abs=1e-6)
    named = {entry["product"] for entry in cube.provenance}
    assert "HWSD" in named


def modis(path: Path, first: str, numbers: list[int]) -> Path:
    """Composites of eight days, uniform, as AppEEARS exports them."""
    step = 1 / 240
    lat = layouts.centres(WINDOW.north + 0.02, -step, 250)
    lon = layouts.centres(WINDOW.west - 0.02, step, 310)
    start = (np.datetime64(first, "D") - np.datetime64("2000-01-01", "D")).astype(int)
    with netCDF4.Dataset(path, "w") as file:
        file.title = "MCD15A2H.061 for aid0001"
        days = start + 8 * np.arange(len(numbers))
        layouts.axis(file, "time", days, "days since 2000-01-01 00:00:00", "i4")
        file["time"].calendar = "julian"
        layouts.axis(file, "lat", lat, "degrees_north")
        layouts.axis(file, "lon", lon, "degrees_east")
        for name in ("Lai_500m", "FparLai_QC"):
            variable = file.createVariable(name, "u1", ("time", "lat", "lon"), fill_value=255, zlib=True)
            variable.set_auto_maskandscale(False)
            values = np.array(numbers if name == "Lai_500m" else [0] * len(numbers), dtype=np.uint8)
            variable[:] = values[:, None, None] * np.ones((1, lat.size, lon.size), dtype=np.uint8)
    return path


def test_modis_by_month(whole_folder: Path, tmp_path: Path) -> None:
    """A month has the composites whose middle it holds; they begin on 1, 9, 17, 25 January and so on."""
    path = modis(tmp_path / "MCD15A2H.061_500m_aid0001.nc", "2016-01-01", [10, 20, 30, 40, 11, 21, 254, 31])
    assert [str(day) for day in dates_of(path)[[0, 3, 7]]] == ["2016-01-01", "2016-01-25", "2016-02-26"]
    two = read_modis_lai(path, WINDOW, between=(np.datetime64("2016-01-09"), np.datetime64("2016-01-17")))
    assert [str(t)[:10] for t in two["time"].values] == ["2016-01-09", "2016-01-17"]
    with pytest.raises(InputError, match="nothing of 2015-01-01"):
        read_modis_lai(path, WINDOW, between=(np.datetime64("2015-01-01"), np.datetime64("2015-02-01")))
    entry = {"product": "modis_lai", "files": [str(path)], "step": "month"}
    cube = open_cube(build_cube(plain(tmp_path, vegetation=[entry]), whole_folder, tmp_path / "cube.zarr"))
    series = cube.layers.vegetation["leaf_area_index"]
    assert [str(day) for day in series.times] == ["2016-01-31", "2016-02-29"]
    land = cube.static_field("land_mask") == 1
    january, february = (series.unpack(np.asarray(series.values[k]))[land] for k in (0, 1))
    # scale 0.1; the composite of 18 February is water (254), that of 26 February has its middle on the 29th
    np.testing.assert_allclose(january, 2.5, atol=1e-3)
    np.testing.assert_allclose(february, 2.1, atol=1e-3)
    assert (np.asarray(series.quality[...])[:, land] == 2).all()
    assert series.coverage.tolist() == pytest.approx([1.0, 1.0])
