import numpy as np
import pytest
from golden_case import needs_yac

from pylandbc.errors import InputError
from pylandbc.grid.formats import open_mesh
from pylandbc.grid.overlap import OverlapSet, compute_overlap
from pylandbc.grid.projection import project_to_mesh
from pylandbc.grid.window import Rectangle

WINDOWS = {
    "plain": ("healpix:128", Rectangle.from_corner(-118, 32, 256, 256)),
    "dateline": ("icosahedral:7", Rectangle.from_corner(179, -1, 200, 100)),
    "arctic": ("healpix:64", Rectangle.from_corner(20, 89, 500, 100)),
}


@needs_yac
@pytest.mark.parametrize(("name", "window"), WINDOWS.values(), ids=WINDOWS)
def test_mesh_to_grid_to_mesh_returns_the_field_and_integrals_are_kept(name, window):
    mesh = open_mesh(name, window)
    overlap = compute_overlap(mesh, window, "yac", cache=False)
    used = overlap.cell_area > 0
    rng = np.random.default_rng(0)
    field = rng.random((len(mesh), 2))
    back = project_to_mesh(overlap, overlap.to_grid(field))
    np.testing.assert_allclose(back[used], field[used], rtol=0, atol=1e-9)
    assert np.all(np.isnan(back[~used]))
    # first-order remapping alone keeps the integral, and the field but for the pixels that cells share
    first_order = overlap.to_mesh(overlap.to_grid(field))
    integral = field[used].T @ overlap.cell_area[used]
    np.testing.assert_allclose(first_order[used].T @ overlap.cell_area[used], integral, rtol=1e-12)
    mixed = np.zeros(len(mesh))
    shared = np.bincount(overlap.pixel, minlength=overlap.pixel_count)[overlap.pixel] > 1
    np.add.at(mixed, overlap.cell[shared], overlap.area[shared])
    bound = mixed[used] / overlap.cell_area[used]
    assert np.all(np.abs(first_order - field)[used] <= bound[:, None] + 1e-12)

    pixels = rng.random(overlap.pixel_count)
    projected = project_to_mesh(overlap, pixels)
    total = pixels @ overlap.pixel_area
    assert projected[used] @ overlap.cell_area[used] == pytest.approx(total, rel=1e-12)
    np.testing.assert_allclose(
        project_to_mesh(overlap, np.full(overlap.pixel_count, 3.7))[used], 3.7, rtol=1e-9
    )


def test_cells_that_pixels_cannot_tell_apart_are_refused():
    overlap = OverlapSet(np.array([0, 0]), np.array([0, 1]), np.array([1.0, 2.0]), 1, 2, "by hand")
    with pytest.raises(InputError, match="share all their pixels"):
        project_to_mesh(overlap, np.array([5.0]))
