import numpy as np
import pytest
import xarray as xr

from pylandbc.errors import InputError
from pylandbc.grid.lattice import place
from pylandbc.grid.window import Rectangle

WINDOW = Rectangle.from_corner(179.95, 10, 10, 6)


def dataset(lat, lon, **attributes):
    return xr.Dataset(coords={"lat": ("lat", lat, attributes), "lon": ("lon", lon)})


@pytest.mark.parametrize("turn", [0.0, -360.0])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_window_is_found_whatever_the_order_and_the_turn(turn, dtype):
    lat, lon = WINDOW.latitude.astype(dtype), (WINDOW.longitude + turn).astype(dtype)
    found = place(dataset(lat, lon))
    assert found.window == WINDOW and not found.south_first
    wrapped = (WINDOW.longitude + 180) % 360 - 180
    found = place(dataset(lat[::-1], wrapped))
    assert found.window == WINDOW and found.south_first
    field = np.arange(60.0).reshape(6, 10)
    array = xr.DataArray(field[::-1].T, dims=("lon", "lat"))
    np.testing.assert_array_equal(found.pixels(array)[:, 0], field.ravel())


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (
            dataset(np.arange(10, 12, 0.25), WINDOW.longitude),
            r"step 0\.25 degree.* is not that of",
        ),
        (dataset(np.deg2rad(WINDOW.latitude), WINDOW.longitude, units="radians"), "lat is in radians"),
        (dataset(WINDOW.latitude[[0, 1, 3]], WINDOW.longitude), "lat are not consecutive rows"),
        (dataset(WINDOW.latitude, WINDOW.longitude[::-1]), "lon are not consecutive columns"),
        (xr.Dataset(coords={"lat": ("lat", WINDOW.latitude)}), "no one-dimensional coordinate of longitude"),
    ],
)
def test_other_grids_are_refused(made, words):
    with pytest.raises(InputError, match=words):
        place(made)
