"""Three maps at several resolutions against a count cell by cell, and a case by hand."""

from __future__ import annotations

import numpy as np
import pytest

from pylandbc.learn.metrics import components_of, figure_of_merit
from pylandbc.learn.resolution import components
from pylandbc.learn.tally import Scored, sums

K = 4


@pytest.fixture
def maps() -> tuple[np.ndarray, ...]:
    random = np.random.default_rng(5)
    before = random.integers(0, K, (30, 41))
    observed = np.where(random.random(before.shape) < 0.3, random.integers(0, K, before.shape), before)
    predicted = np.where(random.random(before.shape) < 0.3, random.integers(0, K, before.shape), before)
    return before, observed, predicted, random.random(before.shape)


def plain(before, observed, predicted, weight, size) -> list[float]:
    """One cell, one transition at a time."""
    total = [0.0] * 4
    for r in range(0, before.shape[0], size):
        for c in range(0, before.shape[1], size):
            cell = np.s_[r : r + size, c : c + size]
            b, o, p, w = before[cell], observed[cell], predicted[cell], weight[cell]
            hits = both = 0.0
            for i in range(K):
                seen = {j: w[(b == i) & (o == j)].sum() for j in range(K) if j != i}
                said = {j: w[(b == i) & (p == j)].sum() for j in range(K) if j != i}
                hits += sum(min(seen[j], said[j]) for j in seen)
                both += min(sum(seen.values()), sum(said.values()))
            parts = (hits, both - hits, w[o != b].sum() - both, w[p != b].sum() - both)
            total = [t + x for t, x in zip(total, parts, strict=True)]
    return total


@pytest.mark.parametrize("size", [1, 2, 4, 16, 25])
def test_components_equal_a_count_cell_by_cell(maps: tuple[np.ndarray, ...], size: int) -> None:
    before, observed, predicted, weight = maps
    rows, cols = np.indices(before.shape)
    flat = [a.ravel() for a in (before, observed, predicted, rows, cols, weight)]
    found = components(*flat, np.zeros(before.size, int), 1, K, size)[0]
    np.testing.assert_allclose(found, plain(*maps, size), rtol=1e-12)
    assert (found > 0).all()


def test_one_pixel_is_the_ordinary_comparison_and_blocks_add_up(maps: tuple[np.ndarray, ...]) -> None:
    before, observed, predicted, weight = (a.ravel() for a in maps)
    rows, cols = (a.ravel() for a in np.indices(maps[0].shape))
    block = cols // 20
    pixels = Scored(before, observed, rows, cols, weight, block, np.zeros(rows.size, int))
    found = sums(pixels, predicted, None, 3, K)
    np.testing.assert_allclose(found["resolutions"][:, 0], components_of(found["table"]), rtol=1e-12)
    whole = sums(Scored(**{**vars(pixels), "block": 0 * block}), predicted, None, 1, K)
    np.testing.assert_allclose(found["table"].sum(0), whole["table"][0], rtol=1e-12)


def test_change_one_pixel_beside_the_truth_is_a_hit_at_two_pixels() -> None:
    before = np.array([1, 1, 1, 1])
    observed, predicted = np.array([2, 1, 1, 1]), np.array([1, 2, 1, 1])
    rows, cols = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    given = (before, observed, predicted, rows, cols, np.ones(4), np.zeros(4, int), 1, 3)
    np.testing.assert_array_equal(components(*given, 1)[0], [0, 0, 1, 1])
    np.testing.assert_array_equal(components(*given, 2)[0], [1, 0, 0, 0])
    assert figure_of_merit(components(*given, 2)[0]) == 1.0


def test_nothing_changed_gives_no_components() -> None:
    same = np.ones(6, int)
    given = (same, same, same, same, same, np.ones(6), np.zeros(6, int), 2, 3)
    np.testing.assert_array_equal(components(*given, 4), np.zeros((2, 4)))
