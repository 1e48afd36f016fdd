"""Scores of continuous fields against counts made pixel by pixel, and cases known in closed form."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import norm

from pylandbc.errors import InputError
from pylandbc.learn.leaf_area.metrics import FieldScores

LEVELS = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)


def plain(q: np.ndarray, o: np.ndarray, c: np.ndarray, w: np.ndarray) -> dict[str, float]:
    """Every score, one pixel at a time."""
    rows = []
    for k in range(o.size):
        if w[k] > 0 and not math.isnan(o[k]) and not math.isnan(c[k]) and not any(map(math.isnan, q[:, k])):
            rows.append(k)
    whole = sum(w[k] for k in rows)

    def mean(values: list[float]) -> float:
        return sum(w[k] * v for k, v in zip(rows, values, strict=True)) / whole

    f = [float(q[3, k]) for k in rows]
    obs = [float(o[k]) for k in rows]
    bias = mean([a - b for a, b in zip(f, obs, strict=True)])
    square = mean([(a - b) ** 2 for a, b in zip(f, obs, strict=True)])
    middle = mean(obs)
    fa = [x - float(c[k]) for x, k in zip(f, rows, strict=True)]
    ob = [x - float(c[k]) for x, k in zip(obs, rows, strict=True)]
    ma, mb = mean(fa), mean(ob)
    covariance = mean([(x - ma) * (y - mb) for x, y in zip(fa, ob, strict=True)])
    spread = math.sqrt(mean([(x - ma) ** 2 for x in fa]) * mean([(y - mb) ** 2 for y in ob]))
    # trapezoids between the levels, the loss at 0 and 1 being none
    crps, inside = [], []
    for k, y in zip(rows, obs, strict=True):
        loss = [(0.0, 0.0)]
        for level, value in zip(LEVELS, q[:, k], strict=True):
            loss.append((level, level * (y - value) if y >= value else (1 - level) * (value - y)))
        loss.append((1.0, 0.0))
        crps.append(sum((b[0] - a[0]) * (a[1] + b[1]) for a, b in pairwise(loss)))
        inside.append(float(q[0, k] <= y <= q[6, k]))
    sd = [float(q[6, k] - q[0, k]) / (2 * 1.6448536269514722) for k in rows]
    return {
        "rmse": math.sqrt(square),
        "bias": bias,
        "unbiased_rmse": math.sqrt(mean([(x - y - bias) ** 2 for x, y in zip(f, obs, strict=True)])),
        "r2": 1 - square / mean([(y - middle) ** 2 for y in obs]),
        "anomaly_correlation": covariance / spread,
        "crps": mean(crps),
        "spread_skill": math.sqrt(mean([s**2 for s in sd])) / math.sqrt(square),
        "coverage": mean(inside),
    }


def test_against_pixel_by_pixel() -> None:
    rng = np.random.default_rng(3)
    n = 400
    c = 3 + rng.normal(size=n)
    o = c + rng.normal(size=n)
    q = np.sort(c + 0.6 * (o - c) + rng.normal(size=(7, n)), axis=0)
    w = rng.uniform(0.5, 2, n) * (rng.random(n) > 0.2)
    o[::17], c[5::31], q[2, 3::41] = np.nan, np.nan, np.nan
    scores = FieldScores(LEVELS)
    for part in np.array_split(np.arange(n), 3):
        scores.update(q[:, part], o[part], c[part], w[part])
    expected = plain(q, o, c, w)
    coverage = expected.pop("coverage")
    for name, value in expected.items():
        assert getattr(scores, name) == pytest.approx(value, rel=1e-9), name
    assert scores.coverage["0.9"] == pytest.approx(coverage)
    assert list(scores.coverage) == ["0.9", "0.8", "0.5"]


def test_a_reliable_normal_forecast() -> None:
    """CRPS of a normal forecast of its own distribution is sigma / sqrt(pi); seven quantiles come near."""
    rng = np.random.default_rng(0)
    centre = rng.normal(3, 1, 200_000)
    o = centre + 0.5 * rng.normal(size=centre.size)
    q = centre + 0.5 * norm.ppf(LEVELS)[:, None]
    scores = FieldScores(LEVELS)
    scores.update(q, o, np.full_like(o, 3.0), np.ones_like(o))
    assert scores.spread_skill == pytest.approx(1, abs=0.01)
    for nominal, found in scores.coverage.items():
        assert found == pytest.approx(float(nominal), abs=0.005)
    assert scores.crps == pytest.approx(0.5 / math.sqrt(math.pi), rel=0.04)
    # the correlation of o - 3 with centre - 3
    assert scores.anomaly_correlation == pytest.approx(1 / math.sqrt(1.25), abs=0.005)


def test_point_forecasts_and_what_is_undefined() -> None:
    scores = FieldScores()
    o = np.array([1.0, 2.0, 4.0])
    scores.update(np.array([[1.5, 2.0, 3.0]]), o, o * 0 + 2, np.ones(3))
    assert scores.crps == pytest.approx(0.5)  # the mean absolute error
    assert math.isnan(scores.spread_skill) and scores.coverage == {}
    same = FieldScores()
    same.update(np.array([[2.0, 2.0, 2.0]]), o, o * 0 + 2, np.ones(3))
    assert math.isnan(same.anomaly_correlation) and same.summary()["anomaly_correlation"] is None
    assert math.isnan(FieldScores().rmse)
    with pytest.raises(InputError, match="symmetric"):
        FieldScores((0.1, 0.5))
