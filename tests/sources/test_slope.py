"""Slope and aspect against closed forms, Horn's formula written out, and a genuine file."""

from __future__ import annotations

from pathlib import Path

import netCDF4
import numpy as np
import pytest

from pylandbc.grid.window import EARTH_RADIUS, Window
from pylandbc.sources.regular_grid import RegularGrid
from pylandbc.sources.slope import horn_gradient, read_slope
from sources import layouts

WINDOW = Window.from_degrees(12.25, 55.25, 12.75, 55.75)
STEP = 1 / 240


def grid(values: np.ndarray, north: float, west: float) -> RegularGrid:
    rows, cols = values.shape
    return RegularGrid(values, layouts.centres(north, -STEP, rows), layouts.centres(west, STEP, cols))


def test_plane_on_the_sphere() -> None:
    lat, lon = layouts.centres(60.0, -STEP, 9)[:, None], layouts.centres(5.0, STEP, 11)[None, :]
    rise = EARTH_RADIUS * np.deg2rad(lat) * 0.02 + 0 * lon
    east, north = horn_gradient(grid(rise, 60.0, 5.0))
    np.testing.assert_allclose(north[1:-1, 1:-1], 0.02, rtol=1e-9)
    np.testing.assert_allclose(east[1:-1, 1:-1], 0.0, atol=1e-12)
    ramp = 1000.0 * np.deg2rad(lon) + 0 * lat
    east, _ = horn_gradient(grid(ramp, 60.0, 5.0))
    exact = 1000.0 / (EARTH_RADIUS * np.cos(np.deg2rad(lat)))
    # a degree of longitude is half as long at 60 N: a flat-grid formula would halve this
    np.testing.assert_allclose(east[1:-1, 1:-1], np.broadcast_to(exact, east.shape)[1:-1, 1:-1], rtol=1e-7)
    assert np.isnan(east[0]).all()
    assert np.isnan(east[:, -1]).all()


def test_horn_written_out() -> None:
    z = np.random.default_rng(5).normal(0, 100, (5, 5))
    east, north = horn_gradient(grid(z, 0.0, 5.0))
    dx = dy = EARTH_RADIUS * np.deg2rad(STEP)
    (a, b, c), (d, _, f), (g, h, i) = z[1:4, 1:4]
    assert east[2, 2] == pytest.approx(((c + 2 * f + i) - (a + 2 * d + g)) / (8 * dx), rel=1e-6)
    assert north[2, 2] == pytest.approx(((a + 2 * b + c) - (g + 2 * h + i)) / (8 * dy), rel=1e-9)


def write_gebco(path: Path, height: np.ndarray, lat: np.ndarray, lon: np.ndarray) -> Path:
    with netCDF4.Dataset(path, "w") as file:
        layouts.axis(file, "lat", lat[::-1], "degrees_north")
        layouts.axis(file, "lon", lon, "degrees_east")
        file.createVariable("elevation", "i2", ("lat", "lon"))[:] = np.rint(height[::-1])
    return path


def test_aspect_points_downhill_and_the_sea_floor_does_not_count(tmp_path: Path) -> None:
    lat = layouts.centres(55.9, -STEP, 168)
    lon = layouts.centres(12.1, STEP, 192)
    # rises to the south-west: the way down is north-east
    north, east = (lat[:, None] - 55.9) * 111195, (lon[None, :] - 12.1) * 111195 * np.cos(np.deg2rad(55.5))
    path = write_gebco(tmp_path / "g.nc", 6000 - 0.1 * east - 0.1 * north, lat, lon)
    dataset = read_slope(path, WINDOW)
    np.testing.assert_allclose(dataset["aspect"], 45.0, atol=1.0)
    np.testing.assert_allclose(dataset["slope"], np.rad2deg(np.arctan(np.hypot(0.1, 0.1))), rtol=0.01)
    np.testing.assert_allclose(dataset["northness"], np.sqrt(0.5), atol=0.02)
    sea = read_slope(write_gebco(tmp_path / "s.nc", -3000 - 0.1 * east - 0 * north, lat, lon), WINDOW)
    assert (sea["slope"].values == 0).all()
    assert np.isnan(sea["aspect"].values).all()
    assert (sea["eastness"].values == 0).all()


def test_genuine_file_is_gentle(real_data: Path) -> None:
    dataset = read_slope(real_data / "formats/gebco_2020_n56.3_s55.2_w12.2_e13.1.nc", WINDOW)
    slope = dataset["slope"].values
    assert np.isfinite(slope).all()
    assert 0 <= slope.min() < 0.01
    # Zealand and Scania: hills of some tens of metres
    assert 0.2 < np.percentile(slope, 95) < slope.max() < 15
    assert "Horn" in dataset.attrs["note"]
