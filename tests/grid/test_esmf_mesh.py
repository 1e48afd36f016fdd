import netCDF4
import numpy as np
import pytest

from pylandbc.errors import InputError
from pylandbc.grid.esmf_mesh import read_esmf_mesh


def write(path, *, start=1, units="degrees", turn=1, connection=None, leave_out=()):
    """Two cells that share an edge: a square and a triangle."""
    node = np.array([[0, 0], [1, 0], [1, 1], [0, 1], [2, 0]], dtype=float)
    conn = np.array([[0, 1, 2, 3], [1, 4, 2, -1 - start]]) if connection is None else np.array(connection)
    if turn < 0:
        conn[0] = conn[0, ::-1]
    with netCDF4.Dataset(path, "w") as file:
        file.createDimension("nodeCount", 5)
        file.createDimension("elementCount", 2)
        file.createDimension("maxNodePElement", 4)
        file.createDimension("coordDim", 2)
        coords = file.createVariable("nodeCoords", "f8", ("nodeCount", "coordDim"))
        coords[:] = np.deg2rad(node) if units == "radians" else node
        coords.units = units
        if "elementConn" not in leave_out:
            variable = file.createVariable(
                "elementConn", "i4", ("elementCount", "maxNodePElement"), fill_value=-1
            )
            variable[:] = conn + start
            if start != 1:
                variable.start_index = start
        file.createVariable("numElementConn", "i1", ("elementCount",))[:] = [4, 3]
    return path


@pytest.mark.parametrize("start", [0, 1])
@pytest.mark.parametrize("units", ["degrees", "radians"])
def test_cells_whatever_the_index_base_and_unit(tmp_path, start, units):
    mesh = read_esmf_mesh(write(tmp_path / "m.nc", start=start, units=units))
    assert mesh.cell_id.tolist() == [1, 2]
    assert mesh.corner_count.tolist() == [4, 3]
    np.testing.assert_allclose(mesh.lon_vertices, [[0, 1, 1, 0], [1, 2, 1, 1]], atol=1e-12)
    np.testing.assert_allclose(mesh.lat_vertices, [[0, 0, 1, 1], [0, 0, 1, 1]], atol=1e-12)
    assert mesh.area[1] / mesh.area[0] == pytest.approx(0.5, abs=1e-3)


def test_golden_mesh(golden_weights):
    mesh = read_esmf_mesh(golden_weights / "iberia_icosahedral7.mesh.nc")
    assert len(mesh) == 322
    np.testing.assert_allclose(mesh.area, np.median(mesh.area), rtol=0.2)


def test_what_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"elementConn missing \(found: nodeCoords, numElementConn\)"):
        read_esmf_mesh(write(tmp_path / "a.nc", leave_out=["elementConn"]))
    with pytest.raises(InputError, match="units 'metres'"):
        read_esmf_mesh(write(tmp_path / "b.nc", units="metres"))
    with pytest.raises(InputError, match=r"clockwise corners, first cell id 1;"):
        read_esmf_mesh(write(tmp_path / "c.nc", turn=-1))
    with pytest.raises(InputError, match="start_index is taken as 1"):
        read_esmf_mesh(write(tmp_path / "d.nc", connection=[[0, 1, 2, 3], [1, 5, 2, -2]]))
    (tmp_path / "e.nc").write_text("no netCDF")
    with pytest.raises(InputError, match="cannot be read as netCDF"):
        read_esmf_mesh(tmp_path / "e.nc")
