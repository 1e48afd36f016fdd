"""Leaf area index of the planet from land use, temperature, drought and carbon dioxide.

Leaves follow temperature with a memory of some weeks, and the wetness of the last twelve months; carbon
dioxide adds a little (the growing-season index of Jolly et al. 2005 in spirit). Everything is a function of
place, year and seed, hence the true value is known; the product adds sensor noise, gaps and quantisation.
"""

from __future__ import annotations

import numpy as np

from pylandbc.planet.carbon_dioxide import annual_co2
from pylandbc.planet.climate import LAPSE_RATE, MONTHS, REFERENCE_YEAR, climatology_of, months_of
from pylandbc.planet.climate_files import wetness

LARGEST = np.array([0.0, 0.8, 3.6, 3.0, 5.6, 2.2, 0.4, 0.0], dtype=np.float32)
"""Most leaf area of each land-use class, m2 m-2."""
LEAST = np.array([0.0, 0.2, 0.2, 0.5, 0.7, 0.3, 0.05, 0.0], dtype=np.float32)
"""Winter or drought value; forest: of deciduous trees."""
EVERGREEN = 3.4
"""Least leaf area of forest in the cold (needles) and in the tropics."""
FADE = 0.35
"""What is left of a month's temperature a month later."""
CO2_GAIN = 0.25
"""Relative gain per doubling of carbon dioxide."""
COLD, WARM = 275.0, 289.0
"""Temperatures (K) of no leaves and of all."""


def memories(
    points: np.ndarray, height: np.ndarray, year: int, seed: int, mean: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Remembered temperature (K, at sea level) and wetness, float32 (14, ...): in the middle of the December
    before a year, of its months, and of the January after.

    ``mean`` gives those of the expected climate, which every year shares.
    """
    if mean:
        one = climatology_of(points, height, np.array([REFERENCE_YEAR]), seed)
        three = [one] * 3
    else:
        three = [months_of(points, height, y, seed) for y in (year - 1, year, year + 1)]
    temperature = np.concatenate([t for t, _ in three]) + np.float32(LAPSE_RATE) * np.maximum(height, 0)
    rain = np.concatenate([p for _, p in three])
    months = np.arange(MONTHS - 1, 2 * MONTHS + 1)
    weight = np.array([1.0, FADE, FADE**2], dtype=np.float32)
    weight /= weight.sum()
    warm = sum(weight[k] * temperature[months - k] for k in range(3))
    level = temperature - np.float32(LAPSE_RATE) * np.maximum(height, 0)
    wet = [wetness(level[12 * k : 12 * k + 24], rain[12 * k : 12 * k + 24]) for k in (0, 1)]
    first = wetness(np.concatenate([level[:12]] * 2), np.concatenate([rain[:12]] * 2))
    return np.asarray(warm, np.float32), np.concatenate([first[-1:], wet[0], wet[1][:1]])


def at_day(series: np.ndarray, month: float) -> np.ndarray:
    """Linear interpolation of 14 mid-month values to ``month`` (0 is the start of January, 12 its next)."""
    place = month + 0.5
    low = int(np.clip(np.floor(place), 0, 12))
    part = np.float32(place - low)
    return series[low] * (1 - part) + series[low + 1] * part


def leaf_area(
    land_use: np.ndarray,
    mean_temperature: np.ndarray,
    warmth: np.ndarray,
    wet: np.ndarray,
    site: np.ndarray,
    year: float,
) -> np.ndarray:
    """Leaf area index, float32, 0 over ocean and inland water.

    Parameters
    ----------
    land_use
        Class codes.
    mean_temperature, warmth
        Annual mean and remembered temperature at the pixel, K.
    wet
        Remembered wetness, 0 ... 1.
    site
        Fertility, about 0.8 ... 1.2.
    year
        For carbon dioxide.
    """
    ratio = annual_co2(np.array([year]))[0] / annual_co2(np.array([REFERENCE_YEAR]))[0]
    most = LARGEST[land_use] * site * np.float32(1.0 + CO2_GAIN * np.log2(ratio))
    evergreen = (land_use == 4) & ((mean_temperature < 280.5) | (mean_temperature > 295.0))
    least = np.minimum(np.where(evergreen, np.float32(EVERGREEN) * site, LEAST[land_use]), most)
    leaves = np.clip((warmth - np.float32(COLD)) / np.float32(WARM - COLD), 0, 1)
    water = np.clip(np.float32(1.8) * wet, np.float32(0.15), 1)
    # drought takes evergreen leaves too, by a third at most
    floor = least * np.where(evergreen, np.float32(0.67) + np.float32(0.33) * water, 1)
    return (floor + np.maximum(most - floor, 0) * leaves * leaves * (3 - 2 * leaves) * water).astype(
        np.float32
    )
