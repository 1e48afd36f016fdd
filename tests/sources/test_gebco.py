"""The genuine GEBCO file, and files that are not one."""

from __future__ import annotations

from pathlib import Path

import netCDF4
import numpy as np
import pytest

from pylandbc.errors import InputError
from pylandbc.grid.window import Window
from pylandbc.sources.gebco import read_gebco
from sources import layouts

NAME = "formats/gebco_2020_n56.3_s55.2_w12.2_e13.1.nc"
WINDOW = Window.from_degrees(12.25, 55.25, 13.0, 56.25)


def test_heights_are_means_of_the_cells_below(real_data: Path) -> None:
    dataset = read_gebco(real_data / NAME, WINDOW)
    with netCDF4.Dataset(real_data / NAME) as file:
        raw = np.asarray(file["elevation"][:], dtype=np.float64)
        lat, lon = np.asarray(file["lat"][:]), np.asarray(file["lon"][:])
    assert lat[0] < lat[-1], "the genuine file runs south to north"
    half = 1 / 480
    for r, c in ((0, 0), (37, 50), (99, 74), (61, 3)):
        south, west = WINDOW.latitude[r] - 0.005, WINDOW.longitude[c] - 0.005
        y = np.clip(np.minimum(lat + half, south + 0.01) - np.maximum(lat - half, south), 0, None)
        x = np.clip(np.minimum(lon + half, west + 0.01) - np.maximum(lon - half, west), 0, None)
        weight = (y * np.cos(np.deg2rad(lat)))[:, None] * x[None, :]
        for name, sign in (("elevation", 1), ("bathymetry", -1)):
            expected = (np.maximum(sign * raw, 0) * weight).sum() / weight.sum()
            assert float(dataset[name][r, c]) == pytest.approx(expected, rel=1e-4, abs=1e-3)
    assert float(dataset["elevation"].max()) > 60
    assert float(dataset["bathymetry"].max()) > 20
    assert dataset.attrs["version"].startswith("The GEBCO_2020 Grid")


def test_wrong_files_are_named(tmp_path: Path, real_data: Path) -> None:
    whole = (real_data / NAME).read_bytes()
    (tmp_path / "cut.nc").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match=r"cut\.nc"):
        read_gebco(tmp_path / "cut.nc", WINDOW)
    with netCDF4.Dataset(tmp_path / "other.nc", "w") as file:
        file.createDimension("lat", 3)
        file.createVariable("tid", "i2", ("lat",))
    with pytest.raises(InputError, match=r"variable 'elevation' missing in .*other\.nc \(found: tid\)"):
        read_gebco(tmp_path / "other.nc", WINDOW)


def test_integers_south_first_without_fill(tmp_path: Path) -> None:
    """int16, latitude ascending, no fill value: -32768 would be a depth, and the north comes out first."""
    step = 15 / 3600
    heights = np.repeat(np.arange(-120, 120, dtype=np.int16)[:, None], 240, axis=1)
    path = tmp_path / "gebco.nc"
    with netCDF4.Dataset(path, "w") as file:
        layouts.axis(file, "lat", layouts.centres(50 + step / 2, step, 240), "degrees_north")
        layouts.axis(file, "lon", layouts.centres(10 + step / 2, step, 240), "degrees_east")
        file.createVariable("elevation", "i2", ("lat", "lon"))[:] = heights
    relief = read_gebco(path, Window.from_degrees(10, 50, 11, 51))
    height, depth = relief["elevation"].values, relief["bathymetry"].values
    # a pixel is 2.4 source rows: means of a ramp are the ramp at its middle
    middle = (relief["y"].values - 50) / step - 0.5 - 120
    inland, at_sea = middle > 2, middle < -2
    np.testing.assert_allclose(height[inland, 50], middle[inland], atol=0.1)
    np.testing.assert_allclose(depth[at_sea, 50], -middle[at_sea], atol=0.1)
    assert not height[at_sea].any() and not depth[inland].any()
