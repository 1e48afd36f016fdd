"""Every layout gives the same cells; names; golden meshes; conversions."""

from __future__ import annotations

import warnings
from pathlib import Path

import netCDF4
import numpy as np
import pytest
from scipy.spatial import cKDTree

from pylandbc.errors import InputError
from pylandbc.grid.formats import MeshRepairWarning, open_mesh, write_mesh
from pylandbc.grid.formats.overlapping import SPHERE
from pylandbc.grid.formats.parallels import true_areas
from pylandbc.grid.sphere import unit_vectors
from pylandbc.grid.window import EARTH_RADIUS, Window

from . import layouts


@pytest.fixture(autouse=True)
def no_silent_repairs():
    with warnings.catch_warnings():
        warnings.simplefilter("error", MeshRepairWarning)
        yield


def polygons(mesh) -> list[set[tuple[float, float]]]:
    """Corners of each cell as rounded pairs, longitudes within -180 ... 180."""
    cells = []
    for lon, lat, n in zip(mesh.lon_vertices, mesh.lat_vertices, mesh.corner_count, strict=True):
        wrapped = (np.round(lon[:n], 9) + 180) % 360 - 180
        cells.append(set(zip(wrapped.tolist(), np.round(lat[:n], 9).tolist(), strict=True)))
    return cells


EXPECTED = [
    {((layouts.NODES_LON[n] + 180) % 360 - 180, layouts.NODES_LAT[n]) for n in face} for face in layouts.FACES
]


def write_icon_table(path: Path) -> Path:
    with netCDF4.Dataset(path, "w") as d:
        faces = [[0, 1, 4], [0, 4, 3], [3, 4, 6]]
        layouts.put(d, "vlon", np.deg2rad(layouts.NODES_LON), ("vertex",), units="radian")
        layouts.put(d, "vlat", np.deg2rad(layouts.NODES_LAT), ("vertex",), units="radian")
        layouts.put(d, "vertex_of_cell", layouts.table(1, -1, faces).T.astype("i4"), ("nv", "cell"))
        layouts.put(d, "global_cell_index", np.array([70, 12, 35], "i4"), ("cell",))
    return path


@pytest.mark.parametrize(
    ("layout", "make"),
    [
        ("esmf_mesh", lambda p: layouts.esmf(p)),
        ("esmf_mesh", lambda p: layouts.esmf(p, layouts.table(0, -1), start_index=0)),
        (
            "esmf_mesh",
            lambda p: layouts.esmf(
                p,
                units="radians",
                lon=np.deg2rad(layouts.NODES_LON),
                lat=np.deg2rad(layouts.NODES_LAT),
            ),
        ),
        ("scrip", lambda p: layouts.scrip(p, *layouts.corners())),
        ("scrip", lambda p: layouts.scrip(p, *(np.deg2rad(c) for c in layouts.corners()), units="radians")),
        ("ugrid", lambda p: layouts.ugrid(p, layouts.table(0, -999))),
        ("ugrid", lambda p: layouts.ugrid(p, layouts.table(1, -999), start_index=1)),
        ("ugrid", lambda p: layouts.ugrid(p, layouts.table(0, -999), transposed=True)),
        ("ugrid", lambda p: layouts.ugrid(p, layouts.table(0, -1), fill=None)),
    ],
)
def test_layouts_agree(tmp_path, layout, make):
    mesh = open_mesh(make(tmp_path / "grid.anything"))
    assert mesh.kind["kind"] == layout
    assert mesh.cell_id.tolist() == [1, 2, 3]
    assert mesh.corner_count.tolist() == [4, 4, 3]
    assert polygons(mesh) == EXPECTED


def test_esmf_ragged_list(tmp_path):
    path = tmp_path / "ragged.nc"
    with netCDF4.Dataset(path, "w") as d:
        layouts.put(
            d,
            "nodeCoords",
            np.stack([layouts.NODES_LON, layouts.NODES_LAT], 1),
            ("nodeCount", "coordDim"),
            units="degrees",
        )
        conn = np.concatenate([np.array(f) + 1 for f in layouts.FACES]).astype("i4")
        layouts.put(d, "elementConn", conn, ("connectionCount",))
        layouts.put(d, "numElementConn", np.array([4, 4, 3], "i4"), ("elementCount",))
    assert polygons(open_mesh(path)) == EXPECTED


def test_icon_table_and_ids(tmp_path):
    mesh = open_mesh(write_icon_table(tmp_path / "icon.nc"))
    assert mesh.kind["kind"] == "icon"
    assert mesh.cell_id.tolist() == [12, 35, 70]
    nodes = [{((layouts.NODES_LON[n] + 180) % 360 - 180, layouts.NODES_LAT[n]) for n in f}
             for f in ([0, 4, 3], [3, 4, 6], [0, 1, 4])]  # fmt: skip
    assert polygons(mesh) == nodes


def test_icon_vertices(tmp_path):
    truth = open_mesh("icosahedral:2")
    path = tmp_path / "icon.nc"
    with netCDF4.Dataset(path, "w") as d:
        layouts.put(d, "clon", np.deg2rad(truth.lon), ("cell",), units="radian")
        layouts.put(d, "clat", np.deg2rad(truth.lat), ("cell",), units="radian")
        layouts.put(d, "clon_vertices", np.deg2rad(truth.lon_vertices), ("cell", "nv"), units="radian")
        layouts.put(d, "clat_vertices", np.deg2rad(truth.lat_vertices), ("cell", "nv"), units="radian")
    mesh = open_mesh(path)
    assert np.array_equal(mesh.cell_id, np.arange(1, 321))
    assert np.abs(mesh.corners - truth.corners).max() < 1e-14


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("healpix:8:nested", 768),
        ("healpix:8:ring", 768),
        ("icosahedral:3", 1280),
        ("O32", 5248),
        ("F16", 2048),
    ],
)
def test_global_names_cover_the_sphere(name, cells):
    mesh = open_mesh(name)
    assert len(mesh) == cells
    assert mesh.area.sum() == pytest.approx(4 * np.pi * EARTH_RADIUS**2, rel=1e-12)


def test_window_keeps_what_it_touches():
    window = Window.from_degrees(175, 60, -170, 70)
    part, whole = open_mesh("O48", window), open_mesh("O48")
    kept = np.isin(whole.cell_id, part.cell_id)
    assert 0 < len(part) < 0.03 * len(whole)
    inside = (whole.lat > 60) & (whole.lat < 70) & ((whole.lon > 175) | (whole.lon < -170))
    assert inside.any() and kept[inside].all()
    assert np.array_equal(part.corners, whole.subset(kept).corners[:, : part.corners.shape[1]])


def test_golden_mesh_has_the_named_cells(golden_weights):
    golden = open_mesh(golden_weights / "sandiego_healpix128.mesh.nc")
    west, east = golden.lon_vertices.min(), golden.lon_vertices.max()
    south, north = golden.lat_vertices.min(), golden.lat_vertices.max()
    made = open_mesh("healpix:128:nested", Window.from_degrees(west, south, east, north))
    centre = unit_vectors(golden.lon, golden.lat)
    distance, place = cKDTree(unit_vectors(made.lon, made.lat)).query(centre)
    assert len(np.unique(place)) == len(golden) == 171
    assert distance.max() < 1e-4
    for a, b in zip(golden.corners, made.corners[place], strict=True):
        gaps = np.linalg.norm(a[:, None] - b[None], axis=2)
        assert gaps.min(axis=1).max() < 1e-9 and gaps.min(axis=0).max() < 1e-9


@pytest.mark.parametrize("case", ["sandiego_healpix128", "iberia_icosahedral7"])
def test_golden_mesh_is_read_as_it_stands(golden_weights, case):
    path = golden_weights / f"{case}.mesh.nc"
    mesh = open_mesh(path)
    with netCDF4.Dataset(path) as d:
        nodes, table = np.asarray(d["nodeCoords"][:]), d["elementConn"][:].tolist()
    assert len(mesh) == len(table)
    assert mesh.cell_id.tolist() == list(range(1, len(table) + 1))
    for i, row in enumerate(table):
        expected = [nodes[n - 1].tolist() for n in row if n is not None]
        found = np.stack([mesh.lon_vertices[i], mesh.lat_vertices[i]], axis=1)[: len(expected)].tolist()
        assert found == expected


@pytest.mark.parametrize("layout", ["esmf", "scrip", "ugrid"])
@pytest.mark.parametrize("name", ["O8", "healpix:4:ring"])
def test_conversion_keeps_everything(tmp_path, layout, name):
    window = Window.from_degrees(150, -90, -150, 90)
    mesh = open_mesh(name, window)
    assert mesh.cell_id[0] != 1
    again = open_mesh(write_mesh(mesh, tmp_path / "mesh.nc", layout))
    assert np.array_equal(again.cell_id, mesh.cell_id)
    assert np.array_equal(again.corner_count, mesh.corner_count)
    assert np.abs(again.corners - mesh.corners).max() < 1e-11
    assert np.abs(again.area / mesh.area - 1).max() < 1e-10
    assert np.allclose(again.lat, mesh.lat, atol=1e-12)
    assert [p.name for p in tmp_path.iterdir()] == ["mesh.nc"]


def test_writing_is_whole_or_not_at_all(tmp_path, monkeypatch):
    from pylandbc.grid.formats import scrip

    mesh = open_mesh("healpix:2")
    target = write_mesh(mesh, tmp_path / "mesh.nc", "ugrid")
    before = target.read_bytes()
    with pytest.raises(InputError, match="exists"):
        write_mesh(mesh, target, "scrip")

    def half(mesh, dataset):
        dataset.createDimension("grid_size", 1)
        raise OSError("disk full")

    monkeypatch.setattr(scrip, "write", half)
    with pytest.raises(OSError, match="disk full"):
        write_mesh(mesh, target, "scrip", overwrite=True)
    assert target.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["mesh.nc"]
    with pytest.raises(InputError, match="esmf, scrip, ugrid"):
        write_mesh(mesh, tmp_path / "x.nc", "grib")


def test_regular_grid_from_centres_has_strips(tmp_path):
    lon, lat = np.arange(0.5, 360), np.arange(89.5, -90, -1)
    mesh = open_mesh(layouts.cf(tmp_path / "g.nc", lon, lat))
    assert mesh.kind["edges"] == "parallels" and mesh.kind["bounds"] == "midway between centres"
    assert np.bincount(mesh.corner_count).tolist() == [0, 0, 0, 720, 178 * 360]
    strip = np.deg2rad(1) * (
        np.sin(np.deg2rad(90 - np.arange(180))) - np.sin(np.deg2rad(89 - np.arange(180)))
    )
    expected = np.repeat(EARTH_RADIUS**2 * strip, 360)
    assert np.abs(true_areas(mesh) / expected - 1).max() < 1e-10
    assert mesh.area.sum() == pytest.approx(SPHERE, rel=1e-12)


def test_regular_grid_with_points_at_the_poles(tmp_path):
    lon, lat = np.arange(0, 360, 5.0), np.linspace(-90, 90, 37)
    mesh = open_mesh(layouts.cf(tmp_path / "g.nc", lon, lat))
    assert true_areas(mesh).sum() == pytest.approx(SPHERE, rel=1e-12)
    cap = 2 * np.pi * EARTH_RADIUS**2 * (1 - np.cos(np.deg2rad(2.5)))
    assert true_areas(mesh)[:72].sum() == pytest.approx(cap, rel=1e-12)


def test_regular_grid_with_bounds(tmp_path):
    # unequal cells; the second crosses Greenwich with bounds that jump
    lon_bounds, lat_bounds = np.array([[350.0, 359.0], [359.0, 3.0]]), np.array([[40.0, 41.0], [41.0, 44.0]])
    path = layouts.cf(
        tmp_path / "g.nc", np.array([354.0, 1.0]), np.array([40.5, 42.0]), lon_bounds, lat_bounds
    )
    mesh = open_mesh(path)
    width, height = np.array([9.0, 4.0]), np.diff(np.sin(np.deg2rad([40, 41, 44])))
    expected = EARTH_RADIUS**2 * np.outer(height, np.deg2rad(width)).ravel()
    assert np.allclose(true_areas(mesh), expected, rtol=1e-12)
    assert "bounds" not in mesh.kind


def rotated_pole_grid(step: float = 10.0):
    """Corner points of a rotated latitude-longitude grid that holds the north pole inside a cell, "
    "lon and lat."""
    x, y = np.meshgrid(np.arange(-25, 26, step), np.arange(-25, 26, step))
    v = unit_vectors(x, y)
    turned = np.stack([-v[..., 2], v[..., 1], v[..., 0]], axis=-1)
    return np.rad2deg(np.arctan2(turned[..., 1], turned[..., 0])), np.rad2deg(np.arcsin(turned[..., 2]))


def around(p):
    return np.stack([p[:-1, :-1], p[:-1, 1:], p[1:, 1:], p[1:, :-1]], axis=-1)


def test_curvilinear_over_the_pole(tmp_path):
    lon, lat = rotated_pole_grid()
    centre = np.broadcast_to(np.arange(5), (5, 5))
    c = unit_vectors(around(lon), around(lat)).mean(axis=2)
    clon = np.rad2deg(np.arctan2(c[..., 1], c[..., 0]))
    clat = np.rad2deg(np.arctan2(c[..., 2], np.hypot(c[..., 0], c[..., 1])))
    assert centre.shape == clon.shape
    bounded = open_mesh(layouts.cf(tmp_path / "b.nc", clon, clat, around(lon), around(lat)))
    with netCDF4.Dataset(layouts.cf(tmp_path / "c.nc", clon, clat), "a") as d:
        layouts.put(d, "lon_b", lon, ("jb", "ib"), units="degrees_east")
        layouts.put(d, "lat_b", lat, ("jb", "ib"), units="degrees_north")
    pointed = open_mesh(tmp_path / "c.nc")
    assert np.array_equal(bounded.corners, pointed.corners)
    # boundary of the region: the rotated box seen from its own pole has the same polygon areas
    x = np.arange(-25, 26, 10.0)
    own = unit_vectors(*np.meshgrid(x, x))
    from pylandbc.grid.sphere import polygon_areas

    cells = around(own[..., 0]), around(own[..., 1]), around(own[..., 2])
    expected = EARTH_RADIUS**2 * polygon_areas(np.stack(cells, axis=-1).reshape(25, 4, 3))
    assert np.allclose(bounded.area, expected, rtol=1e-11)
    from pylandbc.grid.formats.description import extent, poles_held

    assert poles_held(bounded) == [1]
    assert extent(bounded)[2:] == (180.0, 90.0)


def test_masks_leave_cells_out(tmp_path):
    mesh = open_mesh(layouts.esmf(tmp_path / "m.nc", mask=[1, 0, 1]))
    assert mesh.cell_id.tolist() == [1, 3]
    assert mesh.kind["masked"] == 1 and mesh.kind["global_cells"] == 3
    mesh = open_mesh(layouts.scrip(tmp_path / "s.nc", *layouts.corners(), imask=[0, 0, 1]))
    assert mesh.cell_id.tolist() == [3] and mesh.kind["masked"] == 2
    with netCDF4.Dataset(tmp_path / "m.nc", "a") as d:
        layouts.put(d, "lsm", np.array([0.0, 0.3, 1.0]), ("elementCount",))
    assert open_mesh(tmp_path / "m.nc", mask="lsm").cell_id.tolist() == [2, 3]


def test_masked_cells_need_no_corners(tmp_path):
    lon, lat = layouts.corners()
    lon, lat = np.where(np.arange(3)[:, None] == 1, np.nan, lon), lat.copy()
    with pytest.raises(InputError, match=r"1 cell\(s\) have missing corners, the first is cell 2"):
        open_mesh(layouts.scrip(tmp_path / "a.nc", lon, lat))
    assert open_mesh(layouts.scrip(tmp_path / "b.nc", lon, lat, imask=[1, 0, 1])).cell_id.tolist() == [1, 3]
