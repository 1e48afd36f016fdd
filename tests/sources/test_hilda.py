"""HILDA+ readers against rasterio's own indexing, hand-made files, and the counts of the data's README."""

from __future__ import annotations

from pathlib import Path

import netCDF4
import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin

from pylandbc.errors import InputError
from pylandbc.grid.window import Window
from pylandbc.sources.hilda import CONSOLIDATION, consolidate, read_hilda

UK = Window.from_degrees(-14, 49.5, 2.25, 61)
SMALL = Window.from_degrees(0, 50, 0.5, 50.5)
FILE_2009 = "20221006_HILDA_UK_LULC_2009.tif"
FILE_2012 = "20230211_HILDA_UK_LULC_2012.tif"
CLASSES = {11: 1, 22: 2, 33: 3, 40: 4, 41: 4, 44: 4, 45: 4, 55: 5, 66: 6, 77: 7}


def write_tif(path: Path, values: np.ndarray, west: float, north: float, step: float) -> Path:
    profile = {"driver": "GTiff", "height": values.shape[0], "width": values.shape[1], "count": 1}
    with rasterio.open(
        path,
        "w",
        dtype=values.dtype,
        crs="EPSG:4326",
        transform=from_origin(west, north, step, step),
        **profile,
    ) as raster:
        raster.write(values, 1)
    return path


def test_real_map_is_the_nearest_source_pixel(real_data: Path) -> None:
    path = real_data / "uk" / FILE_2009
    land_use = read_hilda(path, UK, [2009])["land_use"].values[0]
    rng = np.random.default_rng(0)
    rows, cols = rng.integers(0, UK.rows, 4000), rng.integers(0, UK.cols, 4000)
    checked = 0
    with rasterio.open(path) as raster:
        raw = raster.read(1)
        for r, c in zip(rows, cols, strict=True):
            i, j = raster.index(UK.longitude[c], UK.latitude[r])
            inside = 0 <= i < raw.shape[0] and 0 <= j < raw.shape[1] and np.isfinite(raw[i, j])
            assert land_use[r, c] == (CLASSES[int(raw[i, j])] if inside else 255)
            checked += inside
    assert checked > 400


def test_real_maps_differ_as_published(real_data: Path) -> None:
    a = read_hilda(real_data / "uk" / FILE_2009, UK, [2009])["land_use"].values[0]
    b = read_hilda(real_data / "uk" / FILE_2012, UK, [2012])["land_use"].values[0]
    both = (a != 255) & (b != 255)
    # README of the data: 331,904 pixels of the original grid (0.0099886 degree) valid in both, 9.65 % differ
    assert both.sum() == pytest.approx(331904 * (0.0099885 / 0.01) ** 2, rel=1e-3)
    assert (a != b)[both].mean() == pytest.approx(0.0965, abs=0.003)


def test_all_codes_are_consolidated() -> None:
    codes = [0, 11, 22, 23, 24, 33, 40, 41, 42, 43, 44, 45, 55, 66, 77, 99]
    expected = [0, 1, 2, 2, 2, 3, 4, 4, 4, 4, 4, 4, 5, 6, 7, 255]
    np.testing.assert_array_equal(consolidate(np.array(codes, dtype=np.int16), Path("f")), expected)
    floats = consolidate(np.array([np.nan, 44.0], dtype=np.float32), Path("f"))
    np.testing.assert_array_equal(floats, [255, 4])


@pytest.mark.parametrize("code", [12, 46, 3322, -1, 11.5])
def test_unknown_code_is_refused_by_name(tmp_path: Path, code: float) -> None:
    values = np.full((60, 60), 22, dtype=np.float32)
    values[30, 30] = code
    path = write_tif(tmp_path / "states.tif", values, 0.0, 50.5, 0.01)
    with pytest.raises(InputError, match=rf"states\.tif holds codes \[{float(code)}\]"):
        read_hilda(path, SMALL, [2000])


def write_series(path: Path, states: np.ndarray, ascending: bool, variable: str = "LULC_states") -> None:
    with netCDF4.Dataset(path, "w") as file:
        for name, values in (
            ("time", np.array([1999, 2000, 2001])),
            ("latitude", SMALL.latitude[::-1] if ascending else SMALL.latitude),
            ("longitude", SMALL.longitude),
        ):
            file.createDimension(name, len(values))
            file.createVariable(name, "f8", (name,))[:] = values
        data = file.createVariable(variable, "i2", ("time", "latitude", "longitude"))
        data[:] = states[:, ::-1] if ascending else states


@pytest.mark.parametrize("ascending", [False, True])
def test_netcdf_series(tmp_path: Path, ascending: bool) -> None:
    rng = np.random.default_rng(1)
    states = rng.choice([0, 11, 22, 33, 41, 44, 55, 66, 77, 99], size=(3, *SMALL.shape)).astype(np.int16)
    write_series(tmp_path / "hilda.nc", states, ascending)
    dataset = read_hilda(tmp_path / "hilda.nc", SMALL, [2001, 1999])
    table = {0: 0, 99: 255, **CLASSES}
    expected = np.vectorize(table.get)(states[[2, 0]])
    np.testing.assert_array_equal(dataset["land_use"].values, expected)
    assert dataset.attrs["licence"] == "CC-BY-4.0"


def test_bad_files_are_named(tmp_path: Path, real_data: Path) -> None:
    whole = (real_data / "uk" / FILE_2009).read_bytes()
    cut = tmp_path / "cut.tif"
    cut.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match=r"cut\.tif cannot be read as GeoTIFF"):
        read_hilda(cut, UK, [2009])
    with pytest.raises(InputError, match="holds one year"):
        read_hilda(real_data / "uk" / FILE_2009, UK, [2009, 2012])
    with pytest.raises(InputError, match="does not exist"):
        read_hilda(tmp_path / "none.tif", UK, [2009])
    with pytest.raises(InputError, match="does not overlap the window"):
        read_hilda(real_data / "uk" / FILE_2009, Window.from_degrees(10, 10, 11, 11), [2009])
    write_series(tmp_path / "other.nc", np.zeros((3, *SMALL.shape)), False, "LULC_transitions")
    with pytest.raises(InputError, match=r"'LULC_states' missing in .*other\.nc \(found: LULC_transitions\)"):
        read_hilda(tmp_path / "other.nc", SMALL, [2000])
    write_series(tmp_path / "short.nc", np.zeros((3, *SMALL.shape)), False)
    with pytest.raises(InputError, match=r"no data for \[2005\] \(it covers 1999 \.\.\. 2001\)"):
        read_hilda(tmp_path / "short.nc", SMALL, [2000, 2005])


def test_version_two(tmp_path: Path) -> None:
    values = np.full((60, 60), 23, dtype=np.int16)
    values[:, 30:] = 24
    path = write_tif(tmp_path / "hildap_vGLOB-2.1-crop_states_2015.tif", values, 0.0, 50.5, 0.01)
    dataset = read_hilda(path, SMALL, [2015])
    assert (dataset["land_use"].values == 2).all()
    assert dataset.attrs["version"] == "vGLOB-2.1-crop"


def test_the_grid_is_the_files_own(tmp_path: Path) -> None:
    """0.0099886 degree as in circulating GeoTIFFs: the nearest source pixel, by plain search."""
    step, west, north = 0.0099886, 9.87, 51.13
    codes = np.random.default_rng(4).choice([0, 11, 22, 33, 44, 55, 66, 77], (140, 150)).astype(np.uint8)
    path = write_tif(tmp_path / "hilda_plus_2009_states.tif", codes, west, north, step)
    window = Window.from_degrees(10, 50, 11, 51)
    found = read_hilda(path, window, [2009])["land_use"].values[0]
    latitude = north - (np.arange(140) + 0.5) * step
    longitude = west + (np.arange(150) + 0.5) * step
    classes = np.vectorize(CONSOLIDATION.__getitem__)(codes)
    for row in range(0, 100, 7):
        for col in range(0, 100, 9):
            i = int(np.abs(latitude - window.latitude[row]).argmin())
            j = int(np.abs(longitude - window.longitude[col]).argmin())
            assert found[row, col] == classes[i, j]
