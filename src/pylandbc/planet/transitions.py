"""What changes into what, and how much of it in each cell and year.

Yearly rates per source class, made to vary by region (noise), by decade and from year to year: most cells
rest in most years and then change several pixels together, as land does. Rounding to whole pixels is random
but reproducible, and unbiased.
"""

from __future__ import annotations

import numpy as np

from pylandbc.planet.noise import fractal, white

URBAN, CROPLAND, PASTURE, FOREST, GRASS, OTHER = 1, 2, 3, 4, 5, 6

RATES = {
    (CROPLAND, URBAN): 0.00165,
    (PASTURE, URBAN): 0.0012,
    (FOREST, URBAN): 0.0003,
    (GRASS, URBAN): 0.00045,
    (CROPLAND, PASTURE): 0.0045,
    (PASTURE, CROPLAND): 0.0042,
    (FOREST, PASTURE): 0.00135,
    (PASTURE, FOREST): 0.0018,
    (GRASS, FOREST): 0.0027,
    (FOREST, GRASS): 0.0012,
    (GRASS, PASTURE): 0.0024,
    (PASTURE, GRASS): 0.00105,
    (CROPLAND, FOREST): 0.0009,
    (OTHER, GRASS): 0.003,
    (GRASS, OTHER): 0.0006,
}
"""Share of the source class that changes each year, before regional variation (about 0.5 % of all land)."""

ACTIVE_SHARE = 0.2
"""Probability that a cell makes a given transition in a given year; the amount is larger accordingly."""


def regional_factors(points: np.ndarray, seed: int) -> dict[tuple[int, int], np.ndarray]:
    """Factor per transition and cell (flattened), median 1, from noise at the cells' centres (3, lat,
    lon)."""
    return {
        pair: np.exp(0.7 * fractal(points, 14.0, 3, seed + 50 + k)).ravel() for k, pair in enumerate(RATES)
    }


def yearly_demand(
    counts: np.ndarray, factors: dict[tuple[int, int], np.ndarray], cells: np.ndarray, year: int, seed: int
) -> dict[tuple[int, int], np.ndarray]:
    """Pixels to change, per transition and cell.

    Parameters
    ----------
    counts
        Pixels of each class in each cell now, int (cells, 8).
    cells
        Global number of each 0.25 degree cell, so that the draw does not depend on the window.

    Returns
    -------
    dict
        (source, target) to int64 (cells,); the sum over targets never exceeds the source's count.
    """
    left = counts.astype(np.int64).copy()
    demand = {}
    for k, ((source, target), rate) in enumerate(RATES.items()):
        decade = 1.0 + 0.4 * np.sin(2 * np.pi * (year / 25.0 + k / len(RATES)))
        active = white(cells, seed, 70, k, year) < ACTIVE_SHARE
        # a class grows mostly where it already is
        present = counts[:, target] / counts.sum(axis=1)
        attraction = 0.3 + 2.3 * present / (present + 0.1)
        wanted = (
            counts[:, source] * rate * attraction * decade * factors[source, target] / ACTIVE_SHARE * active
        )
        whole = np.floor(wanted + white(cells, seed, 71, k, year)).astype(np.int64)
        demand[source, target] = np.minimum(whole, left[:, source])
        left[:, source] -= demand[source, target]
    return demand
