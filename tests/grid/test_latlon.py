import numpy as np
import pytest

from pylandbc.errors import InputError
from pylandbc.grid import latlon
from pylandbc.grid.icosahedral import icosahedral_mesh
from pylandbc.grid.latlon import window_mesh
from pylandbc.grid.mesh import Mesh
from pylandbc.grid.overlap import compute_overlap
from pylandbc.grid.window import EARTH_RADIUS, Rectangle, Window


def boxes(west, south, east, north):
    """A mesh of boxes between true parallels."""
    west, south, east, north = (
        np.array(x, dtype=float) for x in np.broadcast_arrays(west, south, east, north)
    )
    return Mesh(
        np.arange(len(west)),
        np.stack([west, east, east, west], axis=1),
        np.stack([south, south, north, north], axis=1),
        np.full(len(west), 4, dtype=np.int32),
        (west + east) / 2,
        (south + north) / 2,
        {"kind": "boxes", "edges": "parallels"},
    )


def strip(west, south, east, north):
    """Area of a box, m2, by the textbook formula in extended precision."""
    west, south, east, north = (np.deg2rad(np.longdouble(x)) for x in (west, south, east, north))
    return EARTH_RADIUS**2 * (east - west) * (np.sin(north) - np.sin(south))


def slow_overlaps(mesh, window):
    """Every pair of cell and pixel, one after another."""
    expected = {}
    for cell in range(len(mesh)):
        w, e = mesh.lon_vertices[cell].min(), mesh.lon_vertices[cell].max()
        s, n = mesh.lat_vertices[cell].min(), mesh.lat_vertices[cell].max()
        for pixel in range(window.rows * window.cols):
            row, col = divmod(pixel, window.cols)
            lon, lat = window.longitude[col], window.latitude[row]
            bottom, top = max(s, lat - 0.005), min(n, lat + 0.005)
            area = 0.0
            for turn in (-360, 0, 360):
                left, right = max(w + turn, lon - 0.005), min(e + turn, lon + 0.005)
                if right - left > 1e-9 and top - bottom > 1e-9:
                    area += strip(left, bottom, right, top)
            if area:
                expected[pixel, cell] = float(area)
    return expected


@pytest.mark.parametrize(
    ("mesh", "window"),
    [
        (boxes([0.013, 0.0555], 50.0, [0.0555, 0.2], 50.0777), Rectangle.from_corner(0, 50, 12, 9)),
        (
            boxes([179.953, 180.02], -0.033, [180.02, 180.09], 0.05),
            Rectangle.from_corner(179.95, -0.05, 12, 9),
        ),
        (
            boxes([-180.047, -179.98], -0.033, [-179.98, -179.91], 0.05),
            Rectangle.from_corner(179.95, -0.05, 12, 9),
        ),
        (boxes([5.0, 5.06], 89.953, [5.06, 5.3], 90.0), Rectangle.from_corner(5, 89.94, 12, 6)),
        (boxes([0.004], -90.0, [360.004], -89.985), Rectangle.from_corner(-0.02, -90, 12, 3)),
    ],
    ids=["plain", "dateline", "dateline from the west", "north pole", "round the globe"],
)
def test_against_pairs_taken_one_by_one(mesh, window):
    overlap = compute_overlap(mesh, window, partial=True, cache=False)
    assert overlap.engine.startswith("latlon ")
    expected = slow_overlaps(mesh, window)
    found = dict(
        zip(zip(overlap.pixel.tolist(), overlap.cell.tolist(), strict=True), overlap.area, strict=True)
    )
    assert found.keys() == expected.keys()
    np.testing.assert_allclose([found[key] for key in expected], list(expected.values()), rtol=1e-9)


def test_blocks_of_the_grid_itself_are_exact_means():
    window = Window.from_degrees(170, -90, -170, -85)
    mesh = window_mesh(window, 25)
    overlap = compute_overlap(mesh, window)
    field = np.random.default_rng(0).random(window.shape)
    blocks = field.reshape(window.rows // 25, 25, window.cols // 25, 25)
    area = window.pixel_area.reshape(-1, 25, 1, 1)
    expected = (blocks * area).sum((1, 3)) / (25 * area.sum((1, 3)))
    np.testing.assert_allclose(overlap.to_mesh(field.ravel()), expected.ravel(), rtol=1e-13)
    back = overlap.to_grid(np.arange(len(mesh))).reshape(window.shape)[::25, ::25]
    np.testing.assert_allclose(back.ravel(), np.arange(len(mesh)), rtol=1e-15)


def test_pixels_onto_themselves():
    window = Rectangle.from_corner(-0.1, 50, 30, 20)
    field = np.random.default_rng(0).random(600)
    overlap = compute_overlap(window_mesh(window), window)
    np.testing.assert_array_equal(overlap.pixel, overlap.cell)
    np.testing.assert_allclose(overlap.to_mesh(field), field, rtol=1e-15)


def test_the_sphere_is_covered_once():
    window = Rectangle.from_corner(-180, 89.9, 36000, 10)
    west = np.arange(-180, 180, 7.5) + 0.003
    overlap = compute_overlap(boxes(west, np.full(48, 80.0), west + 7.5, np.full(48, 90.0)), window)
    assert overlap.area.sum() == pytest.approx(float(strip(-180, 89.9, 180, 90)), rel=1e-12)


def test_other_cells_are_refused():
    window = Window.from_degrees(0, 50, 1, 51)
    with pytest.raises(InputError, match="those of mesh icosahedral 5 have great-circle edges"):
        latlon.clip(icosahedral_mesh(5, window), window, np.arange(10))
    with pytest.raises(InputError, match="blocks of 30 pixels do not tile"):
        window_mesh(window, 30)
