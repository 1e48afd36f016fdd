import numpy as np
import pytest

from pylandbc.errors import InputError
from pylandbc.grid.dominant import dominant_on_grid, dominant_on_mesh
from pylandbc.grid.overlap import OverlapSet

PIXEL, CELL = np.array([0, 1, 1, 2, 3, 4]), np.array([0, 0, 1, 1, 1, 2])
AREA = np.array([1.0, 2.0, 0.1 + 0.2, 0.3, 0.05, 1.0])
OVERLAP = OverlapSet(PIXEL, CELL, AREA, 5, 4, "by hand")


def test_the_greatest_area_wins_and_ties_go_to_the_lowest_code():
    codes = np.array([3, 5, 4, 0, 255], dtype=np.uint8)
    # cell 0: 5 has twice the area of 3; cell 1: 5 and 4 tie but for round-off (0.1 + 0.2 > 0.3)
    assert dominant_on_mesh(OVERLAP, codes, 255, (255,)).tolist() == [5, 4, 255, 255]
    assert dominant_on_mesh(OVERLAP, codes, 9).tolist() == [5, 4, 255, 9]
    assert dominant_on_mesh(OVERLAP, codes, 9).dtype == np.uint8


def test_categories_of_cells_on_pixels():
    assert dominant_on_grid(OVERLAP, np.array([7, 2, 1, 6]), -1).tolist() == [7, 7, 2, 2, 1]
    assert dominant_on_grid(OVERLAP, np.array([7, 2, 1, 6]), -1, (7,)).tolist() == [-1, 2, 2, 2, 1]


def test_means_of_categories_are_refused():
    with pytest.raises(InputError, match="categories are whole numbers, not float64"):
        dominant_on_mesh(OVERLAP, np.array([1.0, 2, 3, 4, 5]), 255)
