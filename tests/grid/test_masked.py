import numpy as np
import pytest
from golden_case import needs_yac

from pylandbc.errors import InputError
from pylandbc.grid.icosahedral import icosahedral_mesh
from pylandbc.grid.masked import masked_to_grid, masked_to_mesh
from pylandbc.grid.overlap import OverlapSet, compute_overlap
from pylandbc.grid.window import Rectangle

# two pixels of area 2 and 3; the first lies in cell 0, the second is shared
BY_HAND = OverlapSet(np.array([0, 1, 1]), np.array([0, 0, 1]), np.array([2.0, 1.0, 2.0]), 2, 2, "by hand")


def test_by_hand():
    value, land = masked_to_mesh(BY_HAND, np.array([10.0, 4.0]), np.array([0.5, 1.0]))
    np.testing.assert_allclose(land, [(2 * 0.5 + 1) / 3, 1])
    np.testing.assert_allclose(value, [(10 * 1 + 4 * 1) / 2, 4])
    value, land = masked_to_grid(BY_HAND, np.array([[10.0, 1.0], [4.0, 1.0]]), np.array([0.5, 0.0]))
    np.testing.assert_allclose(land[:, 0], [0.5, 0.5 / 3])
    np.testing.assert_allclose(value, [[10, 1], [10, 1]])


def test_sea_may_be_missing_and_cells_without_land_are():
    value, land = masked_to_mesh(BY_HAND, np.array([10.0, np.nan]), np.array([1.0, 0.0]))
    assert value[0] == pytest.approx(10, rel=1e-14) and np.isnan(value[1]) and land[1] == 0


@pytest.mark.parametrize("land", [np.array([50.0, 100.0]), np.array([np.nan, 1.0]), np.array([-0.1, 1.0])])
def test_land_that_is_no_fraction_is_refused(land):
    with pytest.raises(InputError, match="land must be a fraction from 0 to 1"):
        masked_to_mesh(BY_HAND, np.ones(2), land)


@needs_yac
def test_integrals_over_land_agree_both_ways_and_constants_stay():
    window = Rectangle.from_corner(-6, 49.5, 150, 120)
    mesh = icosahedral_mesh(7, window)
    overlap = compute_overlap(mesh, window, "yac", cache=False)
    rng = np.random.default_rng(0)
    land = np.clip(rng.random(overlap.pixel_count) * 3 - 1, 0, 1)
    field = np.where(land > 0, rng.random(overlap.pixel_count) * 300, np.nan)
    value, arrived = masked_to_mesh(overlap, field, land)
    used = arrived > 0
    expected = np.nansum(field * land * overlap.pixel_area)
    assert (value * arrived * overlap.cell_area)[used].sum() == pytest.approx(expected, rel=1e-12)
    constant, _ = masked_to_mesh(overlap, np.where(land > 0, 3.7, np.nan), land)
    np.testing.assert_allclose(constant[used], 3.7, rtol=1e-14)

    coast = np.clip(rng.random(len(mesh)) * 3 - 1, 0, 1)
    cells = np.where(coast > 0, rng.random(len(mesh)) * 300, np.nan)
    value, arrived = masked_to_grid(overlap, cells, coast)
    expected = np.nansum(cells * coast * overlap.cell_area)
    assert np.nansum(value * arrived * overlap.pixel_area) == pytest.approx(expected, rel=1e-12)
    constant, _ = masked_to_grid(overlap, np.where(coast > 0, 3.7, np.nan), coast)
    np.testing.assert_allclose(constant[arrived > 0], 3.7, rtol=1e-14)
