"""Monthly climate of the synthetic planet from latitude, height, season, carbon dioxide and a little noise.

Temperature falls from equator to pole and by 6.5 K per km, and swings with the season more at high
latitudes. Precipitation peaks at the equator and in the middle latitudes, and rises with height. Single
years differ by smooth noise and warm with carbon dioxide, more towards the poles; the climatology is the
state at the carbon dioxide of 2000. Plausible, not physical.
"""

from __future__ import annotations

import numpy as np

from pylandbc.planet.carbon_dioxide import annual_co2
from pylandbc.planet.noise import fractal
from pylandbc.planet.transitions import HISTORICAL

LAPSE_RATE = 6.5e-3
"""K per m (the standard atmosphere's)."""
MONTHS = 12
REFERENCE_YEAR = 2000
"""Year whose carbon dioxide the climatology belongs to."""
WARMING = 2.2
"""Warming at the equator's amplification of 1 for a doubling of carbon dioxide, K (transient, not at
equilibrium)."""
WETTING = 0.02
"""Relative change of precipitation per K."""


def annual_temperature(points: np.ndarray, height: np.ndarray, seed: int) -> np.ndarray:
    """Mean air temperature, K, of points (3, ...) at ``height`` (m; the sea counts as 0)."""
    sine = points[2]
    anomaly = 1.5 * fractal(points, 5.0, 2, seed + 11)
    return (301.0 - 22.0 * sine**2 - 16.0 * sine**6 + anomaly - LAPSE_RATE * np.maximum(height, 0)).astype(
        np.float32
    )


def annual_precipitation(points: np.ndarray, height: np.ndarray, seed: int) -> np.ndarray:
    """Mean precipitation, kg m-2 s-1, of the shape of ``height``."""
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


def warming(points: np.ndarray, years: np.ndarray, scenario: str = HISTORICAL) -> np.ndarray:
    """Mean warming since the reference year over ``years``, K, float32 of shape ``points.shape[1:]``."""
    ratio = annual_co2(np.asarray(years), scenario) / annual_co2(np.array([REFERENCE_YEAR]))[0]
    return (WARMING * np.log2(ratio).mean() * (0.8 + 1.2 * points[2] ** 2)).astype(np.float32)


def months_of(
    points: np.ndarray, height: np.ndarray, year: int, seed: int, scenario: str = HISTORICAL
) -> tuple[np.ndarray, np.ndarray]:
    """Temperature (K) and precipitation (kg m-2 s-1) of the months of one year, float32 (12, ...)."""
    temperature, precipitation = monthly_climate(points, height, seed)
    trend = warming(points, np.array([year]), scenario)
    whole = 0.5 * fractal(points, 3.0, 2, seed + 1_000_003 + 13 * year)
    for month in range(MONTHS):
        key = seed + 2_000_003 + 13 * (MONTHS * year + month)
        temperature[month] += trend + whole + fractal(points, 3.0, 2, key)
        wet = np.exp(0.3 * fractal(points, 5.0, 2, key + 1)) * (1.0 + WETTING * trend)
        precipitation[month] *= wet.astype(np.float32)
    return temperature, precipitation


def climatology_of(
    points: np.ndarray, height: np.ndarray, years: np.ndarray, seed: int, scenario: str = HISTORICAL
) -> tuple[np.ndarray, np.ndarray]:
    """Expected monthly climate of a period, float32 (12, ...): the climatology and the period's warming."""
    temperature, precipitation = monthly_climate(points, height, seed)
    trend = warming(points, years, scenario)
    return temperature + trend, precipitation * (1.0 + WETTING * trend)
