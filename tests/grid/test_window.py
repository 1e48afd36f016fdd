import numpy as np
import pytest

from pylandbc.errors import InputError
from pylandbc.grid.window import EARTH_RADIUS, Window


def test_the_smallest_aligned_window_around_a_box():
    assert Window.from_degrees(-14, 49.5, 2.25, 61) == Window(2900, 16600, 1150, 1625)
    assert Window.from_degrees(-118, 32, -115.44, 34.56) == Window(5525, 6200, 275, 275)
    assert Window.from_degrees(179, -1, -179, 1) == Window(8900, 35900, 200, 200)


def test_the_globe_has_the_area_of_a_sphere():
    globe = Window(0, 0, 18000, 36000)
    assert globe.pixel_area.sum() * 36000 == pytest.approx(4 * np.pi * EARTH_RADIUS**2, rel=1e-13)


def test_extended_is_clipped_at_the_poles_and_wrapped():
    assert Window(0, 0, 100, 100).extended(125) == Window(0, 35875, 225, 350)
    assert Window(17900, 35900, 100, 100).extended(125) == Window(17775, 35775, 225, 350)
    assert Window(100, 0, 100, 36000).extended(125) == Window(0, 0, 325, 36000)


def test_centres():
    window = Window(2900, 16600, 1150, 1625)
    assert window.latitude[0] == pytest.approx(60.995) and window.latitude[-1] == pytest.approx(49.505)
    assert window.longitude[0] == pytest.approx(-13.995) and window.longitude[-1] == pytest.approx(2.245)
    assert window.coarse_latitude[0] == pytest.approx(60.875)
    assert window.coarse_longitude[-1] == pytest.approx(2.125)


@pytest.mark.parametrize(
    "numbers", [(0, 0, 30, 25), (-25, 0, 25, 25), (17975, 0, 50, 25), (0, 36000, 25, 25)]
)
def test_windows_off_the_lattice_are_refused(numbers):
    with pytest.raises(InputError):
        Window(*numbers)
