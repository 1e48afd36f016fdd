"""Fields on native cells: polygons where the cells are, coloured by their values."""

from __future__ import annotations

import numpy as np
import pytest

from pylandbc.errors import InputError
from pylandbc.report.native import native_map, unwrapped


def cells(west: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Three unit squares in a row, eastwards from ``west``; longitudes within -180 ... 180."""
    lon = west + 0.5 + np.arange(3)
    corners = lon[:, None] + np.array([-0.5, 0.5, 0.5, -0.5])
    lat = np.tile([10.0, 10.0, 11.0, 11.0], (3, 1))
    return (lon + 180) % 360 - 180, (corners + 180) % 360 - 180, lat


@pytest.mark.parametrize("west", [-1.0, 178.5])
def test_polygons_stay_in_one_piece(west: float) -> None:
    lon, lon_vertices, lat_vertices = cells(west)
    figure = native_map(lon, lon_vertices, lat_vertices, np.array([0.1, 0.5, np.nan]), "x", "y")
    (drawn,) = figure.axes[0].collections
    widths = [np.ptp(path.vertices[:, 0]) for path in drawn.get_paths()]
    np.testing.assert_allclose(widths, 1.0)
    np.testing.assert_allclose(figure.axes[0].get_xlim(), [west, west + 2], atol=1e-9)
    assert drawn.get_clim() == (0.1, 0.5)
    assert list(np.ma.getmaskarray(drawn.get_array())) == [False, False, True]


def test_corners_come_within_half_a_turn_of_their_centre() -> None:
    np.testing.assert_allclose(unwrapped(np.array([179.9]), np.array([[-179.9, 179.0]])), [[180.1, 179.0]])


def test_bad_input_is_refused() -> None:
    lon, lon_vertices, lat_vertices = cells(0.0)
    with pytest.raises(InputError, match="do not fit"):
        native_map(lon, lon_vertices, lat_vertices, np.zeros(2), "x", "y")
    with pytest.raises(InputError, match="no cell has a value"):
        native_map(lon, lon_vertices, lat_vertices, np.full(3, np.nan), "x", "y")
