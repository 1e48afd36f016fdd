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
