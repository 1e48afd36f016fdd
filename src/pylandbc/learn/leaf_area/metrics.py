"""Scores of a continuous field such as leaf area, accumulated over any number of tiles and steps.

With weights w (pixel areas), forecast f, observation o, climatology c (of the training years) and weighted
means E: bias = E(f - o); RMSE = sqrt(E((f - o)^2)); unbiased RMSE = sqrt(RMSE^2 - bias^2) (Taylor 2001, JGR
106, 7183); R2 = 1 - E((f - o)^2) / var(o) (the explained share of the variance, Nash & Sutcliffe 1970);
anomaly correlation = corr(f - c, o - c) (centred, Wilks 2011, eq. 8.68).

Probabilistic: the continuous ranked probability score as twice the integral of the pinball loss over the
levels (Laio & Tamea 2007, HESS 11, 1267, eq. 4), by trapezoids, with no loss at levels 0 and 1 (3.5 % low
for a normal forecast at the seven levels used here); for one value the absolute error; coverage of the
central intervals; spread-skill ratio = root mean predicted variance / RMSE (Fortin et al. 2014, J.
Hydrometeor. 15, 1708), 1 if reliable.
Pixels without observation carry no weight.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from pylandbc.errors import InputError

Floats = NDArray[np.float64]
SUMS = ("one", "f", "o", "oo", "error", "a", "b", "aa", "bb", "ab", "crps", "variance")


class FieldScores:
    """Streaming comparison of a forecast with observations and their climatology.

    Parameters
    ----------
    levels
        Probabilities of the forecast's quantiles, symmetric about 0.5; a single one for point forecasts.
    """

    def __init__(self, levels: tuple[float, ...] = (0.5,)) -> None:
        if not np.allclose(np.array(levels) + np.array(levels)[::-1], 1.0):
            raise InputError(f"quantile levels must be symmetric about 0.5, got {levels}")
        self.levels = levels
        self.middle = len(levels) // 2
        ends = np.array([0.0, *levels, 1.0])
        # half the distance between the neighbours; one value alone stands for all levels
        self._part = (ends[2:] - ends[:-2]) / 2 if self.middle else np.ones(1)
        self.observations = 0
        self._sums = dict.fromkeys(SUMS, 0.0)
        self._inside = np.zeros(self.middle)

    def update(
        self, quantiles: np.ndarray, observed: np.ndarray, climatology: np.ndarray, weight: np.ndarray
    ) -> None:
        """Add pixels.

        Parameters
        ----------
        quantiles
            (Q, ...), ascending.
        observed, climatology
            (...); NaN in any of the three leaves the pixel out.
        weight
            Area of each pixel, 0 to leave it out, broadcast to that shape.
        """
        weights = np.broadcast_to(np.asarray(weight, np.float64), observed.shape)
        used = (weights > 0) & np.isfinite(observed) & np.isfinite(climatology)
        used &= np.isfinite(quantiles).all(axis=0)
        w = weights[used]
        q = quantiles[:, used].astype(np.float64)
        o, c = observed[used].astype(np.float64), climatology[used].astype(np.float64)
        f = q[self.middle]
        a, b = f - c, o - c
        level = np.array(self.levels)[:, None]
        pinball = np.where(o >= q, level * (o - q), (1 - level) * (q - o))
        terms = {
            "one": np.ones_like(o), "f": f, "o": o, "oo": o**2, "error": (f - o) ** 2,
            "a": a, "b": b, "aa": a**2, "bb": b**2, "ab": a * b,
            "crps": 2.0 * self._part @ pinball, "variance": self._variance(q),
        }  # fmt: skip
        for name, values in terms.items():
            self._sums[name] += float((w * values).sum())
        for k in range(self.middle):
            self._inside[k] += float((w * ((o >= q[k]) & (o <= q[-1 - k]))).sum())
        self.observations += int(used.sum())

    def _variance(self, q: Floats) -> Floats:
        """Variance of the normal distribution with the spread of the outermost quantiles."""
        if self.middle == 0:
            return np.zeros(q.shape[1])
        return ((q[-1] - q[0]) / (2.0 * norm.ppf(self.levels[-1]))) ** 2

    def _mean(self, name: str) -> float:
        whole = self._sums["one"]
        return self._sums[name] / whole if whole > 0 else float("nan")

    @property
    def bias(self) -> float:
        """Mean of forecast less observation."""
        return self._mean("f") - self._mean("o")

    @property
    def rmse(self) -> float:
        """Root mean square error; it is that of the anomalies too, which have the same climatology."""
        return float(np.sqrt(self._mean("error")))

    @property
    def unbiased_rmse(self) -> float:
        """RMSE without the bias."""
        return float(np.sqrt(max(self._mean("error") - self.bias**2, 0.0)))

    @property
    def r2(self) -> float:
        """Explained share of the variance; NaN where there is none."""
        variance = self._mean("oo") - self._mean("o") ** 2
        return 1.0 - self._mean("error") / variance if variance > 0 else float("nan")

    @property
    def anomaly_correlation(self) -> float:
        """Correlation of the departures from the climatology; NaN where either has no variance."""
        f = self._mean("aa") - self._mean("a") ** 2
        o = self._mean("bb") - self._mean("b") ** 2
        product = self._mean("ab") - self._mean("a") * self._mean("b")
        floor = 1e-12
        return float(product / np.sqrt(f * o)) if f > floor and o > floor else float("nan")

    @property
    def crps(self) -> float:
        """Continuous ranked probability score, in the variable's unit."""
        return self._mean("crps")

    @property
    def coverage(self) -> dict[str, float]:
        """Share of the observations within each central interval, by its nominal share."""
        whole = self._sums["one"]
        return {
            f"{self.levels[-1 - k] - self.levels[k]:.2g}": float(self._inside[k] / whole)
            for k in range(self.middle)
            if whole > 0
        }

    @property
    def spread_skill(self) -> float:
        """Predicted spread over RMSE; NaN for point forecasts."""
        return float(np.sqrt(self._mean("variance"))) / self.rmse if self.middle else float("nan")

    def summary(self) -> dict[str, object]:
        """All scores ready for JSON; what is undefined is None."""

        def plain(value: float) -> float | None:
            return round(float(value), 6) if np.isfinite(value) else None

        out: dict[str, object] = {"observations": self.observations}
        names = ("rmse", "bias", "unbiased_rmse", "r2", "anomaly_correlation", "crps", "spread_skill")
        out |= {name: plain(getattr(self, name)) for name in names}
        return out | {"coverage": {k: plain(v) for k, v in self.coverage.items()}}
