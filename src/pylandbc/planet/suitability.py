"""How well each class suits each pixel of the synthetic planet.

Scores in arbitrary units from temperature, precipitation, height, slope and noise; the greatest marks the
class that would be there if nothing had a history. They steer both the first map and every later change.
"""

from __future__ import annotations

import numpy as np

from pylandbc.legend import LAND_USE
from pylandbc.planet.noise import fractal


def _bell(values: np.ndarray, middle: float, width: float) -> np.ndarray:
    return np.exp(-(((values - middle) / width) ** 2))


def suitability(
    points: np.ndarray,
    height: np.ndarray,
    temperature: np.ndarray,
    precipitation: np.ndarray,
    slope: np.ndarray,
    seed: int,
) -> np.ndarray:
    """Scores of classes 1 ... 6 (index is the class code; rows 0 and 7, ocean and water, are zero).

    Parameters
    ----------
    height, temperature, precipitation, slope
        m, K, kg m-2 s-1, m per pixel, all (rows, cols).

    Returns
    -------
    numpy.ndarray
        float32 (8, rows, cols).
    """
    wet = np.clip(precipitation * 86400.0 / 3.0, 0.0, 1.5)
    flat = np.exp(-slope / 25.0)
    low = np.clip(1.0 - height / 700.0, 0.0, 1.0)
    # towns: sharp peaks of a field of population, more of them in lowlands
    peaks = np.clip(fractal(points, 90.0, 5, seed + 21, gain=0.75) - 0.45, 0.0, None)
    scores = np.zeros((len(LAND_USE), *height.shape), dtype=np.float32)
    scores[1] = 4.0 * peaks * low * flat
    scores[2] = 1.45 * _bell(temperature, 287.0, 6.5) * _bell(wet, 0.6, 0.6) * flat * low + 0.2
    scores[3] = 0.75 * _bell(temperature, 282.5, 8.0) * np.clip(wet, 0, 1) * (0.5 + 0.5 * low) + 0.05
    scores[4] = 0.8 * np.clip(wet, 0, 1) * np.clip((temperature - 270.0) / 10.0, 0, 1) * (1.0 - 0.25 * low)
    scores[5] = 0.4 + 0.2 * np.clip(height / 800.0, 0, 1) - 0.1 * np.clip(wet, 0, 1)
    scores[6] = 0.75 * np.clip(1.0 - wet / 0.3, 0, 1) + 0.6 * np.clip((276.0 - temperature) / 6.0, 0, 1)
    for code in range(1, 7):
        scores[code] += 0.33 * fractal(points, 60.0, 6, seed + 30 + code, gain=0.8)
    return scores
