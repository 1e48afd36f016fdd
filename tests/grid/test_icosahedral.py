import numpy as np
import pytest

from pylandbc.errors import InputError
from pylandbc.grid.icosahedral import icosahedral_mesh, root_triangles
from pylandbc.grid.sphere import polygon_areas, unit_vectors
from pylandbc.grid.window import Window

GLOBE = Window(0, 0, 18000, 36000)


def test_the_roots_are_twenty_equal_triangles():
    np.testing.assert_allclose(polygon_areas(root_triangles()), np.pi / 5, rtol=1e-14)


@pytest.mark.parametrize("level", [0, 1, 4])
def test_triangles_fill_the_sphere_once(level):
    mesh = icosahedral_mesh(level, GLOBE)
    assert mesh.cell_id.tolist() == list(range(20 * 4**level))
    assert polygon_areas(mesh.corners).sum() == pytest.approx(4 * np.pi, rel=1e-13)


def test_neighbours_share_corners_bit_for_bit():
    # Euler: a closed triangulation of n triangles has n / 2 + 2 vertices
    mesh = icosahedral_mesh(4, GLOBE)
    key = np.round(mesh.corners.reshape(-1, 3), 13) + 0.0
    assert len(np.unique(key, axis=0)) == len(mesh) // 2 + 2


def test_a_child_lies_in_its_parent():
    coarse, fine = icosahedral_mesh(2, GLOBE), icosahedral_mesh(3, GLOBE)
    centre = unit_vectors(fine.lon, fine.lat)
    corners = coarse.corners[fine.cell_id // 4]
    for i in range(3):
        normal = np.cross(corners[:, i], corners[:, (i + 1) % 3])
        assert np.all(np.einsum("ij,ij->i", normal, centre) > 0)


@pytest.mark.parametrize("box", [(-5, 51, 1, 56), (179, -2, -179, 2), (40, 87, 80, 90)])
def test_only_and_all_triangles_near_the_window_are_made(box):
    window = Window.from_degrees(*box)
    lon, lat = np.meshgrid(window.longitude[:: window.cols // 25], window.latitude[:: window.rows // 25])
    points = unit_vectors(lon, lat).reshape(-1, 3)
    everything, found = icosahedral_mesh(5, GLOBE), icosahedral_mesh(5, window)
    normals = np.cross(everything.corners, np.roll(everything.corners, -1, axis=1))
    holds = np.array([np.any(np.all(points @ n.T > 0, axis=1)) for n in normals])
    assert holds.any()
    assert set(everything.cell_id[holds]) <= set(found.cell_id)
    assert len(found) < 0.1 * len(everything)
    kept = everything.subset(np.searchsorted(everything.cell_id, found.cell_id))
    np.testing.assert_array_equal(kept.corners, found.corners)


def test_bad_level():
    with pytest.raises(InputError, match="level 15"):
        icosahedral_mesh(15, GLOBE)
