"""Scores against counts made pixel by pixel, a published example, and cases known in closed form."""

from __future__ import annotations

import math

import numpy as np
import pytest

from pylandbc.errors import InputError
from pylandbc.learn.metrics import MapScores
from pylandbc.legend import LAND_USE


def plain(
    before: np.ndarray, observed: np.ndarray, predicted: np.ndarray, weight: np.ndarray, k: int
) -> dict:
    """Every score, one pixel at a time."""
    names = ("hits", "wrong_hits", "misses", "false_alarms")
    part = dict.fromkeys(names, 0.0)
    whole = right = 0.0
    both, either, area_observed, area_predicted = ([0.0] * k for _ in range(4))
    for b, o, p, w in zip(before.flat, observed.flat, predicted.flat, weight.flat, strict=True):
        if max(b, o, p) >= k or w <= 0:
            continue
        whole += w
        right += w * (o == p)
        for c in range(k):
            both[c] += w * (o == c and p == c)
            either[c] += w * (o == c or p == c)
            area_observed[c] += w * (o == c)
            area_predicted[c] += w * (p == c)
        if o != b and p == o:
            part["hits"] += w
        elif o != b and p == b:
            part["misses"] += w
        elif o != b:
            part["wrong_hits"] += w
        elif p != b:
            part["false_alarms"] += w
    return {
        **part,
        "accuracy": right / whole,
        "iou": [n / d if d else math.nan for n, d in zip(both, either, strict=True)],
        "fom": part["hits"] / sum(part.values()),
        "quantity": sum(abs(a - b) for a, b in zip(area_observed, area_predicted, strict=True)) / 2 / whole,
    }


@pytest.fixture
def maps() -> list[np.ndarray]:
    random = np.random.default_rng(0)
    before = random.integers(0, 7, (40, 50)).astype(np.uint8)
    observed = np.where(random.random(before.shape) < 0.3, random.integers(0, 7, before.shape), before)
    predicted = np.where(random.random(before.shape) < 0.4, random.integers(0, 8, before.shape), observed)
    before[3, :9] = 255
    observed[7, 4:12] = 255
    weight = random.random(before.shape)
    weight[30:33] = 0
    return [before, observed.astype(np.uint8), predicted.astype(np.uint8), weight]


def test_scores_equal_a_count_pixel_by_pixel(maps: list[np.ndarray]) -> None:
    scores = MapScores(8)
    scores.update(*maps)
    expected = plain(*maps, k=8)
    assert scores.accuracy == pytest.approx(expected["accuracy"], rel=1e-12)
    np.testing.assert_allclose(scores.iou, expected["iou"], rtol=1e-12)
    change = scores.change
    for name in ("hits", "wrong_hits", "misses", "false_alarms"):
        assert getattr(change, name) == pytest.approx(expected[name], rel=1e-12)
        assert expected[name] > 0
    assert change.figure_of_merit == pytest.approx(expected["fom"], rel=1e-12)
    quantity, allocation = scores.disagreement
    assert quantity == pytest.approx(expected["quantity"], rel=1e-12)
    assert quantity + allocation == pytest.approx(1 - expected["accuracy"], rel=1e-12)
    assert scores.mean_iou() == pytest.approx(np.nanmean(expected["iou"]), rel=1e-12)
    assert scores.mean_iou(without=(0,)) == pytest.approx(np.nanmean(expected["iou"][1:]), rel=1e-12)


def test_streaming_equals_all_at_once(maps: list[np.ndarray]) -> None:
    whole, parts = MapScores(8), MapScores(8)
    whole.update(*maps)
    for rows in (slice(0, 7), slice(7, 8), slice(8, 40)):
        parts.update(*(m[rows] for m in maps))
    np.testing.assert_allclose(parts.table, whole.table, rtol=1e-12)
    assert parts.pixels == whole.pixels > 0


def test_persistence_has_no_figure_of_merit_and_truth_has_one(maps: list[np.ndarray]) -> None:
    before, observed, _, weight = maps
    persistence, truth = MapScores(8), MapScores(8)
    persistence.update(before, observed, before, weight)
    truth.update(before, observed, observed, weight)
    assert persistence.change.figure_of_merit == 0
    assert persistence.change.misses > 0
    assert truth.change.figure_of_merit == truth.accuracy == 1


def test_figure_of_merit_by_hand() -> None:
    """Ten pixels: 3 hits, 1 wrong hit, 2 misses, 2 false alarms, 2 that rightly persist."""
    before = [1, 1, 1, 1, 1, 1, 2, 2, 2, 2]
    observed = [2, 2, 2, 3, 2, 3, 2, 2, 2, 2]
    predicted = [2, 2, 2, 2, 1, 1, 1, 3, 2, 2]
    scores = MapScores(4)
    scores.update(before, observed, predicted)
    change = scores.change
    assert (change.hits, change.wrong_hits, change.misses, change.false_alarms) == (3, 1, 2, 2)
    assert change.figure_of_merit == 3 / 8
    assert scores.accuracy == 5 / 10


def test_quantity_and_allocation_of_pontius_and_millones() -> None:
    """Swapping two pixels is allocation only; painting one class over is quantity only (their figure 2)."""
    swapped, painted = MapScores(2), MapScores(2)
    swapped.update([0, 0, 1, 1], [0, 0, 1, 1], [0, 1, 0, 1])
    painted.update([0, 0, 1, 1], [0, 0, 1, 1], [1, 0, 1, 1])
    assert swapped.disagreement == (0.0, 0.5)
    assert painted.disagreement == (0.25, 0.0)


def test_what_is_undefined_is_null_in_json() -> None:
    empty = MapScores(8).summary(LAND_USE.names)
    assert empty["accuracy"] is empty["figure_of_merit"] is empty["mean_iou"] is None
    assert empty["pixels"] == 0
    still = MapScores(8)
    still.update([3], [3], [3])
    summary = still.summary(LAND_USE.names)
    assert summary["figure_of_merit"] is None
    assert summary["iou"] == {name: (1.0 if name == "pasture" else None) for name in LAND_USE.names}


def test_maps_of_different_shapes_are_refused() -> None:
    with pytest.raises(InputError, match="differ in shape"):
        MapScores(8).update(np.zeros((2, 3)), np.zeros((2, 3)), np.zeros((3, 2)))
