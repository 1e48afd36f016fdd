"""MODIS vegetation indices from AppEEARS: numbers, fill, both quality layers, SAVI by hand, GeoTIFF sets."""

from __future__ import annotations

from pathlib import Path

import netCDF4
import numpy as np
import pytest

from pylandbc.errors import InputError
from pylandbc.grid.window import Window
from pylandbc.report.source_field import read_field
from pylandbc.sources.check import check_folder
from pylandbc.sources.modis_vegetation import dates_of, read_modis_vegetation, usable
from pylandbc.sources.recognise import recognise
from sources import layouts

WINDOW = Window.from_degrees(10, 50, 10.25, 50.25)
STEP = 1 / 120
LAT, LON = layouts.centres(50.3, -STEP, 42), layouts.centres(9.95, STEP, 42)
SHAPE = (2, LAT.size, LON.size)
KINDS = {
    "NDVI": ("i2", -3000, (-2000, 10000)),
    "EVI": ("i2", -3000, (-2000, 10000)),
    "red_reflectance": ("i2", -1000, (0, 10000)),
    "NIR_reflectance": ("i2", -1000, (0, 10000)),
    "VI_Quality": ("u2", 65535, (0, 65534)),
    "pixel_reliability": ("i1", -1, (0, 3)),
}
"""Type, fill value and valid range of each layer, by the product's table of scientific data sets."""
NUMBERS = {"NDVI": 6500, "EVI": 4200, "red_reflectance": 400, "NIR_reflectance": 3000}


def layers(**changes: np.ndarray) -> dict[str, np.ndarray]:
    """Two composites of a good meadow, with changes."""
    plain = {name: np.full(SHAPE, NUMBERS.get(name, 0), dtype=kind) for name, (kind, *_) in KINDS.items()}
    return plain | changes


def write(path: Path, values: dict[str, np.ndarray], prefix: str = "_1_km_16_days_") -> Path:
    """AppEEARS's netCDF-4: packed numbers, and the Julian days since 2000 of 2019-01-01 and 2019-01-17."""
    with netCDF4.Dataset(path, "w") as file:
        file.title = "MOD13A2.061 for aid0001"
        layouts.axis(file, "time", np.array([6940, 6956]), "days since 2000-01-01 00:00:00", "i4")
        file["time"].calendar = "julian"
        layouts.axis(file, "lat", LAT, "degrees_north")
        layouts.axis(file, "lon", LON, "degrees_east")
        file.createVariable("crs", "i1", ())
        for name, numbers in values.items():
            kind, fill, valid = KINDS[name]
            variable = file.createVariable(prefix + name, kind, ("time", "lat", "lon"), fill_value=fill)
            variable.set_auto_maskandscale(False)
            variable.valid_min, variable.valid_max = np.array(valid, dtype=kind)
            if name in NUMBERS:
                variable.scale_factor, variable.add_offset = 0.0001, 0.0
            variable[:] = numbers
    return path


def test_quality_bits() -> None:
    reliability = np.array([0, 1, 2, 3, -1, 0, 1, 0, 0], dtype=np.int8)
    good, look, cloudy = 0b00, 0b01, 0b10
    useless, water = 0b1101 << 2, 0b101 << 11
    vi = np.array([good, look, good, good, 65535, cloudy, look | useless, useless, water], dtype=np.uint16)
    assert usable(reliability, vi, "good").tolist() == [True, *[False] * 7, True]
    assert usable(reliability, vi, "marginal").tolist() == [True, True, *[False] * 6, True]


def test_netcdf(tmp_path: Path) -> None:
    ndvi = np.full(SHAPE, 6500, dtype=np.int16)
    ndvi[1] = -1500
    ndvi[:, LAT > 50.2] = -3000
    reliability = np.zeros(SHAPE, dtype=np.int8)
    reliability[:, :, LON > 10.12] = 1
    reliability[:, LAT < 50.05] = 2
    path = write(tmp_path / "MOD13A2.061_1km_aid0001.nc", layers(NDVI=ndvi, pixel_reliability=reliability))
    dataset = read_modis_vegetation(path, WINDOW)
    assert [str(day)[:10] for day in dataset["time"].values] == ["2019-01-01", "2019-01-17"]
    values = dataset["ndvi"].values
    np.testing.assert_allclose(values[0, 8:18], 0.65, rtol=1e-6)
    np.testing.assert_allclose(values[1, 8:18], -0.15, rtol=1e-6)
    assert np.isnan(values[:, :4]).all(), "fill"
    assert np.isnan(values[:, 21:]).all(), "snow"
    good = read_modis_vegetation(path, WINDOW, quality="good")["ndvi"].values
    assert np.isfinite(good[:, 8:18, :10]).all() and np.isnan(good[:, :, 14:]).all(), "marginal"
    assert (dataset.attrs["product"], dataset.attrs["version"]) == ("MODIS vegetation indices MOD13A2", "061")
    between = np.datetime64("2019-01-02"), np.datetime64("2019-12-31")
    assert read_modis_vegetation(path, WINDOW, between=between)["ndvi"].shape == (1, 25, 25)
    np.testing.assert_allclose(read_modis_vegetation(path, WINDOW, "evi")["evi"][0, 8:18, :10], 0.42)


def test_soil_adjusted_index_of_the_reflectances(tmp_path: Path) -> None:
    red = np.full(SHAPE, 400, dtype=np.int16)
    red[0, :, LON < 10.08] = -1000
    red[1] = 3000
    path = write(tmp_path / "MOD13A2.061_1km_aid0001.nc", layers(red_reflectance=red))
    savi = read_modis_vegetation(path, WINDOW, "savi")["savi"].values
    assert np.isnan(savi[0, :, :7]).all(), "no red"
    # 1.5 (0.30 - 0.04) / (0.30 + 0.04 + 0.5); nothing where both are alike
    np.testing.assert_allclose(savi[0, :, 10:], 0.39 / 0.84, rtol=1e-6)
    np.testing.assert_allclose(savi[1], 0, atol=1e-9)


def test_geotiffs_lie_beside_each_other(tmp_path: Path) -> None:
    for name, numbers in layers().items():
        kind, fill, _ = KINDS[name]
        layouts.raster(
            tmp_path / f"MOD13A3.061__1_km_monthly_{name}_doy2020061_aid0001.tif",
            numbers[0].astype(kind), LON[0] - STEP / 2, LAT[0] + STEP / 2, STEP, nodata=fill,
        )  # fmt: skip
    files = sorted(tmp_path.iterdir())
    for index, value in (("ndvi", 0.65), ("evi", 0.42), ("savi", 0.39 / 0.84)):
        dataset = read_modis_vegetation(files, WINDOW, index)
        assert str(dataset["time"].values[0])[:10] == "2020-03-01"
        np.testing.assert_allclose(dataset[index], value, rtol=1e-6)
        assert sum(len(dates_of(file, index)) for file in files) == 1
    assert {recognise(file).key for file in files} == {"modis_vegetation"}  # type: ignore[union-attr]
    assert not check_folder(tmp_path).damaged
    (quality,) = tmp_path.glob("*VI_Quality*")
    quality.unlink()
    with pytest.raises(InputError, match=r"fetch MOD13A3\.061__1_km_.*VI_Quality_doy2020061"):
        read_modis_vegetation(files[1], WINDOW, "ndvi" if "NDVI" in files[1].name else "evi")


def test_recognised_checked_and_drawn(tmp_path: Path) -> None:
    path = write(tmp_path / "renamed.nc", layers())
    found = recognise(path)
    assert found is not None and (found.key, found.years) == ("modis_vegetation", (2019,))
    assert not check_folder(tmp_path).damaged
    for name, value in (("ndvi", 0.65), ("evi", 0.42), ("savi", 0.39 / 0.84)):
        field = read_field(path, name, "2019-01-17", (10, 50, 10.25, 50.25))
        np.testing.assert_allclose(field.values, value, rtol=1e-6)


def test_what_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "MOD13A2.061_1km_aid0001.nc", {"NDVI": layers()["NDVI"]})
    for arguments, message in (
        (("fapar",), "no vegetation index 'fapar'.*ndvi, evi, savi"),
        (("ndvi", "best"), "'best' is unknown"),
        (("ndvi",), "pixel_reliability' missing in .*order it too"),
        (("evi",), "EVI' missing"),
    ):
        with pytest.raises(InputError, match=message):
            read_modis_vegetation(path, WINDOW, *arguments)
