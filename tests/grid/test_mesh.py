import numpy as np
import pytest

from pylandbc.errors import InputError
from pylandbc.grid.mesh import Mesh, from_corners
from pylandbc.grid.sphere import unit_vectors
from pylandbc.grid.window import EARTH_RADIUS, Window


def squares(lons, size=1.0):
    """One square per longitude, its south-western corner on the equator."""
    lon = np.array([[x, x + size, x + size, x] for x in lons], dtype=float)
    lat = np.tile([0.0, 0.0, size, size], (len(lons), 1))
    return from_corners(np.arange(len(lons))[::-1] + 10, unit_vectors(lon, lat), {"kind": "squares"})


def test_cells_are_sorted_by_id_and_keep_their_corners():
    mesh = squares([0, 5, 20])
    assert mesh.cell_id.tolist() == [10, 11, 12]
    np.testing.assert_allclose(mesh.lon, [20.5, 5.5, 0.5], atol=1e-10)


def test_area_of_a_quadrilateral_by_its_angles():
    # spherical excess of a quadrilateral = sum of its angles - 2 pi, worked out from the corner directions
    mesh = squares([0], size=10.0)
    corners = mesh.corners[0]
    angles = 0.0
    for i in range(4):
        p, a, b = corners[i], corners[i - 1], corners[(i + 1) % 4]
        ta, tb = a - (a @ p) * p, b - (b @ p) * p
        angles += np.arccos(ta @ tb / np.linalg.norm(ta) / np.linalg.norm(tb))
    assert mesh.area[0] == pytest.approx((angles - 2 * np.pi) * EARTH_RADIUS**2, rel=1e-11)


def test_near_keeps_what_touches_the_window_across_the_dateline():
    mesh = squares([-180, -100, 0, 100, 178.5])
    window = Window.from_degrees(179, 0, -179, 1)
    assert sorted(mesh.near(window).lon.round(3).tolist()) == [-179.5, 179.0]


def test_no_cell_near_the_window_is_an_error():
    with pytest.raises(InputError, match=r"no cell near the window"):
        squares([0]).near(Window.from_degrees(100, 50, 101, 51))


def test_a_clockwise_cell_is_named():
    good = squares([0, 5])
    lon, lat = good.lon_vertices.copy(), good.lat_vertices.copy()
    lon[1], lat[1] = lon[1, ::-1], lat[1, ::-1]
    with pytest.raises(InputError, match=r"clockwise corners, first cell id 11"):
        Mesh(good.cell_id, lon, lat, good.corner_count, good.lon, good.lat, good.kind)


def test_repeated_ids_and_radians_beyond_degrees_are_refused():
    good = squares([0, 5])
    with pytest.raises(InputError, match="unique and ascending"):
        Mesh(np.array([3, 3]), good.lon_vertices, good.lat_vertices, good.corner_count, good.lon, good.lat)
    with pytest.raises(InputError, match="are they in degrees"):
        Mesh(good.cell_id, good.lon_vertices, good.lat_vertices + 90, good.corner_count, good.lon, good.lat)


def test_fingerprint_follows_the_corners():
    a, b = squares([0, 5]), squares([0, 5.0000001])
    assert a.fingerprint == squares([0, 5]).fingerprint != b.fingerprint
