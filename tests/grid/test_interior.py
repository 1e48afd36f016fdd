from importlib.util import find_spec

import numpy as np
import pytest

from pylandbc.grid import yac
from pylandbc.grid.exact import clip_window
from pylandbc.grid.healpix import healpix_mesh
from pylandbc.grid.icosahedral import icosahedral_mesh
from pylandbc.grid.interior import interior_owner, inward_normals, owner_by_half_spaces
from pylandbc.grid.mesh import from_corners
from pylandbc.grid.native import find_kernels
from pylandbc.grid.sphere import unit_vectors
from pylandbc.grid.window import Window

UK = Window.from_degrees(-1, 51, 1, 53)
DATELINE = Window.from_degrees(179, -1, -179, 0)
ARCTIC = Window.from_degrees(-80, 88.5, -75, 90)


both = pytest.mark.parametrize(
    "find_owner",
    [
        pytest.param(
            interior_owner,
            marks=pytest.mark.skipif(find_kernels() is None, reason="needs the compiled kernels"),
        ),
        owner_by_half_spaces,
    ],
)


def one_cell(points):
    lon, lat = np.array(points, dtype=float).T
    return from_corners(np.array([0]), unit_vectors(lon, lat)[None], {"kind": "one"})


@pytest.mark.skipif(not find_spec("yac"), reason="needs the package yac")
@pytest.mark.parametrize("window", [UK, DATELINE, ARCTIC])
@pytest.mark.parametrize("make", [lambda w: healpix_mesh(128, "nested", w), lambda w: icosahedral_mesh(6, w)])
def test_owners_are_the_cells_that_yac_gives_the_whole_pixel_to(window, make):
    mesh = make(window)
    owner = interior_owner(mesh, window).ravel()
    pixel, cell, fraction = yac.clip(mesh, window, np.arange(owner.size))
    count = np.bincount(pixel, fraction > 1e-9, owner.size)
    inside = owner >= 0
    assert inside.mean() > 0.5
    assert np.all(count[inside] == 1)
    biggest = np.full(owner.size, -1)
    biggest[pixel[fraction > 0.5]] = cell[fraction > 0.5]
    np.testing.assert_array_equal(owner[inside], biggest[inside])
    # and none is left to be clipped in vain, but for those with an edge along their own
    assert np.mean(count[~inside] > 1) > 0.98


@pytest.mark.skipif(find_kernels() is None, reason="needs the compiled kernels")
@pytest.mark.parametrize("window", [UK, DATELINE, ARCTIC])
@pytest.mark.parametrize("make", [lambda w: healpix_mesh(256, "nested", w), lambda w: icosahedral_mesh(7, w)])
def test_the_kernel_and_the_half_spaces_agree_on_every_pixel(window, make):
    mesh = make(window)
    owner = interior_owner(mesh, window)
    assert np.any(owner < 0) and np.any(owner >= 0)
    np.testing.assert_array_equal(owner, owner_by_half_spaces(mesh, window))


@both
def test_a_parallel_that_dips_out_between_two_corners_is_seen(find_owner):
    # the great circle's northernmost point lies 1e-9 above the pixel's southern parallel at its middle and
    # 0.9e-9 below it at its corners
    middle, top = 0.005, 50.0 + np.rad2deg(1e-9)
    end = np.rad2deg(np.arctan(np.tan(np.deg2rad(top)) * np.cos(np.deg2rad(5.0))))
    mesh = one_cell([(middle - 5, end), (middle + 5, end), (middle, 60.0)])
    window = Window.from_degrees(-0.25, 50.0, 0.25, 50.25)
    south = find_owner(mesh, window)[-1]
    column = round((0.0 - window.west) * 100)
    assert south[column] == -1
    assert south[column - 1] == 0 and south[column + 1] == 0


@both
def test_a_cell_around_the_pole_owns_every_pixel_near_it(find_owner):
    mesh = one_cell([(0, 88), (90, 88), (180, 88), (270, 88)])
    assert np.all(find_owner(mesh, Window.from_degrees(-180, 89.5, 180, 90)) == 0)


def test_half_spaces_leave_concave_cells_to_the_clipping():
    arrow = one_cell([(0, 50), (2, 50), (2, 52), (1.5, 50.5)])
    assert inward_normals(arrow.corners[0]) is None
    assert np.all(owner_by_half_spaces(arrow, Window.from_degrees(0, 50, 2, 52)) == -1)


@pytest.mark.skipif(find_kernels() is None, reason="needs the compiled kernels")
def test_cells_that_are_not_convex_own_the_pixels_inside_them():
    """An arrow head: what lies inside it, and not the notch between its barbs."""
    window = Window.from_degrees(0, 50, 2, 52)
    lon, lat = np.array([0.0, 2.0, 2.0, 1.5]), np.array([50.0, 50.0, 52.0, 50.5])
    mesh = from_corners(np.array([7]), unit_vectors(lon, lat)[None], {"kind": "arrow"})
    owner = interior_owner(mesh, window)
    assert np.all(owner_by_half_spaces(mesh, window) == -1)
    assert owner[-30, 160] == owner[-100, 195] == 0
    assert owner[-100, 100] == owner[-40, 90] == -1
    clipped = clip_window(mesh, window)
    boundary = np.unique(clipped.pixel).size
    inside = float(((owner == 0) * window.pixel_area[:, None]).sum())
    assert inside < mesh.area[0] < inside + boundary * window.pixel_area.max()
    assert boundary < 0.1 * (owner == 0).sum()
