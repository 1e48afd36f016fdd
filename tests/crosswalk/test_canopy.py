"""Leaf area shared out among types, and stem area after it."""

from __future__ import annotations

import numpy as np
import pytest

from pylandbc.crosswalk import read_adapter
from pylandbc.crosswalk.canopy import LARGEST, read_canopy, share_leaf_area, stem_area
from pylandbc.errors import InputError


def test_the_mean_of_a_cell_is_kept() -> None:
    rng = np.random.default_rng(0)
    fractions = 0.5 * rng.dirichlet(np.ones(5), (12, 30)) + 0.1
    weights = np.array([0, 5, 2, 3, 1.0])
    mean = rng.uniform(0, 2, (12, 30))
    got = share_leaf_area(mean, fractions, weights)
    assert (got * fractions).sum(-1) == pytest.approx(mean, abs=1e-13)
    assert not got[..., 0].any()
    assert got[..., 1] == pytest.approx(2.5 * got[..., 2])


def test_slivers_do_not_bear_a_forest_and_rock_bears_nothing() -> None:
    weights = np.array([0.0, 5.0])
    assert share_leaf_area(2.0, [0.999, 0.001], weights).tolist() == [0, LARGEST]
    assert share_leaf_area(2.0, [1.0, 0.0], weights).tolist() == [0, 0]


def test_stem_area_of_a_year_known_by_hand() -> None:
    leaves = np.zeros(12)
    leaves[5:8] = 4.0  # June ... August; all fall in September
    stems = stem_area(leaves[:, None], 0.5, 0.5)[:, 0]
    # September 4 and what was left of 0.5, then halves down to the minimum
    assert stems.tolist() == [0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 4.25, 2.125, 1.0625, 0.53125]
    crops = stem_area(leaves[:, None], 0.0, 0.05)[:, 0]
    assert crops.tolist() == [0.05] * 8 + [4.0] + [0.05] * 3


def test_stems_repeat_from_december_to_january() -> None:
    leaves = np.maximum(np.sin(np.arange(12) / 12 * 2 * np.pi), 0) * 3
    stems = stem_area(leaves, 0.5, 0.5)
    assert stems[0] == max(0.5 * stems[11] + max(leaves[11] - leaves[0], 0), 0.5)
    with pytest.raises(InputError, match="12 months"):
        stem_area(np.zeros(11), 0.5, 0.5)
    with pytest.raises(InputError, match="less than 1"):
        stem_area(np.zeros(12), 1.0, 0.5)


@pytest.mark.parametrize("name", ["ctsm", "ecland"])
def test_every_type_that_bears_leaves_has_a_canopy(name: str) -> None:
    known = read_canopy(name)
    adapters = ("ctsm", "elm") if name == "ctsm" else (name,)
    targets = {target for adapter in adapters for target in read_adapter(adapter).targets}
    assert set(known) == {t for t in targets if t.split("_")[0] in ("natpft", "cft", "low", "high")}
    if name == "ctsm":
        for row in known.values():
            assert row["height_bottom"] <= row["height_top"] and row["stem_keep"] < 1
    with pytest.raises(InputError, match="ctsm and ecland"):
        read_canopy("jules5")
