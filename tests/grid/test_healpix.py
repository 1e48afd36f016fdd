import numpy as np
import pytest

from pylandbc.errors import InputError
from pylandbc.grid.healpix import corner_vectors, healpix_mesh
from pylandbc.grid.sphere import polygon_areas, unit_vectors
from pylandbc.grid.window import Window

healpix = pytest.importorskip("healpix")


def test_corners_pull_towards_their_own_cell():
    # independent of any corner formula: just inside a corner is the cell, just outside is not
    nside = 32
    cells = np.arange(12 * nside**2)
    centre = np.stack(healpix.pix2vec(nside, cells, nest=True), axis=-1)[:, None]
    corner = corner_vectors(cells, nside)
    inside, outside = corner + 0.01 * (centre - corner), corner - 0.01 * (centre - corner)
    assert np.array_equal(
        healpix.vec2pix(nside, *np.moveaxis(inside, -1, 0), nest=True), np.repeat(cells[:, None], 4, axis=1)
    )
    assert not np.any(healpix.vec2pix(nside, *np.moveaxis(outside, -1, 0), nest=True) == cells[:, None])


def test_the_cells_fill_the_sphere():
    nside = 16
    areas = polygon_areas(corner_vectors(np.arange(12 * nside**2), nside))
    assert areas.min() > 0
    assert areas.sum() == pytest.approx(4 * np.pi, rel=1e-13)


@pytest.mark.parametrize(
    "box",
    [(-14, 49.5, 2.25, 61), (179, -2, -179, 2), (40, 85, 80, 90), (-60, -90, 100, -88), (44, 40, 46, 43)],
)
def test_every_cell_that_overlaps_the_window_is_made(box):
    window = Window.from_degrees(*box)
    lon, lat = np.meshgrid(window.longitude[::5], window.latitude[::5])
    hit = healpix.vec2pix(64, *np.moveaxis(unit_vectors(lon, lat), -1, 0), nest=True)
    mesh = healpix_mesh(64, "nested", window)
    assert set(np.unique(hit)) <= set(mesh.cell_id.tolist())
    assert len(mesh) < 12 * 64**2 / 4


def test_ring_order_renumbers_the_same_cells():
    window = Window.from_degrees(-5, 51, 1, 56)
    nested, ring = healpix_mesh(64, "nested", window), healpix_mesh(64, "ring", window)
    assert set(healpix.nest2ring(64, nested.cell_id)) == set(ring.cell_id)
    expected = np.stack(healpix.pix2vec(64, ring.cell_id, nest=False), axis=-1)
    # the mean of the corners lies near the centre: within a tenth of a cell
    assert np.abs(unit_vectors(ring.lon, ring.lat) - expected).max() < 0.1 * np.sqrt(4 * np.pi / (12 * 64**2))


def test_bad_names():
    window = Window.from_degrees(-5, 51, 1, 56)
    with pytest.raises(InputError, match="power of two"):
        healpix_mesh(100, "nested", window)
    with pytest.raises(InputError, match="choose nested or ring"):
        healpix_mesh(64, "spiral", window)
