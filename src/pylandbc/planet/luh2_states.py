"""LUH2's variables from the planet's 1 km truth.

Every state is a count of pixels over the 625 of a 0.25 degree cell, hence exact; crops and grazing land are
divided among LUH2's types by shares that are fixed in time. Ocean and inland water make ``icwtr``, with
which the 12 states sum to 1.
"""

from __future__ import annotations

import numpy as np

from pylandbc.planet.land_use import NATURAL, OCEAN, WATER, LandUseState
from pylandbc.planet.noise import fractal

PIXELS = 625
CROPS = ("c3ann", "c4ann", "c3per", "c4per", "c3nfx")
CARBON_DENSITY = 14.0
"""Biomass carbon of old forest, kg C m-2 (order of magnitude of temperate forests)."""
GROWTH_YEARS = 40.0


def fixed_shares(points: np.ndarray, temperature: np.ndarray, seed: int) -> dict[str, np.ndarray]:
    """Share of each crop type in cropland, and of managed pasture in grazing land; (cells,) each."""
    warm = np.clip((temperature - 280.0) / 20.0, 0.02, 0.6)
    weights = {
        "c3ann": np.full(temperature.shape, 1.0),
        "c4ann": warm,
        "c3per": 0.12 * np.exp(0.3 * fractal(points, 20.0, 2, seed + 81)),
        "c4per": 0.1 * warm,
        "c3nfx": 0.15 * np.exp(0.3 * fractal(points, 20.0, 2, seed + 82)),
    }
    total = sum(weights.values())
    shares = {name: (weight / total).ravel() for name, weight in weights.items()}
    shares["pastr"] = np.clip(0.6 + 0.3 * fractal(points, 12.0, 2, seed + 83), 0.0, 1.0).ravel()
    return shares


def luh2_fields(state: LandUseState, shares: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The 14 variables and ``icwtr``, float64 (cells,); NaN (states) where a cell has no land."""
    counts = state.counts
    fraction = counts / PIXELS
    forest = state.classes == 4
    other = (state.classes == 5) | (state.classes == 6)
    fields = {
        "primf": (forest & state.primary).sum(axis=1) / PIXELS,
        "primn": (other & state.primary).sum(axis=1) / PIXELS,
        "secdf": (forest & ~state.primary).sum(axis=1) / PIXELS,
        "secdn": (other & ~state.primary).sum(axis=1) / PIXELS,
        "urban": fraction[:, 1],
        **{name: fraction[:, 2] * shares[name] for name in CROPS},
        "pastr": fraction[:, 3] * shares["pastr"],
        "range": fraction[:, 3] * (1.0 - shares["pastr"]),
    }
    secondary = np.isin(state.classes, NATURAL) & ~state.primary
    number = secondary.sum(axis=1)
    age = np.where(secondary, state.year - state.since, 0)
    biomass = np.where(
        forest & secondary, CARBON_DENSITY * (1.0 - np.exp(-age / GROWTH_YEARS)), 0.1 * secondary
    )
    for name, total in (("secma", age.sum(axis=1)), ("secmb", biomass.sum(axis=1))):
        fields[name] = np.divide(total, number, out=np.zeros(number.shape), where=number > 0)
    water = fraction[:, OCEAN] + fraction[:, WATER]
    for values in fields.values():
        values[water == 1.0] = np.nan
    fields["icwtr"] = water
    return fields
