import re
from importlib.util import find_spec

import netCDF4
import numpy as np
import pytest

from pylandbc.errors import InputError
from pylandbc.grid import overlap as module
from pylandbc.grid import yac
from pylandbc.grid.formats import open_mesh
from pylandbc.grid.healpix import healpix_mesh
from pylandbc.grid.icosahedral import icosahedral_mesh
from pylandbc.grid.mesh import from_corners
from pylandbc.grid.overlap import OverlapSet, compute_overlap
from pylandbc.grid.sphere import unit_vectors
from pylandbc.grid.window import EARTH_RADIUS, Window

pytestmark = pytest.mark.skipif(not find_spec("yac"), reason="needs the package yac")

SMALL = Window.from_degrees(-1, 51, 1, 52)
WINDOWS = {
    "uk": SMALL,
    "dateline": Window.from_degrees(179, -1, -179, 0),
    "north pole": Window.from_degrees(20, 89, 25, 90),
    "base pixel edges": Window.from_degrees(-0.5, 41.5, 0.5, 42.5),
}
MESHES = {
    "healpix": lambda window: healpix_mesh(64, "nested", window),
    "icosahedral": lambda window: icosahedral_mesh(6, window),
}


@pytest.mark.parametrize("case", ["sandiego_healpix128", "iberia_icosahedral7"])
def test_golden_weights_of_esmf(golden_weights, case):
    with netCDF4.Dataset(golden_weights / f"{case}.weights.nc") as file:
        lon0, lat0, nx, ny = (
            float(x)
            for x in re.match(r"lon0=(\S+) lat0=(\S+) nx=(\d+) ny=(\d+)", file.getncattr("window")).groups()
        )
        nx, ny = int(nx), int(ny)
        expected = {
            (int(c), int(r)): float(s)
            for c, r, s in zip(file["col"][:], file["row"][:], file["S"][:], strict=True)
        }
    window = Window.from_degrees(lon0, lat0, lon0 + nx / 100, lat0 + ny / 100)
    mesh = open_mesh(golden_weights / f"{case}.mesh.nc", window)
    overlap = compute_overlap(mesh, window, partial=True)
    ids = mesh.cell_id
    row, col = np.divmod(overlap.pixel, window.cols)
    # the golden window starts at the same south-west corner and may be narrower and shorter
    i, j = col, window.rows - 1 - row
    kept = (i < nx) & (j < ny)
    weight = overlap.area / window.pixel_area[row]
    found = dict(
        zip(zip(ids[overlap.cell[kept]], (1 + i + nx * j)[kept], strict=True), weight[kept], strict=True)
    )
    assert found.keys() == expected.keys()
    assert max(abs(found[key] - expected[key]) for key in expected) < 1e-5


@pytest.mark.parametrize("mesh_name", MESHES)
@pytest.mark.parametrize("window_name", WINDOWS)
def test_both_directions_conserve_and_keep_constants(mesh_name, window_name):
    window = WINDOWS[window_name]
    mesh = MESHES[mesh_name](window)
    overlap = compute_overlap(mesh, window)
    strip = np.repeat(window.pixel_area, window.cols)
    assert np.all(np.diff(overlap.pixel) >= 0)
    assert np.all(np.diff(overlap.cell)[np.diff(overlap.pixel) == 0] > 0)
    np.testing.assert_allclose(overlap.pixel_area, strip, rtol=1e-15)

    rng = np.random.default_rng(0)
    on_cells, on_pixels = rng.random(len(mesh)), rng.random(len(strip))
    to_grid = overlap.to_grid(on_cells)
    assert to_grid @ strip == pytest.approx(on_cells @ overlap.cell_area, rel=1e-12)
    to_mesh = overlap.to_mesh(on_pixels)
    used = overlap.cell_area > 0
    assert to_mesh[used] @ overlap.cell_area[used] == pytest.approx(on_pixels @ strip, rel=1e-12)
    np.testing.assert_allclose(overlap.to_grid(np.full(len(mesh), 3.7)), 3.7, rtol=1e-15)
    np.testing.assert_allclose(overlap.to_mesh(np.full(len(strip), 3.7))[used], 3.7, rtol=1e-14)


def test_cells_inside_the_window_have_their_spherical_area():
    window = Window.from_degrees(-3, 50, 3, 54)
    mesh = healpix_mesh(128, "nested", window)
    overlap = compute_overlap(mesh, window)
    inside = (mesh.lon_vertices.min(1) > window.west) & (mesh.lon_vertices.max(1) < window.east)
    inside &= (mesh.lat_vertices.min(1) > window.south) & (mesh.lat_vertices.max(1) < window.north)
    assert inside.sum() > 50
    expected = (
        4 * np.pi * EARTH_RADIUS**2 / (12 * 128**2)
    )  # HEALPix cells are equal, but for their straight edges
    np.testing.assert_allclose(mesh.area[inside], expected, rtol=2e-3)
    np.testing.assert_allclose(overlap.cell_area[inside], mesh.area[inside], rtol=1e-8)


def test_finding_interior_pixels_first_changes_nothing(monkeypatch):
    mesh = icosahedral_mesh(6, SMALL)
    quick = compute_overlap(mesh, SMALL, "yac", cache=False)
    monkeypatch.setattr(
        module, "interior_owner", lambda mesh, window: np.full(window.shape, -1, dtype=np.int32)
    )
    slow = compute_overlap(mesh, SMALL, "yac", cache=False)
    np.testing.assert_array_equal(quick.pixel, slow.pixel)
    np.testing.assert_array_equal(quick.cell, slow.cell)
    np.testing.assert_allclose(quick.area, slow.area, rtol=1e-6)


def half_covering():
    """A square that covers the western half of SMALL."""
    lon, lat = np.array([-2.0, 0.0, 0.0, -2.0]), np.array([50.0, 50.0, 53.0, 53.0])
    return from_corners(np.array([7]), unit_vectors(lon, lat)[None], {"kind": "half"})


def test_pixels_without_a_cell_are_refused_or_left_empty():
    with pytest.raises(
        InputError, match=r"does not cover 10000 of 20000 pixels, the first at 51.995 N, 0.005 E"
    ):
        compute_overlap(half_covering(), SMALL)
    overlap = compute_overlap(half_covering(), SMALL, partial=True)
    field = overlap.to_grid(np.array([2.0])).reshape(SMALL.shape)
    assert np.all(field[:, :100] == 2.0) and np.all(np.isnan(field[:, 100:]))


def test_overlapping_cells_are_refused():
    lon = np.array([[-2.0, 0.505, 0.505, -2.0], [0.0, 2.0, 2.0, 0.0]])
    lat = np.tile([50.0, 50.0, 53.0, 53.0], (2, 1))
    mesh = from_corners(np.array([1, 2]), unit_vectors(lon, lat), {"kind": "two"})
    with pytest.raises(InputError, match="overlap one another"):
        compute_overlap(mesh, SMALL)


def test_unknown_engine():
    with pytest.raises(InputError, match="'scissors' is not known"):
        compute_overlap(half_covering(), SMALL, engine="scissors", cache=False)


def test_the_cache_is_used_keyed_and_survives_damage(own_cache, monkeypatch):
    mesh = icosahedral_mesh(5, SMALL)
    first = compute_overlap(mesh, SMALL, "yac")
    (file,) = (own_cache / "overlap").iterdir()

    def refuse(*arguments):
        raise AssertionError("computed again")

    monkeypatch.setattr(yac, "clip", refuse)
    again = compute_overlap(mesh, SMALL, "yac")
    np.testing.assert_array_equal(again.area, first.area)
    assert again.engine == first.engine
    with pytest.raises(AssertionError, match="computed again"):
        compute_overlap(mesh, Window.from_degrees(-1, 51, 1, 52.25), "yac")
    file.write_bytes(file.read_bytes()[:1000])
    with pytest.raises(AssertionError, match="computed again"):
        compute_overlap(mesh, SMALL, "yac")


def test_empty_cells_are_dropped():
    overlap = OverlapSet(np.array([0, 0, 1]), np.array([1, 4, 4]), np.array([1.0, 2.0, 3.0]), 2, 6, "by hand")
    used, rest = overlap.without_empty_cells()
    assert used.tolist() == [1, 4]
    assert rest.cell.tolist() == [0, 1, 1] and rest.cell_count == 2
    np.testing.assert_array_equal(rest.to_mesh(np.array([1.0, 2.0])), [1.0, (2 + 6) / 5])
