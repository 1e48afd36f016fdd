"""Every fault of a mesh gives a precise error, or a repair that is reported."""

from __future__ import annotations

import netCDF4
import numpy as np
import pytest

from pylandbc.errors import InputError
from pylandbc.grid.formats import MeshRepairWarning, open_mesh, write_mesh
from pylandbc.grid.window import Window

from . import layouts

LON, LAT = layouts.NODES_LON, layouts.NODES_LAT


def refused(path, words: str, **arguments) -> str:
    with pytest.raises(InputError, match=words) as caught:
        open_mesh(path, **arguments)
    assert path.name in str(caught.value)
    return str(caught.value)


def repaired(path, words: str):
    with pytest.warns(MeshRepairWarning, match=words):
        mesh = open_mesh(path)
    assert len(mesh.kind["repairs"]) == 1
    return mesh


def test_index_base_of_esmf(tmp_path):
    path = layouts.esmf(tmp_path / "m.nc", layouts.table(0, -1))
    text = refused(path, "cell 1 refers in elementConn to node 0")
    assert "ESMF unstructured mesh" in text and "default 1" in text
    assert "Numbers run 0 ... 6; all numbers fit a base of 0: set elementConn:start_index = 0" in text


def test_index_base_of_ugrid(tmp_path):
    text = refused(layouts.ugrid(tmp_path / "u.nc", layouts.table(1, -999)), "cell 3 refers in .* to node 7")
    assert "default 0" in text and "fit a base of 1" in text


def test_index_beyond_the_nodes(tmp_path):
    conn = layouts.table(1, -1)
    conn[1, 2] = 99
    path = layouts.esmf(tmp_path / "m.nc", conn, start_index=1)
    refused(
        path,
        r"cell 2 refers in elementConn to node 99, .* \(attribute start_index = 1\).* no base makes them fit",
    )


def test_declared_counts_and_gaps(tmp_path):
    refused(
        layouts.esmf(tmp_path / "a.nc", count=[4, 4, 4]), "element 3 should have numElementConn = 4 corners"
    )
    conn = layouts.table(1, -1)
    conn[2] = [4, -1, 5, 7]
    refused(
        layouts.esmf(tmp_path / "b.nc", conn), "cell 3 has a missing corner in elementConn before its last"
    )


def test_several_polygons_in_one_element(tmp_path):
    conn = np.array([[1, 2, 5, -8, 4, 5, 7]])
    refused(layouts.esmf(tmp_path / "p.nc", conn, count=[7]), r"element 1 is made of 2 polygons \(polybreak")


def test_units(tmp_path):
    small = {"lon": np.deg2rad(LON), "lat": np.deg2rad(LAT)}
    refused(
        layouts.esmf(tmp_path / "a.nc", units=None, **small), "nodeCoords has no units .*degrees or radians"
    )
    refused(
        layouts.esmf(tmp_path / "b.nc", units="radians"),
        "units 'radians' but values up to 180; .* degrees\\?",
    )
    refused(layouts.esmf(tmp_path / "c.nc", units="m"), "units 'm'; coordinates of a mesh must be in degrees")
    # no units, but values that only degrees can have
    assert len(open_mesh(layouts.esmf(tmp_path / "d.nc", units=None))) == 3


def test_a_globe_in_radians_that_says_degrees(tmp_path):
    globe = open_mesh("healpix:4")
    path = layouts.scrip(tmp_path / "s.nc", np.deg2rad(globe.lon_vertices), np.deg2rad(globe.lat_vertices))
    refused(path, "the whole globe in radians")


def test_a_region_in_radians_that_says_degrees(tmp_path):
    small = {"lon": np.deg2rad(LON), "lat": np.deg2rad(LAT)}
    path = layouts.esmf(tmp_path / "m.nc", **small)
    window = Window.from_degrees(178, 3, 179, 5)
    refused(path, "no cell near the window .* within 3.142: if they are radians, correct", window=window)


def test_latitude_and_longitude_exchanged(tmp_path):
    refused(
        layouts.esmf(tmp_path / "m.nc", lon=LAT, lat=LON), "cell id 1 has a corner at .* latitudes end at 90"
    )


def test_clockwise_cells_are_turned(tmp_path):
    faces = [layouts.FACES[0][::-1], layouts.FACES[1], layouts.FACES[2][::-1]]
    mesh = repaired(
        layouts.esmf(tmp_path / "m.nc", layouts.table(1, -1, faces)),
        r"2 of 3 cell\(s\) had clockwise corners and were turned round; the first is cell id 1",
    )
    truth = open_mesh(layouts.esmf(tmp_path / "t.nc"))
    assert np.allclose(mesh.area, truth.area, rtol=1e-13)
    assert mesh.corner_count.tolist() == [4, 4, 3]


def test_degenerate_cells_are_left_out(tmp_path):
    faces = [*layouts.FACES, [0, 1, 0], [3, 3, 3, 4]]
    path = layouts.esmf(tmp_path / "m.nc", layouts.table(1, -1, faces))
    with pytest.warns(MeshRepairWarning) as caught:
        mesh = open_mesh(path)
    assert mesh.cell_id.tolist() == [1, 2, 3]
    words = " ".join(str(w.message) for w in caught)
    assert "2 of 5 cell(s) had no area (degenerate) and were left out; the first is cell id 4" in words


def test_repeated_nodes_are_merged(tmp_path):
    faces = [*layouts.FACES[:2], [3, 4, 4, 6]]
    mesh = repaired(
        layouts.esmf(tmp_path / "m.nc", layouts.table(1, -1, faces)),
        r"1 of 3 cell\(s\) had repeated corners, which were merged; the first is cell id 3",
    )
    assert mesh.corner_count.tolist() == [4, 4, 3]


def test_crossed_edges(tmp_path):
    conn = np.array([[1, 2, 4, 5]])
    refused(
        layouts.esmf(tmp_path / "m.nc", conn),
        r"edges of 1 cell\(s\) cross one another, the first is cell id 1",
    )


def test_repeated_cells(tmp_path):
    turned = [*layouts.FACES, [4, 3, 0, 1]]
    path = layouts.esmf(tmp_path / "m.nc", layouts.table(1, -1, turned))
    refused(path, r"1 cell\(s\) repeat another one's corners, the first cell ids 1 and 4")


def test_longitude_360_beside_0(tmp_path):
    path = layouts.cf(tmp_path / "g.nc", np.arange(0.0, 361.0, 10), np.arange(-85.0, 90, 10))
    refused(path, "repeat another one's corners.*longitude 360 beside 0")


def test_overlapping_cells(tmp_path):
    # the triangle stands on the same side of the squares' upper edge as the left square
    lat = LAT.copy()
    lat[6] = 1.0
    path = layouts.esmf(tmp_path / "m.nc", layouts.table(1, -1, [[0, 1, 4, 3], [3, 6, 4]]), lat=lat)
    with pytest.raises(
        InputError, match=r"on the same side of an edge that they share, the first cell ids 1 and 2"
    ):
        open_mesh(path)


def test_more_than_the_sphere(tmp_path):
    one, other = open_mesh("healpix:4"), open_mesh("icosahedral:1")
    lon = np.concatenate([one.lon_vertices, np.pad(other.lon_vertices, ((0, 0), (0, 1)), mode="edge")])
    lat = np.concatenate([one.lat_vertices, np.pad(other.lat_vertices, ((0, 0), (0, 1)), mode="edge")])
    refused(layouts.scrip(tmp_path / "s.nc", lon, lat), "add up to 2.000000 times the sphere")


def test_a_corner_on_the_other_side_of_the_globe(tmp_path):
    lon = LON.copy()
    lon[6] = 0.0
    refused(layouts.esmf(tmp_path / "m.nc", lon=lon), "the first is cell id 3 with longitudes")


def test_missing_corners(tmp_path):
    lon, lat = layouts.corners()
    lon[1, 2] = np.nan
    refused(layouts.scrip(tmp_path / "s.nc", lon, lat), r"missing corners, the first is cell 2 .* \(3 of 4")
    with netCDF4.Dataset(tmp_path / "c.nc", "w") as d:
        layouts.put(d, "grid_center_lon", np.zeros(3), ("grid_size",), units="degrees")
    refused(tmp_path / "c.nc", "conservative regridding needs corners")
    centres = np.meshgrid(np.arange(3.0), np.arange(4.0))
    refused(
        layouts.cf(tmp_path / "g.nc", *centres),
        "no bounds .*conservative regridding needs the cells' corners",
    )


def test_centres_elsewhere_are_computed(tmp_path):
    lon, lat = layouts.corners()
    path = layouts.scrip(tmp_path / "s.nc", lon, lat)
    with netCDF4.Dataset(path, "a") as d:
        layouts.put(d, "grid_center_lon", np.array([179.0, 30.0, 179.0]), ("grid_size",), units="degrees")
        layouts.put(d, "grid_center_lat", np.array([1.0, 1.0, 3.0]), ("grid_size",), units="degrees")
    mesh = repaired(path, r"1 of 3 cell centre\(s\) .*; the first is cell id 2")
    assert mesh.lon[[0, 2]].tolist() == [179.0, 179.0]
    assert mesh.lon[1] == pytest.approx(-179.0)


def test_masks(tmp_path):
    path = layouts.esmf(tmp_path / "m.nc", mask=[0, 0, 0])
    refused(path, "all 3 cells are masked; is the mask upside down")
    refused(path, "no variable nomask to mask with", mask="nomask")
    with pytest.raises(InputError, match="a mask needs a mesh file"):
        open_mesh("O32", mask="lsm")


def test_ids_twice(tmp_path):
    path = layouts.esmf(tmp_path / "m.nc")
    with netCDF4.Dataset(path, "a") as d:
        layouts.put(d, "cell_id", np.array([5, 5, 6]), ("elementCount",))
    refused(path, r"1 cell id\(s\) are given twice, the first is 5")


def test_grid_dims_that_do_not_fit(tmp_path):
    refused(
        layouts.scrip(tmp_path / "s.nc", *layouts.corners(), dims=[2, 2]),
        r"grid_dims \[2, 2\] do not multiply",
    )


def test_unknown_and_absent_files(tmp_path):
    path = tmp_path / "t.nc"
    with netCDF4.Dataset(path, "w") as d:
        layouts.put(d, "temperature", np.zeros(3), ("cell",))
    refused(path, "is no mesh that is known here .found: temperature.")
    refused(tmp_path / "nothing.nc", "neither a file nor a name; names are healpix")
    (tmp_path / "text.nc").write_text("lon lat")
    refused(tmp_path / "text.nc", "cannot be read as netCDF")
    for name in ("healpix:five", "healpix", "icosahedral:3:nested"):
        with pytest.raises(InputError, match="is not understood; write"):
            open_mesh(name)


@pytest.mark.parametrize("part", [0.02, 0.5, 0.999])
@pytest.mark.parametrize(
    "layout", ["NETCDF3_CLASSIC", "NETCDF3_64BIT_OFFSET", "NETCDF3_64BIT_DATA", "NETCDF4"]
)
def test_a_file_cut_short(tmp_path, layout, part):
    mesh, whole = open_mesh("healpix:4"), tmp_path / "whole.nc"
    with netCDF4.Dataset(whole, "w", format=layout) as d:
        for name, values in (("lon", mesh.lon_vertices), ("lat", mesh.lat_vertices)):
            layouts.put(d, f"grid_corner_{name}", values, ("grid_size", "grid_corners"), units="degrees")
    assert len(open_mesh(whole)) == 192
    data = whole.read_bytes()
    path = tmp_path / "cut.nc"
    path.write_bytes(data[: int(part * len(data))])
    refused(path, "copy interrupted|is it complete")


def test_record_variables_count(tmp_path):
    path = tmp_path / "r.nc"
    with netCDF4.Dataset(path, "w", format="NETCDF3_CLASSIC") as d:
        d.createDimension("time", None)
        for name, kind in (("a", "i2"), ("b", "f8")):
            variable = d.createVariable(name, kind, ("time",))
            variable[:] = np.arange(5)
    from pylandbc.grid.formats.classic_length import required_length

    assert path.stat().st_size - 3 <= required_length(path) <= path.stat().st_size


def test_far_from_the_window(tmp_path):

    path = layouts.esmf(tmp_path / "m.nc")
    refused(path, "has no cell near the window", window=Window.from_degrees(0, 40, 10, 50))
    assert len(open_mesh(path, Window.from_degrees(178, 3, 179, 5))) >= 1


def test_nothing_is_written_of_a_bad_mesh(tmp_path):
    mesh = open_mesh("healpix:2")
    with pytest.raises(InputError, match="is not a folder"):
        write_mesh(mesh, tmp_path / "absent" / "m.nc", "esmf")
    assert list(tmp_path.iterdir()) == []
