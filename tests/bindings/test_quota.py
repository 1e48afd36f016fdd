"""The quota allocator against scipy's assignment, which knows nothing of classes; the counts by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from pylandbc.grid.native import find_kernels

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(find_kernels() is None, reason="pylandbc._native is not built"),
]


def allocate(logits: np.ndarray, active: np.ndarray, counts: np.ndarray) -> np.ndarray:
    codes = np.where(active, logits.argmax(0), 255).astype(np.uint8)
    assert find_kernels().allocate_quota(logits, active.astype(np.uint8), counts, codes) == -1
    return codes


def counts_of(mode, anchor, then, now, given=None):
    rows = [np.array([values], dtype) for values, dtype in ((anchor, np.int32), (then, float), (now, float))]
    return (
        find_kernels()
        .quota_counts(mode, *rows, np.array(given or [1] * len(anchor), dtype=np.uint8))[0]
        .tolist()
    )


@pytest.mark.parametrize("seed", range(24))
def test_no_assignment_is_more_probable(seed: int) -> None:
    """One slot for each demanded pixel: a square assignment problem, whose optimum is the allocator's."""
    rng = np.random.default_rng(seed)
    classes = int(rng.integers(2, 9))
    # whole logits, so that ties are frequent and sums exact; else multiples of 2^-20
    logits = np.rint(rng.normal(size=(classes, 25, 25)) * (3 if seed % 2 else 3 * 2**20))
    logits = (logits if seed % 2 else logits / 2**20).astype(np.float32)
    active = rng.random((25, 25)) < rng.random()
    counts = rng.multinomial(active.sum(), rng.dirichlet(np.full(classes, 0.5))).astype(np.int32)
    codes = allocate(logits, active, counts[None, None])
    assert np.bincount(codes[active], minlength=classes).tolist() == counts.tolist()
    assert (codes[~active] == 255).all()
    score = np.rint(logits[:, active].astype(np.float64) * 2**20).T
    slots = score[:, np.repeat(np.arange(classes), counts)]
    best = slots[linear_sum_assignment(slots, maximize=True)].sum()
    assert score[np.arange(len(score)), codes[active]].sum() == best


def test_cells_do_not_feel_each_other() -> None:
    rng = np.random.default_rng(3)
    logits = np.round(rng.normal(size=(4, 50, 75)) * 2).astype(np.float32)
    active = rng.random((50, 75)) < 0.8
    cells = active.reshape(2, 25, 3, 25).sum(axis=(1, 3))
    counts = np.stack([rng.multinomial(n, [0.1, 0.2, 0.3, 0.4]) for n in cells.ravel()])
    counts = counts.reshape(2, 3, 4).astype(np.int32)
    together = allocate(logits, active, counts)
    for row, col in np.ndindex(2, 3):
        part = (slice(25 * row, 25 * row + 25), slice(25 * col, 25 * col + 25))
        alone = allocate(
            np.ascontiguousarray(logits[:, *part]), active[part], counts[row : row + 1, col : col + 1].copy()
        )
        assert np.array_equal(alone, together[part])


def test_the_lower_pixel_moves_first() -> None:
    active = np.zeros((25, 25), dtype=bool)
    active[3, 4:8] = True
    logits = np.zeros((3, 25, 25), dtype=np.float32)
    logits[1] = 1.0
    codes = allocate(logits, active, np.array([[[1, 2, 1]]], dtype=np.int32))
    assert codes[active].tolist() == [0, 2, 1, 1]


def test_counts_that_do_not_fit_are_named() -> None:
    logits, active = np.zeros((2, 25, 50), np.float32), np.ones((25, 50), np.uint8)
    counts = np.array([[[600, 25], [600, 26]]], dtype=np.int32)
    assert find_kernels().allocate_quota(logits, active, counts, np.zeros((25, 50), np.uint8)) == 1
    with pytest.raises(ValueError, match="whole cells of 25 x 25"):
        find_kernels().allocate_quota(logits, active, counts[:, :1].copy(), np.zeros((25, 50), np.uint8))
    with pytest.raises(ValueError, match="no class"):
        find_kernels().allocate_quota(logits, active, counts, np.full((25, 50), 2, np.uint8))


def test_absolute_counts_are_the_largest_remainders() -> None:
    # quotas 1.4, 3.3, 5.3 of 10: the unit that is left goes to the largest remainder
    assert counts_of("absolute", [10, 0, 0], [0, 0, 0], [0.14, 0.33, 0.53]) == [2, 3, 5]
    # only ratios count, and a tie goes to the lower code
    assert counts_of("absolute", [5, 0], [0, 0], [2.0, 2.0]) == [3, 2]


def test_a_class_unknown_to_the_scenario_keeps_its_pixels() -> None:
    assert counts_of("absolute", [7, 4, 6], [0, 0, 0], [0.9, 0.5, 0.5], [0, 1, 1]) == [7, 5, 5]
    assert counts_of("delta", [7, 4, 6], [0.5, 0.5, 0.5], [0.1, 0.7, 0.3], [0, 1, 1]) == [7, 6, 4]


def test_delta_moves_the_change_of_shares() -> None:
    # the map disagrees with the scenario's fractions; only a change by a tenth of 100 is taken over
    assert counts_of("delta", [80, 15, 5], [0.3, 0.3, 0.4], [0.2, 0.4, 0.4]) == [70, 25, 5]
    assert counts_of("delta", [80, 15, 5], [0.3, 0.3, 0.4], [0.3, 0.3, 0.4]) == [80, 15, 5]


def test_a_class_loses_no_more_than_it_has() -> None:
    # 20 wanted of a class that has 5: the two that gain share these 5
    assert counts_of("delta", [5, 50, 45], [0.4, 0.3, 0.3], [0.2, 0.4, 0.4]) == [0, 53, 47]


def test_nothing_changes_without_fractions() -> None:
    for mode in ("off", "delta", "absolute"):
        assert counts_of(mode, [3, 2], [0.0, 0.0], [0.0, 0.0]) == [3, 2]


def test_counts_always_sum_to_the_pixels_that_there_are() -> None:
    rng = np.random.default_rng(0)
    anchor = rng.integers(0, 80, (500, 8)).astype(np.int32)
    then, now = rng.dirichlet(np.full(8, 0.3), (2, 500))
    for mode in ("delta", "absolute"):
        counts = find_kernels().quota_counts(mode, anchor, then, now, np.ones(8, np.uint8))
        assert (counts >= 0).all()
        assert (counts.sum(1) == anchor.sum(1)).all()
