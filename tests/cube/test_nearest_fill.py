"""Filling of gaps against a search over all cells."""

from __future__ import annotations

import numpy as np
import pytest

from pylandbc.cube.nearest_fill import fill_nearest
from pylandbc.errors import InputError
from pylandbc.grid.window import Window

WINDOW = Window.from_degrees(0, 58, 5, 62)


def test_nearest_by_distance_on_the_ground() -> None:
    rng = np.random.default_rng(0)
    field = rng.random(WINDOW.coarse_shape)
    field[rng.random(field.shape) < 0.9] = np.nan
    got = fill_nearest(field, WINDOW, "f")
    valid = np.argwhere(np.isfinite(field))
    shrink = np.cos(np.deg2rad(60.0))
    for i in range(field.shape[0]):
        for j in range(field.shape[1]):
            distance = (valid[:, 0] - i) ** 2 + ((valid[:, 1] - j) * shrink) ** 2
            nearest = valid[np.isclose(distance, distance.min())]
            assert got[i, j] in field[nearest[:, 0], nearest[:, 1]]


def test_nothing_to_fill_from() -> None:
    with pytest.raises(InputError, match="primf has no valid value"):
        fill_nearest(np.full(WINDOW.coarse_shape, np.nan), WINDOW, "primf")
