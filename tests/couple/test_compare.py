"""Comparison by bits, against cases that values would get wrong."""

from __future__ import annotations

import numpy as np
import pytest

from pylandbc.couple.compare import differing, first_difference, maximum_difference
from pylandbc.errors import InputError


def test_equal_arrays_have_no_difference() -> None:
    a = np.array([[1.0, np.nan], [-0.0, np.inf]])
    assert not differing(a, a.copy()).any()
    assert first_difference(a, a.copy()) is None
    assert maximum_difference(a, a.copy()) == 0.0


def test_zero_and_minus_zero_differ_in_their_bits() -> None:
    assert first_difference(np.array([0.0]), np.array([-0.0])) == (0,)
    assert maximum_difference(np.array([0.0]), np.array([-0.0])) == 0.0


def test_one_unit_in_the_last_place_is_found() -> None:
    a = np.linspace(0.1, 0.9, 24).reshape(2, 3, 4)
    b = a.copy()
    b[1, 0, 2] = np.nextafter(b[1, 0, 2], 2.0)
    assert first_difference(a, b) == (1, 0, 2)
    assert maximum_difference(a, b) == np.spacing(a[1, 0, 2])
    assert differing(a, b).sum() == 1


def test_a_view_in_fortran_order_is_compared_by_index() -> None:
    a = np.arange(12.0).reshape(3, 4)
    b = np.asfortranarray(a)
    b[2, 1] += 1
    assert first_difference(a, b) == (2, 1)


def test_nan_against_a_number_is_infinitely_far() -> None:
    assert maximum_difference(np.array([1.0, 2.0]), np.array([1.0, np.nan])) == np.inf


@pytest.mark.parametrize("other", [np.zeros(4), np.zeros(3, dtype=np.float32)])
def test_other_shapes_and_types_are_refused(other: np.ndarray) -> None:
    with pytest.raises(InputError, match="shapes and types"):
        differing(np.zeros(3), other)
