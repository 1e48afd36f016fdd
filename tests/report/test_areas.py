"""Areas of classes against closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from pylandbc.errors import InputError
from pylandbc.report.areas import class_areas, fraction_areas


def test_fraction_areas_weigh_by_the_covered_area() -> None:
    fraction = np.zeros((2, 8, 3))
    fraction[0, 1], fraction[0, 4] = [0.25, 1.0, 0.0], [0.75, 0.0, 0.0]
    fraction[1, 4] = [1.0, 1.0, np.nan]
    coverage = np.array([[1.0, 0.5, 0.0]] * 2)
    areas = fraction_areas(fraction, coverage, np.array([100.0, 10.0, 1.0]))
    np.testing.assert_allclose(areas[0], [0, 30.0, 0, 0, 75.0, 0, 0, 0])
    np.testing.assert_allclose(areas[1], [0, 0, 0, 0, 105.0, 0, 0, 0])


def test_curves_are_the_areas_and_their_change() -> None:
    areas = np.zeros((3, 8))
    areas[:, 0] = 9e12
    areas[:, 2], areas[:, 4] = [5e9, 4e9, 2e9], [1e9, 2e9, 4e9]
    left, right = class_areas(np.array([2009, 2010, 2011]), areas, "x").axes
    curves = {line.get_label(): line.get_ydata() for line in left.lines}
    assert set(curves) == {"Cropland", "Forest"}
    np.testing.assert_allclose(curves["Cropland"], [5, 4, 2])
    changes = {line.get_label(): line.get_ydata() for line in right.lines}
    np.testing.assert_allclose(changes["Forest"], [0, 1, 3])


def test_one_year_is_no_time_series() -> None:
    with pytest.raises(InputError, match="two years"):
        class_areas(np.array([2009]), np.zeros((1, 8)), "x")
