"""Cutting a window out of a global grid: orientation, longitude branches, the dateline."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pylandbc.errors import InputError
from pylandbc.grid.window import Window
from pylandbc.sources.regular_grid import cut
from pylandbc.sources.resample import nearest

PATH = Path("global.nc")


def code(latitude: np.ndarray, longitude: np.ndarray) -> np.ndarray:
    """A number that names the place, whatever branch its longitude is on."""
    return np.round((latitude[:, None] + 90) * 8) * 10000 + np.round((longitude[None, :] % 360) * 8)


@pytest.mark.parametrize("first", [-180.0, 0.0])
@pytest.mark.parametrize("ascending", [True, False])
@pytest.mark.parametrize("box", [(-14, 49.5, 2.25, 61), (178.5, -20, -178.5, -15), (-1, 80, 1, 90)])
def test_every_branch_gives_the_same_place(first: float, ascending: bool, box: tuple[float, ...]) -> None:
    window = Window.from_degrees(*box)
    lat = -89.875 + 0.25 * np.arange(720)
    lat = lat if ascending else lat[::-1]
    lon = first + 0.125 + 0.25 * np.arange(1440)
    values = code(lat, lon)
    grid = cut(lambda rows, cols: values[rows, cols], lat, lon, window, PATH)
    assert grid.latitude[0] > grid.latitude[-1]
    got = nearest(grid, window.coarse_latitude, window.coarse_longitude, -1)
    np.testing.assert_array_equal(got, code(window.coarse_latitude, window.coarse_longitude))


@pytest.mark.parametrize("box", [(-180, -10, 180, 10), (178, -20, -178, -15)])
def test_a_column_that_comes_twice_is_read_once(box: tuple[float, ...]) -> None:
    """-180 and 180 degrees, as some global files have both; over the whole globe and over the seam."""
    window = Window.from_degrees(*box)
    lat, lon = 90.0 - 0.25 * np.arange(721), -180.0 + 0.25 * np.arange(1441)
    values = code(lat, lon)
    grid = cut(lambda rows, cols: values[rows, cols], lat, lon, window, PATH)
    assert np.allclose(np.diff(grid.longitude), 0.25)
    assert grid.longitude[0] <= window.west and grid.longitude[-1] >= window.east
    np.testing.assert_array_equal(grid.values, code(grid.latitude, grid.longitude))


def test_reads_only_what_the_window_needs() -> None:
    window = Window.from_degrees(0, 50, 1, 51)
    lat, lon = 89.875 - 0.25 * np.arange(720), -179.875 + 0.25 * np.arange(1440)
    asked = []

    def read(rows: slice, cols: slice) -> np.ndarray:
        asked.append((rows.stop - rows.start) * (cols.stop - cols.start))
        return np.zeros((rows.stop - rows.start, cols.stop - cols.start))

    cut(read, lat, lon, window, PATH)
    assert sum(asked) <= 64


def test_irregular_axis_is_refused() -> None:
    lon = np.array([0.0, 1.0, 2.0, 4.0])
    with pytest.raises(InputError, match=r"global\.nc: axis 'longitude' is not equidistant"):
        cut(lambda r, c: np.zeros((4, 4)), np.arange(4.0), lon, Window.from_degrees(0, 0, 1, 1), PATH)
