"""Scores of probabilities against scikit-learn's and plain loops; temperature scaling undoes a distortion."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import log_loss

from pylandbc.learn.calibration import fit_temperature, scaled
from pylandbc.learn.metrics import ratio
from pylandbc.learn.probability_scores import BINS, binned, calibration_error_of, losses


@pytest.fixture
def given() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(2)
    share = random.dirichlet(np.full(5, 0.4), 3000)
    observed = np.array([random.choice(5, p=p) for p in share])
    return share, observed, random.random(3000) + 0.1


def test_log_loss_and_brier(given: tuple[np.ndarray, ...]) -> None:
    share, observed, weight = given
    log, brier = losses(share, observed)
    expected = log_loss(observed, np.clip(share, 1e-7, None), sample_weight=weight, labels=range(5))
    assert np.average(log, weights=weight) == pytest.approx(expected, rel=1e-5)
    slow = [sum((p[k] - (k == o)) ** 2 for k in range(5)) for p, o in zip(share, observed, strict=True)]
    np.testing.assert_allclose(brier, slow, rtol=1e-12)


def test_calibration_error_bin_by_bin(given: tuple[np.ndarray, ...]) -> None:
    share, observed, weight = given
    best, right = share.max(1), share.argmax(1) == observed
    block = np.arange(3000) % 3
    found = binned(best, right, weight, block, 3)
    expected = 0.0
    for b in range(BINS):
        inside = (best >= b / BINS) & ((best < (b + 1) / BINS) | (b == BINS - 1))
        if inside.any():
            gap = abs(
                np.average(right[inside], weights=weight[inside])
                - np.average(best[inside], weights=weight[inside])
            )
            expected += weight[inside].sum() / weight.sum() * gap
    assert float(calibration_error_of(found.sum(0))) == pytest.approx(expected, rel=1e-9)
    assert expected < 0.05, "the outcomes were drawn from these probabilities"
    np.testing.assert_allclose(found.sum(0)[:, 0].sum(), weight.sum())


def test_certainty_falls_into_the_last_bin() -> None:
    found = binned(np.array([1.0]), np.array([True]), np.array([2.0]), np.array([0]), 1)
    assert found[0, -1].tolist() == [2.0, 2.0, 2.0]


@pytest.mark.parametrize("truth", [0.5, 1.7])
def test_the_temperature_that_distorted_is_found(given: tuple[np.ndarray, ...], truth: float) -> None:
    share, observed, weight = given
    assert fit_temperature(share, observed, weight) == pytest.approx(1.0, abs=0.06)
    sharpened = scaled(share, 1.0 / truth)
    found = fit_temperature(sharpened, observed, weight)
    assert found == pytest.approx(truth, rel=0.06)
    np.testing.assert_allclose(scaled(sharpened, truth), share, atol=1e-5)
    np.testing.assert_array_equal(scaled(share, 3.0).argmax(1), share.argmax(1))


def test_no_pixels_no_scaling() -> None:
    assert fit_temperature(np.zeros((0, 5)), np.zeros(0, int), np.zeros(0)) == 1.0
    assert np.isnan(ratio(np.array(1.0), np.array(0.0)))
