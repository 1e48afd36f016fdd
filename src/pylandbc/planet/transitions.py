"""What changes into what, and how much of it in each cell and year.

Yearly rates per source class, made to vary by region (noise), by decade and from year to year. In a year a
class of a cell loses to at most one other class: to each of its targets with probability 0.2, and five times
the mean amount then, as land rests in most years and then changes several pixels together. Rounding to whole
pixels is random but reproducible, and unbiased. Scenarios multiply the rates from 2015 on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pylandbc.errors import InputError
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

TARGETS = {source: tuple(t for s, t in RATES if s == source) for source in range(1, 7)}
"""What each class can become; at most five, whose probabilities sum to at most 1."""

HISTORICAL = "historical"
SCENARIO_START = 2015
"""Year (1 January) in which scenarios leave the common history, as in LUH2."""
SCENARIOS: dict[str, dict[int, float]] = {
    HISTORICAL: {},
    "ssp126": {FOREST: 1.8, GRASS: 1.3, CROPLAND: 0.6, PASTURE: 0.6, URBAN: 0.8},
    "ssp245": {URBAN: 1.1},
    "ssp370": {FOREST: 0.6, CROPLAND: 1.7, PASTURE: 1.5, URBAN: 0.9},
    "ssp585": {FOREST: 0.8, CROPLAND: 1.5, PASTURE: 1.2, URBAN: 1.8},
}
"""Factor on the rates towards a class, by scenario: invented, in the spirit of the marker scenarios."""


def scenario_factors(scenario: str) -> dict[int, float]:
    """Factors of a scenario; ``InputError`` names the known ones."""
    if scenario not in SCENARIOS:
        raise InputError(f"no scenario {scenario!r} (known: {', '.join(SCENARIOS)})")
    return SCENARIOS[scenario]


def regional_factors(points: np.ndarray, seed: int) -> dict[tuple[int, int], np.ndarray]:
    """Factor per transition and cell (flattened), median 1, from noise at the cells' centres (3, lat,
    lon)."""
    return {
        pair: np.exp(0.7 * fractal(points, 14.0, 3, seed + 50 + k)).ravel() for k, pair in enumerate(RATES)
    }


@dataclass(frozen=True)
class Demand:
    """One transition of one year.

    Parameters
    ----------
    wanted
        Pixels that the transition takes where it happens, before rounding, float64 (cells,); at most what
        the cell has of the source.
    active
        Where it happens, bool (cells,).
    whole
        Pixels to change, int64 (cells,): 0 where not active, else ``wanted`` rounded up with a probability
        equal to its fraction, down otherwise.
    """

    source: int
    target: int
    wanted: np.ndarray
    active: np.ndarray
    whole: np.ndarray


def yearly_demand(
    counts: np.ndarray,
    factors: dict[tuple[int, int], np.ndarray],
    cells: np.ndarray,
    year: int,
    seed: int,
    scenario: str = HISTORICAL,
) -> Iterator[Demand]:
    """Demands of the change that leads to 1 January of ``year``.

    Parameters
    ----------
    counts
        Pixels of each class in each cell before, int (cells, 8).
    cells
        Global number of each 0.25 degree cell, so that the draw does not depend on the window.
    scenario
        Takes effect after :data:`SCENARIO_START`.
    """
    path = scenario_factors(scenario) if year > SCENARIO_START else {}
    order = list(RATES)
    total = counts.sum(axis=1)
    for source, targets in TARGETS.items():
        # one draw a source and cell: its targets share out the interval 0 ... 1
        lot = np.floor(white(cells, seed, 70, source, year) / np.float32(ACTIVE_SHARE)).astype(np.int64)
        for place, target in enumerate(targets):
            k = order.index((source, target))
            decade = 1.0 + 0.4 * np.sin(2 * np.pi * (year / 25.0 + k / len(RATES)))
            # a class grows mostly where it already is
            present = counts[:, target] / total
            attraction = 0.3 + 2.3 * present / (present + 0.1)
            rate = RATES[source, target] * decade * path.get(target, 1.0) / ACTIVE_SHARE
            have = counts[:, source].astype(np.float64)
            wanted = np.minimum(have * rate * attraction * factors[source, target], have)
            active = lot == place
            whole = np.floor(wanted + white(cells, seed, 71, k, year)).astype(np.int64)
            whole = np.where(active, np.minimum(whole, counts[:, source]), 0)
            yield Demand(source, target, wanted, active, whole)
