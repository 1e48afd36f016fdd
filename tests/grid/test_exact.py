import itertools
import re
from importlib.util import find_spec

import netCDF4
import numpy as np
import pytest
from scipy.integrate import quad

from pylandbc.errors import InputError
from pylandbc.grid import exact, yac
from pylandbc.grid.formats import open_mesh
from pylandbc.grid.healpix import healpix_mesh
from pylandbc.grid.icosahedral import icosahedral_mesh
from pylandbc.grid.mesh import Mesh, from_corners
from pylandbc.grid.native import find_kernels
from pylandbc.grid.sphere import unit_vectors
from pylandbc.grid.window import COLS, EARTH_RADIUS, ROWS, Rectangle, Window

pytestmark = pytest.mark.skipif(find_kernels() is None, reason="needs the compiled kernels")

WINDOWS = {
    "uk": Window.from_degrees(-1, 51, 1, 52),
    "dateline": Window.from_degrees(179, -1, -179, 0),
    "north pole": Window.from_degrees(-180, 89.5, 180, 90),
    "south pole": Window.from_degrees(-180, -90, 180, -89.5),
    "corner of three base cells": Window.from_degrees(-0.5, 41.5, 0.5, 42.5),
    "equator": Window.from_degrees(44.5, -0.5, 45.5, 0.5),
}
MESHES = {
    "healpix 128": lambda window: healpix_mesh(128, "nested", window),
    "healpix 1": lambda window: healpix_mesh(1, "nested", window),
    "icosahedral 6": lambda window: icosahedral_mesh(6, window),
    "icosahedral 0": lambda window: icosahedral_mesh(0, window),
}


def polygon(*points, edges=None):
    lon, lat = np.array(points, dtype=float).T
    if edges is None:
        return from_corners(np.array([0]), unit_vectors(lon, lat)[None], {"kind": "one"})
    n = np.array([len(lon)], dtype=np.int32)
    kind = {"kind": "one", "edges": edges}
    return Mesh(np.array([0]), lon[None], lat[None], n, lon[:1], lat[:1], kind)


def cover(clipped):
    """Part of each pixel that is covered (rows, cols)."""
    owner, pixel, _, fraction = clipped
    return np.bincount(pixel, fraction, owner.size).reshape(owner.shape) + (owner >= 0)


def cell_areas(clipped, cells, window):
    """Area of each cell inside the window, m2; summed row by row, so that few digits are lost."""
    owner, pixel, cell, fraction = clipped
    rows, cols = owner.shape
    row, _ = np.nonzero(owner >= 0)
    whole = np.bincount(owner[owner >= 0].astype(np.int64) * rows + row, minlength=cells * rows)
    split = np.bincount(cell.astype(np.int64) * rows + pixel // cols, fraction, cells * rows)
    return ((whole + split).reshape(cells, rows) * strip_area(window)).sum(axis=1)


def strip_area(window):
    """Area of a pixel in each row, m2: from the nearer pole, which keeps its digits there."""
    row = window.row + np.arange(window.rows)
    middle = np.deg2rad((np.minimum(row, ROWS - 1 - row) + 0.5) / 100)
    return EARTH_RADIUS**2 * np.deg2rad(0.01) * 2 * np.sin(middle) * np.sin(np.deg2rad(0.005))


def globe_area(mesh, rows=3000):
    """Area of the first cell from all its pixels."""
    total = 0.0
    for row in range(0, ROWS, rows):
        window = Rectangle(row, 0, rows, COLS)
        total += cell_areas(exact.clip_window(mesh, window), len(mesh), window)[0]
    return total


@pytest.mark.parametrize("mesh_name", MESHES)
@pytest.mark.parametrize("window_name", WINDOWS)
def test_cells_that_cover_the_globe_cover_each_pixel_once(window_name, mesh_name):
    window = WINDOWS[window_name]
    mesh = MESHES[mesh_name](window)
    clipped = exact.clip_window(mesh, window)
    # a corner's coordinates in degrees are known to 3e-12 of a pixel
    np.testing.assert_allclose(cover(clipped), 1.0, rtol=0, atol=1e-11)
    strip = strip_area(window).sum() * window.cols
    assert cell_areas(clipped, len(mesh), window).sum() == pytest.approx(strip, rel=1e-12)
    assert np.all(np.diff(clipped.pixel) >= 0)
    assert np.all(np.diff(clipped.cell)[np.diff(clipped.pixel) == 0] > 0)
    assert not np.any(clipped.owner.reshape(-1)[clipped.pixel] >= 0)


def test_cells_inside_the_window_have_their_spherical_area():
    window = Window.from_degrees(-6, 50, 6, 54)
    for mesh in (healpix_mesh(128, "nested", window), icosahedral_mesh(7, window)):
        area = cell_areas(exact.clip_window(mesh, window), len(mesh), window)
        inside = (mesh.lon_vertices.min(1) > window.west) & (mesh.lon_vertices.max(1) < window.east)
        inside &= (mesh.lat_vertices.min(1) > window.south) & (mesh.lat_vertices.max(1) < window.north)
        assert inside.sum() > 50
        np.testing.assert_allclose(area[inside], mesh.area[inside], rtol=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize(
    "points",
    [
        pytest.param([(0, 0), (90, 0), (0, 90)], marks=pytest.mark.long),
        [(170, 0), (-100, 0), (0, 90)],
        pytest.param([(90, 0), (0, 0), (0, -90)], marks=pytest.mark.long),
        pytest.param([(-90, 0), (-180, 0), (55, -90)], marks=pytest.mark.long),
    ],
)
def test_octants_are_an_eighth_of_the_sphere(points):
    assert globe_area(polygon(*points)) == pytest.approx(4 * np.pi / 8 * EARTH_RADIUS**2, rel=1e-14)


@pytest.mark.parametrize("hemisphere", [1, -1])
@pytest.mark.parametrize(
    "longitudes",
    [[10, 130, 250], [-180, -60, 60], [0, 90, 180, 270], [0, 180, 270]],
    ids=["around", "corner on the dateline", "square", "edge through the pole"],
)
def test_cells_that_hold_a_pole_have_their_spherical_area(longitudes, hemisphere):
    corners = [(lon, 85.0 * hemisphere) for lon in longitudes[::hemisphere]]
    window = Window.from_degrees(-180, 84.75, 180, 90)
    if hemisphere < 0:
        window = Window.from_degrees(-180, -90, 180, -84.75)
    # triangles between two corners and the pole, by Napier's analogies: tan(E/2) from sides and angle
    half = np.tan(np.deg2rad(5.0) / 2) ** 2
    turn = np.deg2rad(np.diff([*longitudes, longitudes[0] + 360]))
    excess = 2 * np.arctan2(half * np.sin(turn), 1 + half * np.cos(turn))
    mesh = polygon(*corners)
    clipped = exact.clip_window(mesh, window)
    area = cell_areas(clipped, 1, window)[0]
    assert area == pytest.approx(excess.sum() * EARTH_RADIUS**2, rel=1e-12)
    nearest = clipped.owner[0 if hemisphere > 0 else -1]
    if longitudes == [0, 180, 270]:
        assert np.mean(nearest == 0) == pytest.approx(0.5, abs=1e-3)
    else:
        assert np.all(nearest == 0)


def test_fractions_are_those_of_numerical_quadrature():
    rng = np.random.default_rng(1)
    window = Window.from_degrees(10, 62, 10.5, 62.5)
    for _ in range(3):
        lon, lat = 10 + 0.25 * rng.random(3), 62 + 0.5 * rng.random(3)
        mesh = polygon(*[(lon[i], lat[i]) for i in counter_clockwise(lon, lat)])
        clipped = exact.clip_window(mesh, window)
        assert len(clipped.pixel) > 20
        for k in rng.choice(len(clipped.pixel), 8, replace=False):
            row, col = divmod(int(clipped.pixel[k]), window.cols)
            expected = covered_by_quadrature(mesh, window, row, col)
            assert clipped.fraction[k] == pytest.approx(expected, abs=1e-9)


def counter_clockwise(lon, lat):
    turn = (lon[1] - lon[0]) * (lat[2] - lat[0]) - (lon[2] - lon[0]) * (lat[1] - lat[0])
    return (0, 1, 2) if turn > 0 else (0, 2, 1)


def covered_by_quadrature(mesh, window, row, col):
    """Part of a pixel inside a triangle: heights in sin(latitude) integrated over longitude."""
    north, south = np.sin(np.deg2rad(window.north - (row + np.array([0, 1])) / 100))
    west, east = np.deg2rad(window.west + (col + np.array([0, 1])) / 100)
    corners = mesh.corners[0]
    normals = [np.cross(corners[i], corners[(i + 1) % 3]) for i in range(3)]

    def height(lon):
        top, bottom = north, south
        for n in normals:
            latitude = np.sin(np.arctan(-(n[0] * np.cos(lon) + n[1] * np.sin(lon)) / n[2]))
            if n[2] > 0:
                bottom = max(bottom, latitude)
            else:
                top = min(top, latitude)
        return max(top - bottom, 0.0) / (north - south)

    # kinks lie where edges meet the pixel's parallels or one another: sample finely, then integrate
    steps = np.linspace(west, east, 201)
    pieces = [quad(height, a, b, epsabs=1e-17, limit=100)[0] for a, b in itertools.pairwise(steps)]
    return sum(pieces) / (east - west)


def test_concave_cells_lack_what_they_leave_out():
    window = Window.from_degrees(0, 50, 2, 52)
    arrow, notch = [(0, 50), (2, 50), (2, 52), (1.5, 50.5)], [(0, 50), (1.5, 50.5), (2, 52)]
    parts = [polygon(*arrow), polygon(*notch), polygon((0, 50), (2, 50), (2, 52))]
    areas = [cell_areas(exact.clip_window(mesh, window), 1, window)[0] for mesh in parts]
    assert areas[0] + areas[1] == pytest.approx(areas[2], rel=1e-12)
    assert areas[0] > 0 and areas[1] > 0


@pytest.mark.parametrize("west", [10.0, 179.5])
@pytest.mark.parametrize("south", [-90.0, -0.3337, 50.123])
def test_boxes_between_parallels(west, south):
    north, width = south + 0.7771, 1.2345
    corners = [(west, south), (west + width, south), (west + width, north), (west, north)]
    mesh = polygon(*corners, edges="parallels")
    window = Window.from_degrees(west - 0.5, max(south - 0.5, -90), west + 2, north + 0.5)
    area = cell_areas(exact.clip_window(mesh, window), 1, window)[0]
    height = np.sin(np.deg2rad(north)) - np.sin(np.deg2rad(south))
    assert area == pytest.approx(EARTH_RADIUS**2 * np.deg2rad(width) * height, rel=1e-10)


@pytest.mark.parametrize("case", ["sandiego_healpix128", "iberia_icosahedral7"])
def test_golden_weights_of_esmf(golden_weights, case):
    with netCDF4.Dataset(golden_weights / f"{case}.weights.nc") as file:
        text = re.match(r"lon0=(\S+) lat0=(\S+) nx=(\d+) ny=(\d+)", file.getncattr("window")).groups()
        col, row, weight = (np.asarray(file[name][:]) for name in ("col", "row", "S"))
    nx, ny = int(text[2]), int(text[3])
    window = Rectangle.from_corner(float(text[0]), float(text[1]), nx, ny)
    mesh = open_mesh(golden_weights / f"{case}.mesh.nc", window)
    pixel, cell, fraction = exact.clip(mesh, window, np.arange(nx * ny))
    r, c = np.divmod(pixel, nx)
    order = np.lexsort((mesh.cell_id[cell], 1 + c + nx * (ny - 1 - r)))
    golden = np.lexsort((col, row))
    np.testing.assert_array_equal(mesh.cell_id[cell][order], col[golden])
    np.testing.assert_array_equal((1 + c + nx * (ny - 1 - r))[order], row[golden])
    # ESMF takes the pixels' northern and southern edges for great circles
    np.testing.assert_allclose(fraction[order], weight[golden], rtol=0, atol=1e-5)


@pytest.mark.skipif(not find_spec("yac"), reason="needs the package yac")
@pytest.mark.parametrize("window_name", ["uk", "dateline", "corner of three base cells", "equator"])
@pytest.mark.parametrize("mesh_name", ["healpix 128", "icosahedral 6"])
def test_fractions_agree_with_yac(window_name, mesh_name):
    window = WINDOWS[window_name]
    mesh = MESHES[mesh_name](window)
    every = np.arange(window.rows * window.cols)
    ours, theirs = exact.clip(mesh, window, every), yac.clip(mesh, window, every)
    dense = np.zeros((2, every.size, len(mesh)))
    for at, (pixel, cell, fraction) in enumerate((ours, theirs)):
        np.add.at(dense[at], (pixel, cell), fraction)
    # YAC drops slivers at corners and is off by 1e-8 elsewhere
    np.testing.assert_allclose(dense[0], dense[1], rtol=0, atol=2e-6)


def test_only_the_pixels_asked_for_whatever_the_blocks(monkeypatch):
    window = WINDOWS["uk"]
    mesh = icosahedral_mesh(7, window)
    whole = exact.clip(mesh, window, np.arange(window.rows * window.cols))
    wanted, told = np.arange(3, window.rows * window.cols, 7), []
    monkeypatch.setattr(exact, "_BLOCK", 1700)
    some = exact.clip(mesh, window, wanted, told.append)
    assert told[-1] == 1.0 and len(told) == 13
    kept = np.isin(whole[0], wanted)
    order, other = np.lexsort((whole[1][kept], whole[0][kept])), np.lexsort(some[1::-1])
    for a, b in zip(whole[:2], some[:2], strict=True):
        np.testing.assert_array_equal(a[kept][order], b[other])
    np.testing.assert_allclose(whole[2][kept][order], some[2][other], rtol=0, atol=1e-14)
    assert [len(part) for part in exact.clip(mesh, window, np.empty(0, dtype=int))] == [0, 0, 0]


def test_overlapping_cells_are_refused_and_rounded_corners_are_not():
    window = WINDOWS["uk"]

    def neighbours(shared):
        lon = np.array([[-2.0, shared, shared, -2.0], [0.0, 2.0, 2.0, 0.0]])
        lat = np.tile([50.0, 50.0, 53.0, 53.0], (2, 1))
        return from_corners(np.array([4, 9]), unit_vectors(lon, lat), {"kind": "two"})

    with pytest.raises(
        InputError, match=r"cells 4 and 9 of mesh two overlap one another at 51.005 N, 0.005 E"
    ):
        exact.clip_window(neighbours(0.505), window)
    clipped = exact.clip_window(neighbours(1e-7), window)
    assert np.all(clipped.owner >= 0)


def test_a_cell_that_overlaps_itself_is_refused():
    twice = [(-0.5, 51.2), (0.5, 51.2), (0.0, 51.8)] * 2
    lon, lat = np.array(twice).T
    mesh = from_corners(np.array([3]), unit_vectors(lon, lat)[None], {"kind": "twice"})
    with pytest.raises(InputError, match="cell 3 of mesh twice overlaps itself"):
        exact.clip_window(mesh, WINDOWS["uk"])
