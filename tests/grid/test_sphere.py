import numpy as np
import pytest

from pylandbc.grid.sphere import distance_to_box, lon_lat, polygon_areas, unit_vectors


def polygon(*points):
    lon, lat = np.array(points, dtype=float).T
    return unit_vectors(lon, lat)[None]


def test_an_octant_is_an_eighth_of_the_sphere():
    assert polygon_areas(polygon((0, 0), (90, 0), (0, 90)))[0] == pytest.approx(np.pi / 2, rel=1e-15)


def test_a_lune_has_twice_its_angle():
    # half of a lune of one degree, from the equator to the pole: area = angle
    assert polygon_areas(polygon((10, 0), (11, 0), (0, 90)))[0] == pytest.approx(np.deg2rad(1.0), rel=1e-13)


def test_tiny_polygons_keep_their_digits():
    # at the equator a square of 1e-6 degree is flat to 1e-16
    side = 1e-6
    area = polygon_areas(polygon((5, 0), (5 + side, 0), (5 + side, side), (5, side)))[0]
    assert area == pytest.approx(np.deg2rad(side) ** 2, rel=1e-8)


def test_clockwise_is_negative_and_repeated_corners_add_nothing():
    forward = polygon_areas(polygon((0, 0), (2, 0), (2, 2), (0, 2)))[0]
    assert polygon_areas(polygon((0, 2), (2, 2), (2, 0), (0, 0)))[0] == pytest.approx(-forward, rel=1e-13)
    padded = polygon_areas(polygon((0, 0), (2, 0), (2, 2), (0, 2), (0, 2), (0, 2)))[0]
    assert padded == pytest.approx(forward, rel=1e-15)


def test_lon_lat_returns_what_unit_vectors_took():
    rng = np.random.default_rng(0)
    lon, lat = rng.uniform(-180, 180, 100), rng.uniform(-90, 90, 100)
    back = lon_lat(unit_vectors(lon, lat))
    np.testing.assert_allclose(back[0], lon, atol=1e-12)
    np.testing.assert_allclose(back[1], lat, atol=1e-12)


@pytest.mark.parametrize(
    "box", [(-5, 51, 1, 56), (170, -20, 195, 10), (30, 80, 60, 90), (-120, -60, 100, 40)]
)
def test_distance_to_a_box_is_that_to_its_nearest_sample(box):
    west, south, east, north = box
    rng = np.random.default_rng(1)
    points = rng.normal(size=(300, 3))
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    lon, lat = np.meshgrid(np.linspace(west, east, 600), np.linspace(south, north, 600))
    samples = unit_vectors(lon, lat).reshape(-1, 3)
    nearest = np.array([np.arccos(np.clip((samples @ p).max(), -1, 1)) for p in points])
    found = distance_to_box(points, *box)
    spacing = np.deg2rad(max(east - west, north - south) / 599)
    assert np.all(found <= nearest + 1e-7)
    assert np.all(found >= nearest - spacing)
