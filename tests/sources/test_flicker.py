"""Excursions A-B-A are filled and counted, everything else stays."""

from __future__ import annotations

import numpy as np
import pytest

from pylandbc.errors import InputError
from pylandbc.sources.flicker import consecutive, remove_flicker


def maps(*series: list[int]) -> np.ndarray:
    return np.array(series, dtype=np.uint8).T[:, :, None]


def test_runs_of_years() -> None:
    assert consecutive([1990, 1991, 1995, 1996, 1997, 2000]) == [slice(0, 2), slice(2, 5), slice(5, 6)]
    assert consecutive([]) == []


def test_series() -> None:
    before = maps(
        [4, 2, 4, 4, 4, 4],  # a blip
        [4, 4, 2, 2, 2, 2],  # a change
        [4, 2, 2, 4, 4, 4],  # two years away
        [2, 4, 4, 4, 4, 2],  # the ends stay
        [4, 255, 4, 4, 2, 255],  # unknown is neither filled nor a side
    )
    after, changed = remove_flicker(before)
    np.testing.assert_array_equal(after[:, 0, 0], [4] * 6)
    np.testing.assert_array_equal(after[:, 1:, 0], before[:, 1:, 0])
    assert changed == 1
    longer, changed = remove_flicker(before, longest=2)
    np.testing.assert_array_equal(longer[:, 2, 0], [4] * 6)
    assert changed == 3
    assert before[1, 0, 0] == 2, "the input is not touched"
    with pytest.raises(InputError, match="longest >= 1"):
        remove_flicker(before, 0)
