"""Allocation: exact counts, and exactly the stated probabilities."""

from __future__ import annotations

import numpy as np
import pytest

from pylandbc.planet.allocation import ONE, from_blocks, inclusion, systematic, to_blocks


def plain_inclusion(weight: list[float], count: int) -> list[float]:
    """min(1, c w) with sum ``count``, by bisection on c."""
    low, high = 0.0, 1e12
    for _ in range(300):
        middle = 0.5 * (low + high)
        total = sum(min(1.0, middle * w) for w in weight)
        low, high = (middle, high) if total < count else (low, middle)
    return [min(1.0, high * w) for w in weight]


def test_blocks_are_the_coarse_cells() -> None:
    field = np.arange(50 * 75).reshape(50, 75)
    blocks = to_blocks(field)
    assert blocks.shape == (6, 625)
    np.testing.assert_array_equal(blocks[4].reshape(25, 25), field[25:50, 25:50])
    np.testing.assert_array_equal(from_blocks(blocks, (50, 75)), field)


def test_inclusion_is_the_plain_one_and_sums_exactly() -> None:
    generator = np.random.default_rng(3)
    weight = np.exp(4 * generator.standard_normal((40, 60))) * (generator.random((40, 60)) < 0.7)
    counts = generator.integers(0, (weight > 0).sum(axis=1) + 1)
    parts = inclusion(weight, counts)
    np.testing.assert_array_equal(parts.sum(axis=1), counts * ONE)
    assert parts.min() >= 0 and parts.max() <= ONE and not parts[weight == 0].any()
    for row in range(40):
        expected = plain_inclusion(weight[row].tolist(), int(counts[row]))
        np.testing.assert_allclose(parts[row] / ONE, expected, atol=1e-8)


def test_equal_weights_share_alike_and_all_means_all() -> None:
    parts = inclusion(
        np.array([[1.0] * 8 + [0.0] * 2, [0.1, 5.0, 3.0, 0, 0, 0, 0, 0, 0, 0]]), np.array([2, 3])
    )
    np.testing.assert_allclose(parts[0] / ONE, [0.25] * 8 + [0.0] * 2)
    np.testing.assert_array_equal(parts[1] // ONE, [1, 1, 1, 0, 0, 0, 0, 0, 0, 0])


def test_systematic_draws_have_exactly_these_probabilities() -> None:
    weight = np.exp(np.random.default_rng(5).standard_normal((1, 30)))
    parts = inclusion(weight, np.array([7]))
    # starts on a regular lattice: each pixel is taken in the share of starts that its probability says
    starts = (np.arange(4096) + 0.5) / 4096
    taken = systematic(np.repeat(parts, 4096, axis=0), starts)
    np.testing.assert_array_equal(taken.sum(axis=1), 7)
    np.testing.assert_allclose(taken.mean(axis=0), parts[0] / ONE, atol=2 / 4096)


def test_more_than_there_is_is_refused() -> None:
    with pytest.raises(ValueError, match="eligible"):
        inclusion(np.array([[1.0, 0.0]]), np.array([2]))
    with pytest.raises(ValueError, match="eligible"):
        inclusion(np.array([[1.0, 0.0]]), np.array([-1]))
