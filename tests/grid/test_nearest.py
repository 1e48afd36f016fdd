import numpy as np

from pylandbc.grid.icosahedral import icosahedral_mesh
from pylandbc.grid.latlon import window_mesh
from pylandbc.grid.mesh import from_corners
from pylandbc.grid.nearest import nearest_cell, nearest_pixel
from pylandbc.grid.sphere import unit_vectors
from pylandbc.grid.window import Rectangle


def test_nearest_cell_is_the_one_that_brute_force_finds():
    window = Rectangle.from_corner(179.8, 89.7, 60, 30)
    mesh = icosahedral_mesh(11, window)
    lon, lat = np.meshgrid(window.longitude, window.latitude)
    cosine = unit_vectors(lon.ravel(), lat.ravel()) @ unit_vectors(mesh.lon, mesh.lat).T
    near = nearest_cell(mesh, window)
    assert len(np.unique(near)) > 5
    np.testing.assert_allclose(cosine[np.arange(len(near)), near], cosine.max(axis=1), atol=1e-15)


def test_equally_near_cells_give_the_lowest_id():
    window = Rectangle.from_corner(-0.03, 0, 6, 1)
    west, east = np.array([-1.0, 0.005]), np.array([0.005, 1.01])
    corners = unit_vectors(
        np.stack([west, east, east, west], axis=1), np.tile([-0.5, -0.5, 0.5, 0.5], (2, 1))
    )
    mesh = from_corners(np.array([4, 9]), corners, {"kind": "two"})
    assert nearest_cell(mesh, window).tolist() == [0, 0, 0, 0, 1, 1]


def test_pixels_outside_the_mesh_have_no_cell():
    window = Rectangle.from_corner(0, 50, 100, 10)
    mesh = window_mesh(Rectangle.from_corner(0, 50, 20, 10), 10)
    near = nearest_cell(mesh, window).reshape(window.shape)
    assert set(near[:, :10].ravel()) == {0} and set(near[:, 10:20].ravel()) == {1}
    assert np.all(near[:, 30:] == -1)


def test_nearest_pixel_holds_the_centre():
    window = Rectangle.from_corner(179.9, -0.1, 20, 20)
    pixels = nearest_pixel(window_mesh(window), window)
    np.testing.assert_array_equal(pixels, np.arange(400))
    beside = Rectangle.from_corner(-179.9, -0.1, 10, 20)
    np.testing.assert_array_equal(nearest_pixel(window_mesh(beside), window), -1)
    pole = Rectangle.from_corner(10, -90, 4, 2)
    np.testing.assert_array_equal(nearest_pixel(window_mesh(pole), pole), np.arange(8))
