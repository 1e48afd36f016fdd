"""Lines of a mesh map: whole edges, on both sides of the map, meridians to the poles."""

import numpy as np
import pytest

from pylandbc.grid.formats import open_mesh
from pylandbc.grid.sphere import unit_vectors
from pylandbc.report.mesh_map import _lines


@pytest.mark.parametrize("name", ["healpix:2", "icosahedral:1", "O8", "O8:boxes"])
@pytest.mark.parametrize("west", [-180.0, 20.0])
def test_lines_lie_on_the_edges_and_do_not_jump(name, west):
    mesh = open_mesh(name)
    lines = _lines(mesh, west, west + 360)
    assert len(lines) >= mesh.corner_count.sum()
    ends = set()
    for line in lines:
        assert np.abs(np.diff(line[:, 0])).max() < 120
        assert line[:, 0].max() >= west and line[:, 0].min() <= west + 360
        for lon, lat in (line[0], line[-1]):
            ends.add(tuple(np.round(unit_vectors(np.array(lon), np.array(lat)), 6) + 0.0))
    corners = {tuple(c) for c in np.round(mesh.corners.reshape(-1, 3), 6) + 0.0}
    assert ends == corners
