"""Monthly climate of the synthetic planet from latitude, height, season and a little noise.

Temperature falls from equator to pole and by 6.5 K per km, and swings with the season more at high
latitudes. Precipitation peaks at the equator and in the middle latitudes, and rises with height. Plausible,
not physical.
"""

from __future__ import annotations

import numpy as np

from pylandbc.planet.noise import fractal

LAPSE_RATE = 6.5e-3
"""K per m (the standard atmosphere's)."""
MONTHS = 12


def annual_temperature(points: np.ndarray, height: np.ndarray, seed: int) -> np.ndarray:
    """Mean air temperature, K, of points (3, ...) at ``height`` (m; the sea counts as 0)."""
    sine = points[2]
    anomaly = 1.5 * fractal(points, 5.0, 2, seed + 11)
    return (301.0 - 22.0 * sine**2 - 16.0 * sine**6 + anomaly - LAPSE_RATE * np.maximum(height, 0)).astype(
        np.float32
    )


def annual_precipitation(points: np.ndarray, height: np.ndarray, seed: int) -> np.ndarray:
    """Mean precipitation, kg m-2 s-1."""
    latitude = np.rad2deg(np.arcsin(np.clip(points[2], -1.0, 1.0)))
    belts = (
        5.0 * np.exp(-((latitude / 12.0) ** 2))
        + 2.3 * np.exp(-(((np.abs(latitude) - 52.0) / 16.0) ** 2))
        + 0.5
    )
    wetness = np.exp(0.35 * fractal(points, 8.0, 3, seed + 12)) * (1.0 + np.maximum(height, 0) / 1200.0)
    return (belts * wetness / 86400.0).astype(np.float32)


def monthly_climate(points: np.ndarray, height: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Temperature (K) and precipitation (kg m-2 s-1) of the twelve months, float32 (12, ...).

    The mean over equal months is the annual value; the warmest month is July in the north, January in the
    south.
    """
    phase = np.cos(2 * np.pi * (np.arange(MONTHS) - 6) / MONTHS).reshape(-1, *([1] * (points.ndim - 1)))
    swing = 13.0 * points[2] * (1.0 + 0.3 * np.clip(height / 500.0, 0.0, 1.0))
    temperature = annual_temperature(points, height, seed) + phase * swing
    precipitation = annual_precipitation(points, height, seed) * (1.0 - 0.3 * phase * np.sign(points[2]))
    return temperature.astype(np.float32), precipitation.astype(np.float32)
