"""Temperature scaling: one number that makes a network's probabilities honest (Guo et al. 2017, ICML).

Probabilities become ``softmax(log p / T)``; T minimises the area-weighted log loss on validation blocks. The
class map stays as it is.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize_scalar

from pylandbc.learn.probability_scores import losses

RANGE = (0.2, 5.0)
SMALLEST = 1.0e-30


def scaled(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """``softmax(log p / T)`` of (n, K), float32."""
    logits = np.log(np.maximum(probabilities.astype(np.float64), SMALLEST)) / temperature
    logits -= logits.max(axis=1, keepdims=True)
    share = np.exp(logits)
    return (share / share.sum(axis=1, keepdims=True)).astype(np.float32)


def fit_temperature(probabilities: np.ndarray, observed: np.ndarray, weight: np.ndarray) -> float:
    """The temperature of least log loss, between 0.2 and 5; 1 without pixels.

    Probabilities are (pixel, class), the classes observed and the weights (pixel,).
    """
    if not observed.size:
        return 1.0

    def loss(logarithm: float) -> float:
        return float(
            np.average(losses(scaled(probabilities, np.exp(logarithm)), observed)[0], weights=weight)
        )

    found = minimize_scalar(loss, bounds=tuple(np.log(RANGE)), method="bounded", options={"xatol": 1e-3})
    return float(np.exp(found.x))
