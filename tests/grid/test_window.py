import numpy as np
import pytest

from pylandbc.errors import InputError
from pylandbc.grid.sphere import distance_to_box, unit_vectors
from pylandbc.grid.window import EARTH_RADIUS, Rectangle, Window


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


def test_a_rectangle_of_any_size_from_its_south_west_corner():
    region = Rectangle.from_corner(-118, 32, 256, 257)
    assert (region.west, region.south, region.cols, region.rows) == (-118, 32, 256, 257)
    assert region.latitude[-1] == pytest.approx(32.005) and region.longitude[0] == pytest.approx(-117.995)
    assert Rectangle.from_corner(350.07, -90, 1, 1) == Rectangle(17999, 17007, 1, 1)
    assert Rectangle.from_corner(-180, -90, 36000, 18000) == Rectangle(0, 0, 18000, 36000)
    aligned = Window(5000, 6200, 250, 250)
    assert np.array_equal(Rectangle(5000, 6200, 250, 250).pixel_area, aligned.pixel_area)


@pytest.mark.parametrize(
    ("corner", "words"),
    [
        ((0.004, 0, 5, 5), r"does not lie on the 0\.01 degree lattice .* nearest corner is 0, 0"),
        ((0, 89.99, 5, 2), "do not fit on the globe"),
        ((0, -91, 5, 5), "do not fit on the globe"),
        ((0, 0, 36001, 5), "do not fit on the globe"),
        ((float("nan"), 0, 5, 5), "no pair of degrees"),
    ],
)
def test_rectangles_off_the_lattice_or_the_globe(corner, words):
    with pytest.raises(InputError, match=words):
        Rectangle.from_corner(*corner)


@pytest.mark.parametrize(("row", "col"), [(3000, 100), (9000, 35990), (16900, 0), (20, 500)])
def test_a_border_holds_every_pixel_within_its_width(row, col):
    region = Rectangle(row, col, 10, 20)
    wide = region.with_border(0.7)
    rng = np.random.default_rng(0)
    lat = np.clip(region.north + rng.uniform(-1.5, 1.5, 4000), -90, 90)
    lon = region.west + rng.uniform(-1, 1, 4000) * min(180, 3 / np.cos(np.deg2rad(region.north)))
    away = distance_to_box(unit_vectors(lon, lat), region.west, region.south, region.east, region.north)
    near = np.rad2deg(away) < 0.7
    inside = (lat >= wide.south) & (lat <= wide.north) & ((lon - wide.west) % 360 <= wide.cols / 100)
    assert near.sum() > 100 and np.all(inside[near])


def test_in_a_sentence_it_is_written_as_a_user_gives_it():
    assert str(Window.from_degrees(-4, 52.5, -2.25, 53)) == "-4,52.5,-2.25,53"
    assert f"{Rectangle.from_corner(179.99, -20.01, 3, 2)}" == "179.99,-20.01,180.02,-19.99"


@pytest.mark.parametrize("col", [300, 35975])
def test_a_part_is_where_its_pixels_are(col):
    whole, part = Window(9000, col, 75, 100), Window(9025, (col + 50) % 36000, 50, 25)
    row, column = np.mgrid[0:75, 0:100]
    turn = (whole.longitude[column] - part.west) % 360
    inside = (whole.latitude[row] < part.north) & (whole.latitude[row] > part.south) & (turn < 0.25)
    assert np.array_equal(whole.mask_of(part), inside) and inside.sum() == 50 * 25
    globe = Rectangle(9000, 0, 10, 36000)
    seam = globe.mask_of(Rectangle(9002, 35999, 3, 2))
    assert seam.sum() == 6 and seam[2:5, 0].all() and seam[2:5, -1].all()
