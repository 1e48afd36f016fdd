"""Held-out blocks: whole degrees, disjoint, the same on every call, another for another seed."""

from __future__ import annotations

import numpy as np
import pytest

from pylandbc.cube.splits import split_blocks
from pylandbc.errors import InputError
from pylandbc.grid.window import Window

WINDOW = Window(2925, 16650, 1000, 1500)


def test_blocks() -> None:
    active = np.zeros(WINDOW.shape, dtype=bool)
    active[200:800, 300:1100] = True
    split = split_blocks(WINDOW, active, seed=3, validation=0.1, test=0.2)
    np.testing.assert_array_equal(split.roles, split_blocks(WINDOW, active, 3, 0.1, 0.2).roles)
    assert (split.roles != split_blocks(WINDOW, active, 4, 0.1, 0.2).roles).any()
    row = (WINDOW.row + np.arange(WINDOW.rows)) // 100
    col = (WINDOW.col + np.arange(WINDOW.cols)) // 100
    held = {1: 0, 2: 0}
    blocks = 0
    for r in np.unique(row):
        for c in np.unique(col):
            part = np.ix_(row == r, col == c)
            roles = np.unique(split.roles[part])
            assert roles.size == 1, "a block has one role"
            blocks += active[part].any()
            if roles[0]:
                held[int(roles[0])] += 1
                assert active[part].any(), "empty blocks are not held out"
    assert held == {1: int(np.ceil(0.1 * blocks)), 2: int(np.ceil(0.2 * blocks))}
    masks = [split.mask(role) for role in ("train", "validation", "test")]
    assert (np.sum(masks, axis=0) == 1).all()
    np.testing.assert_array_equal(split.hidden_from("train"), ~masks[0])
    np.testing.assert_array_equal(split.hidden_from("validation"), masks[2])
    assert not split.hidden_from("test").any()


def test_bad_requests() -> None:
    active = np.zeros(WINDOW.shape, dtype=bool)
    active[80:160, 60:140] = True
    with pytest.raises(InputError, match="leave nothing to train on"):
        split_blocks(WINDOW, active, validation=0.6, test=0.5)
    with pytest.raises(InputError, match="too few"):
        split_blocks(WINDOW, np.zeros(WINDOW.shape, dtype=bool), validation=0.1, test=0.1)
    with pytest.raises(InputError, match="no role 'holdout'"):
        split_blocks(WINDOW, np.ones(WINDOW.shape, dtype=bool)).mask("holdout")
