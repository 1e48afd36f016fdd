"""Scores from sums against plain loops, and intervals against a bootstrap written out."""

from __future__ import annotations

import numpy as np
import pytest

from pylandbc.learn.bootstrap import draws, interval
from pylandbc.learn.coarse_error import cell_errors, mae_of, rmse_of
from pylandbc.learn.metrics import f1_of, gain_merit_of, gross_and_net_of, transition_merit_of
from pylandbc.learn.tally import Scored, draws_of, intervals, short, summary, sums

K = 4
NAMES = ["ocean", "urban", "crop", "wood"]


@pytest.fixture
def case() -> tuple[Scored, np.ndarray, np.ndarray]:
    random = np.random.default_rng(8)
    rows, cols = (a.ravel() for a in np.indices((100, 200)))
    before = random.integers(1, K, rows.size)
    observed = np.where(random.random(rows.size) < 0.2, random.integers(1, K, rows.size), before)
    share = random.dirichlet(np.ones(K), rows.size).astype(np.float32)
    share[np.arange(rows.size), before] += 1.0
    share /= share.sum(1, keepdims=True)
    block = (rows // 50) * 4 + cols // 50
    weight = random.random(rows.size) + 0.5
    pixels = Scored(before, observed, rows, cols, weight, block, np.zeros(rows.size, int))
    return pixels, share.argmax(1), share


def test_f1_and_merit_by_class_and_transition(case: tuple[Scored, np.ndarray, np.ndarray]) -> None:
    p, predicted, share = case
    table = sums(p, predicted, share, 8, K)["table"].sum(0)
    w = p.weight
    for k in range(1, K):
        right = w[(p.observed == k) & (predicted == k)].sum()
        precision, recall = right / w[predicted == k].sum(), right / w[p.observed == k].sum()
        assert f1_of(table)[k] == pytest.approx(2 * precision * recall / (precision + recall), rel=1e-9)
        seen, said = ((m == k) & (p.before != k) for m in (p.observed, predicted))
        assert gain_merit_of(table)[k] == pytest.approx(w[seen & said].sum() / w[seen | said].sum(), rel=1e-9)
        for i in range(1, K):
            here = p.before == i
            seen, said = (here & (m == k) for m in (p.observed, predicted))
            expected = w[seen & said].sum() / w[seen | said].sum()
            found = transition_merit_of(table)[i, k]
            assert np.isnan(found) if i == k else found == pytest.approx(expected, rel=1e-9)


def test_gross_and_net_change_by_hand() -> None:
    moves = np.array([[5.0, 3.0, 0.0], [1.0, 7.0, 2.0], [0.0, 0.0, 4.0]])
    gross, net = gross_and_net_of(moves)
    assert (gross, net) == (6.0, 2.0)


def test_fractions_of_coarse_cells(case: tuple[Scored, np.ndarray, np.ndarray]) -> None:
    p, predicted, _ = case
    found = cell_errors(p.observed, predicted, p.rows, p.cols, p.weight, p.block, 8, K)
    square = absolute = area = 0.0
    for r in range(4):
        for c in range(8):
            inside = (p.rows // 25 == r) & (p.cols // 25 == c)
            w = p.weight[inside]
            for k in range(K):
                error = (w * (predicted[inside] == k)).sum() - (w * (p.observed[inside] == k)).sum()
                square += error**2 / w.sum()
                absolute += abs(error)
                area += w.sum()
    assert float(rmse_of(found.sum(0))) == pytest.approx(np.sqrt(square / area), rel=1e-9)
    assert float(mae_of(found.sum(0))) == pytest.approx(absolute / area, rel=1e-9)
    np.testing.assert_allclose(found.sum(0)[:, 3].sum(), 0.0, atol=1e-6)


def test_intervals_are_those_of_a_bootstrap_written_out(case: tuple[Scored, np.ndarray, np.ndarray]) -> None:
    p, predicted, share = case
    by_block = sums(p, predicted, share, 8, K)
    drawn = draws(8, 200, seed=3)
    assert (drawn.sum(1) == 8).all()
    found = draws_of(by_block, drawn, 0)
    merits, losses = [], []
    for counts in drawn.astype(int):
        which = np.concatenate([np.flatnonzero(p.block == b) for b in range(8) for _ in range(counts[b])])
        again = sums(p.subset(which), predicted[which], share[which], 8, K)
        merits.append(short(again, 0)["figure_of_merit"])
        losses.append(short(again, 0)["log_loss"])
    np.testing.assert_allclose(found["figure_of_merit"], merits, atol=1e-6)
    np.testing.assert_allclose(found["log_loss"], losses, atol=1e-6)
    low, high = intervals(found)["figure_of_merit"]
    assert low == pytest.approx(np.percentile(merits, 2.5), abs=2e-6)
    assert high == pytest.approx(np.percentile(merits, 97.5), abs=2e-6)


def test_what_is_undefined_has_no_interval() -> None:
    assert interval(np.array([np.nan] * 5 + [1.0] * 5)) is None
    assert interval(np.array([1.0, 2.0])) == pytest.approx((1.025, 1.975))


def test_the_summary_is_whole(case: tuple[Scored, np.ndarray, np.ndarray]) -> None:
    p, predicted, share = case
    found = summary(sums(p, predicted, share, 8, K), NAMES, 0)
    assert found["pixels"] == p.rows.size
    assert found["iou"]["ocean"] is None
    assert sum(bin_["share"] for bin_ in found["change_reliability"]) == pytest.approx(1.0, abs=1e-5)
    observed = found["transitions_km2"]["observed"]
    changed = p.weight[p.observed != p.before].sum() / 1e6
    assert observed["gross"] == pytest.approx(changed, abs=1e-6)
    assert found["hits_km2"] + found["wrong_hits_km2"] + found["misses_km2"] == pytest.approx(
        changed, abs=2e-6
    )
