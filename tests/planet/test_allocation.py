"""Allocation meets integer demands to the pixel, with the best pixels."""

from __future__ import annotations

import numpy as np
import pytest

from pylandbc.planet.allocation import best_pixels, from_blocks, to_blocks


def test_blocks_are_the_quarter_degree_cells_and_back() -> None:
    field = np.arange(75 * 100).reshape(75, 100)
    blocks = to_blocks(field)
    assert blocks.shape == (12, 625)
    np.testing.assert_array_equal(blocks[5].reshape(25, 25), field[25:50, 25:50])
    np.testing.assert_array_equal(from_blocks(blocks, (75, 100)), field)


def test_counts_are_met_with_the_best() -> None:
    rng = np.random.default_rng(0)
    score = rng.integers(0, 30, (40, 625)).astype(np.float32)
    eligible = rng.random((40, 625)) < 0.4
    counts = rng.integers(0, 150, 40)
    counts[[0, 7]] = [0, eligible[7].sum()]
    chosen = best_pixels(score, eligible, counts)
    np.testing.assert_array_equal(chosen.sum(axis=1), counts)
    assert not (chosen & ~eligible).any()
    for cell in range(40):
        order = sorted(np.flatnonzero(eligible[cell]), key=lambda p: (-score[cell, p], p))
        np.testing.assert_array_equal(np.flatnonzero(chosen[cell]), np.sort(order[: counts[cell]]))


def test_impossible_demand_is_refused() -> None:
    eligible = np.zeros((1, 625), dtype=bool)
    eligible[0, :3] = True
    with pytest.raises(ValueError, match="more pixels"):
        best_pixels(np.zeros((1, 625), np.float32), eligible, np.array([4]))
