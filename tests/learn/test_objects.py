"""Sizes of objects against a flood fill, and recall by hand."""

from __future__ import annotations

import numpy as np

from pylandbc.learn.objects import object_sizes, recalled, size_names


def flood(observed: np.ndarray, code: int) -> dict[tuple[int, int], int]:
    """Pixels of the object that each pixel belongs to, by flooding over eight neighbours."""
    left = {(int(r), int(c)) for r, c in zip(*np.nonzero(observed == code), strict=True)}
    out = {}
    while left:
        front, members = [left.pop()], []
        while front:
            r, c = front.pop()
            members.append((r, c))
            near = {(r + i, c + j) for i in (-1, 0, 1) for j in (-1, 0, 1)} & left
            left -= near
            front += near
        out |= dict.fromkeys(members, len(members))
    return out


def test_bins_equal_those_of_a_flood_fill() -> None:
    observed = np.random.default_rng(1).choice([0, 1, 2, 255], (40, 37), p=[0.5, 0.15, 0.3, 0.05])
    found = object_sizes(observed.astype(np.uint8), 3)
    seen = set()
    for code in range(3):
        for place, size in flood(observed, code).items():
            expected = 0 if size == 1 else 1 if size <= 4 else 2 if size <= 16 else 3
            assert found[place] == expected
            seen.add(expected)
    assert seen == {0, 1, 2, 3}
    assert (found[observed == 255] == -1).all()
    assert size_names() == ["1", "2-4", "5-16", ">16"]


def test_recall_by_class_size_and_block() -> None:
    observed, predicted = np.array([1, 1, 1, 2]), np.array([1, 2, 1, 2])
    bins, weight, block = np.array([0, 0, 1, 3]), np.array([1.0, 2.0, 4.0, 8.0]), np.array([0, 0, 1, 1])
    found = recalled(observed, predicted, bins, weight, block, 2, 3)
    assert found[0, 1, 0].tolist() == [3.0, 1.0]
    assert found[1, 1, 1].tolist() == [4.0, 4.0]
    assert found[1, 2, 3].tolist() == [8.0, 8.0]
    assert found.sum() == 3 + 1 + 4 + 4 + 8 + 8
