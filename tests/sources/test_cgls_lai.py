"""Copernicus LAI: pixel-centre coordinates, packing from the file, quality bits, dekads, sensors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pylandbc.errors import InputError
from pylandbc.grid.window import Window
from pylandbc.sources.cgls_lai import FLAGS, read_cgls_lai
from sources import layouts

WINDOW = Window.from_degrees(10, 50, 10.25, 50.25)
FINE = "c_gls_LAI300_{date}0000_GLOBE_PROBAV_V1.0.1.nc"


def axes(per_degree: int, window: Window = WINDOW) -> tuple[np.ndarray, np.ndarray]:
    """Part of the global axes, whose first centres lie on 80 N and 180 W."""
    rows = np.arange(int((80 - window.north) * per_degree) - 4, int((80 - window.south) * per_degree) + 5)
    cols = np.arange(int((window.west + 180) * per_degree) - 4, int((window.east + 180) * per_degree) + 5)
    return 80 - rows / per_degree, -180 + cols / per_degree


@pytest.mark.parametrize(
    ("per_degree", "name"), [(112, "c_gls_LAI-RT6_{date}0000_GLOBE_PROBAV_V2.0.1.nc"), (336, FINE)]
)
def test_coordinates_are_centres(tmp_path: Path, per_degree: int, name: str) -> None:
    lat, lon = axes(per_degree)
    # digital numbers 400 degrees^-1 times longitude: half a source pixel is 1.8 (0.6) of them
    numbers = np.rint((lon - 9.9) * 400)[None, :].repeat(lat.size, 0)
    path = layouts.cgls_lai(tmp_path, numbers, lat, lon, name=name)
    lai = read_cgls_lai(path, WINDOW, reject=())["leaf_area_index"]
    expected = (WINDOW.longitude - 9.9) * 400 / 30
    # a shift by half a source pixel would show as 0.06 (0.02); rounding averages out
    shift = float((lai.values[0] - expected[None, :]).mean())
    assert abs(shift) < 0.1 * 0.5 / per_degree * 400 / 30
    assert lai.dtype == np.float32


def test_packing_fill_and_valid_range(tmp_path: Path) -> None:
    lat, lon = axes(112)
    numbers = np.full((lat.size, lon.size), 60)
    numbers[:, lon < 10.08] = 255
    numbers[:, lon > 10.17] = 251
    path = layouts.cgls_lai(tmp_path, numbers, lat, lon)
    dataset = read_cgls_lai(path, WINDOW)
    lai, valid = dataset["leaf_area_index"].values[0], dataset["valid_fraction"].values[0]
    np.testing.assert_allclose(lai[:, 10:15], 2.0, rtol=1e-6)
    np.testing.assert_allclose(valid[:, 10:15], 1.0, atol=1e-6)
    # 251 ... 254 are no leaf area index although they are not the fill value
    assert np.isnan(lai[:, :6]).all()
    assert np.isnan(lai[:, 19:]).all()
    assert (valid[:, :6] == 0).all()
    np.testing.assert_allclose(dataset["leaf_area_index_rmse"].values[0][:, 10:15], 0.2, rtol=1e-6)


def test_quality_bits(tmp_path: Path) -> None:
    lat, lon = axes(112)
    numbers = np.where(lat[:, None] > 50.125, 30, 90) * np.ones((1, lon.size), dtype=int)
    flags = np.where(lat[:, None] > 50.125, FLAGS["interpolated"], 0) * np.ones((1, lon.size), dtype=int)
    flags[0, 0] = 0x8001
    counts = np.full_like(numbers, 17)
    path = layouts.cgls_lai(tmp_path, numbers, lat, lon, flags=flags, counts=counts)
    kept = read_cgls_lai(path, WINDOW)
    np.testing.assert_allclose(kept["leaf_area_index"].values[0, :10], 1.0, rtol=1e-6)
    assert (kept["quality_flags"].values[0, :10] == 1 << 14).all()
    assert kept["quality_flags"].dtype == np.uint16
    assert (kept["observations"].values == 17).all()
    observed = read_cgls_lai(path, WINDOW, reject=("interpolated", "climatology_filled"))
    assert np.isnan(observed["leaf_area_index"].values[0, :10]).all()
    np.testing.assert_allclose(observed["leaf_area_index"].values[0, 15:], 3.0, rtol=1e-6)
    with pytest.raises(InputError, match="unknown quality flags"):
        read_cgls_lai(path, WINDOW, reject=("cloud",))


def test_dekads_versions_and_sensors(tmp_path: Path) -> None:
    lat, lon = axes(112)
    shape = (lat.size, lon.size)
    name = "c_gls_LAI_{date}0000_GLOBE_VGT_V2.0.2.nc"
    files = [
        layouts.cgls_lai(tmp_path, np.full(shape, 60), lat, lon, "20140120"),
        layouts.cgls_lai(tmp_path, np.full(shape, 30), lat, lon, "20131231", name),
        layouts.cgls_lai(
            tmp_path,
            np.full(shape, 90),
            lat,
            lon,
            "20140120",
            "c_gls_LAI-RT2_{date}0000_GLOBE_PROBAV_V2.0.1.nc",
        ),
    ]
    dataset = read_cgls_lai(files, WINDOW)
    assert [str(t)[:10] for t in dataset["time"].values] == ["2013-12-31", "2014-01-20"]
    assert dataset["sensor"].values.tolist() == ["SPOT/VGT", "PROBA-V"]
    # the latest version of a dekad (RT6 over RT2) counts
    np.testing.assert_allclose(dataset["leaf_area_index"].values[:, 5, 5], [1.0, 2.0], rtol=1e-6)


def test_dateline(tmp_path: Path) -> None:
    window = Window.from_degrees(179.75, 50, -179.75, 50.25)
    lat = axes(112)[0]
    lon = -180 + np.arange(40320) / 112
    numbers = np.zeros((lat.size, lon.size), dtype=int)
    numbers[:, lon < 0] = 30
    numbers[:, lon > 0] = 60
    path = layouts.cgls_lai(tmp_path, numbers, lat, lon)
    lai = read_cgls_lai(path, window)["leaf_area_index"].values[0]
    assert np.isfinite(lai).all()
    np.testing.assert_allclose(lai[:, :24], 2.0, rtol=1e-6)
    np.testing.assert_allclose(lai[:, 26:], 1.0, rtol=1e-6)
    # the pixel west of 180 holds half of the source pixel that is centred on 180 W
    np.testing.assert_allclose(lai[:, 24], 2.0 - (1 / 224) / 0.01, rtol=1e-4)


def test_bad_files_are_named(tmp_path: Path) -> None:
    lat, lon = axes(112)
    numbers = np.full((lat.size, lon.size), 60)
    old = layouts.cgls_lai(
        tmp_path, numbers, lat, lon, "20200403", "c_gls_LAI_{date}0000_GLOBE_PROBAV_V1.5.1.nc"
    )
    with pytest.raises(InputError, match="2020-04-03, which ends no dekad"):
        read_cgls_lai(old, WINDOW)
    february = layouts.cgls_lai(tmp_path, numbers, lat, lon, "20200228")
    with pytest.raises(InputError, match="ends no dekad"):
        read_cgls_lai(february, WINDOW)
    unscaled = layouts.cgls_lai(tmp_path, numbers, lat, lon, "20200229", scale=1.0)
    with pytest.raises(InputError, match=r"leaf area index reaches 60\.0; scale_factor is missing or wrong"):
        read_cgls_lai(unscaled, WINDOW)
    coarse = layouts.cgls_lai(tmp_path, np.full((9, 9), 3), np.linspace(51, 49, 9), np.linspace(9, 11, 9))
    with pytest.raises(InputError, match="grid spacing"):
        read_cgls_lai(coarse, WINDOW)
