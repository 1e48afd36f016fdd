import numpy as np
import pytest

from pylandbc.grid.bilinear import bilinear
from pylandbc.grid.formats import open_mesh
from pylandbc.grid.mesh import from_corners
from pylandbc.grid.sphere import unit_vectors
from pylandbc.grid.window import Rectangle

WINDOWS = {
    "plain": Rectangle.from_corner(-118, 32, 120, 100),
    "dateline": Rectangle.from_corner(179, -1, 200, 100),
    "north pole": Rectangle.from_corner(-180, 89.9, 36000, 10),
}
SLOPE = np.array([1.0, -2.0, 3.0])


def on_cells(mesh):
    return unit_vectors(mesh.lon, mesh.lat) @ SLOPE


def on_pixels(window):
    lon, lat = np.meshgrid(window.longitude, window.latitude)
    return unit_vectors(lon.ravel(), lat.ravel()) @ SLOPE


@pytest.mark.parametrize("window", WINDOWS.values(), ids=WINDOWS)
@pytest.mark.parametrize("name", ["healpix:64", "icosahedral:6", "O48"])
def test_constants_and_linear_fields(name, window):
    globe = open_mesh(name)
    weights = bilinear(globe, window)
    assert np.all(np.diff(weights.matrix.indptr) >= 1) and weights.matrix.data.min() > 0
    np.testing.assert_allclose(weights.to_grid(np.full(len(globe), 3.7)), 3.7, rtol=1e-14)
    # a field linear in space bends with the sphere: the chord's sagitta, half of the cell size squared
    size = np.sqrt(4 * np.pi / len(globe))
    error = np.abs(weights.to_grid(on_cells(globe)) - on_pixels(window))
    assert error.max() < np.linalg.norm(SLOPE) * size**2 / 2
    nearest = np.abs(on_cells(globe)[weights.matrix.argmax(axis=1)] - on_pixels(window)).max()
    assert error.max() < nearest / 5


def test_interpolation_converges_in_second_order():
    window, around = WINDOWS["plain"], Rectangle.from_corner(-119, 31, 320, 300)
    error = [
        np.abs(bilinear(mesh, window).to_grid(on_cells(mesh)) - on_pixels(window)).max()
        for mesh in (open_mesh(f"healpix:{nside}", around) for nside in (128, 256, 512))
    ]
    assert 3 < error[0] / error[1] < 5 and 3 < error[1] / error[2] < 5


def test_the_three_corners_around_a_pixel_have_its_barycentric_weights():
    """Against a linear system for each pixel: the direction is a combination of three cell centres."""
    window = Rectangle.from_corner(10, 50, 40, 30)
    mesh = open_mesh("icosahedral:7", window)
    weights = bilinear(mesh, window).matrix
    centres, three = unit_vectors(mesh.lon, mesh.lat), 0
    lon, lat = np.meshgrid(window.longitude, window.latitude)
    for pixel, direction in enumerate(unit_vectors(lon.ravel(), lat.ravel())):
        part = slice(weights.indptr[pixel], weights.indptr[pixel + 1])
        cells = weights.indices[part]
        if len(cells) == 3:
            three += 1
            expected = np.linalg.solve(centres[cells].T, direction)
            np.testing.assert_allclose(weights.data[part], expected / expected.sum(), atol=1e-9)
            # Delaunay: no other centre lies above the plane of the three
            a, b, c = centres[cells]
            normal = np.cross(b - a, c - a)
            normal *= np.sign(normal @ a)
            assert (centres @ normal - a @ normal).max() < 1e-12
    assert three > 1000


def test_beyond_the_outermost_centres_the_nearest_cell_serves():
    lon, lat = np.array([0.0, 0.3, 0.3, 0.0]), np.array([50.0, 50.0, 50.2, 50.2])
    mesh = from_corners(np.array([1]), unit_vectors(lon, lat)[None], {"kind": "one"})
    window = Rectangle.from_corner(0, 50, 100, 20)
    field = bilinear(mesh, window).to_grid(np.array([5.0])).reshape(window.shape)
    assert np.all(field[:, :30] == 5.0) and np.all(np.isnan(field[:, 40:]))
