"""LUH2's variables from the planet's 1 km truth.

Every state is a count of pixels over the 625 of a 0.25 degree cell, hence exact; crops and grazing land are
divided among LUH2's types by shares that are fixed in time. Ocean and inland water make ``icwtr``, with
which the 12 states sum to 1. The real LUH2 and HILDA+ disagree by construction (LUH2's forest is potential
forest): ``bias`` books a part of the grass and shrub as forest or rangeland. Transitions lead from the
unbiased states of a year to those of the next.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pylandbc.grid.window import Window
from pylandbc.planet.climate import annual_temperature
from pylandbc.planet.land_use import NATURAL, OCEAN, WATER, LandUseState
from pylandbc.planet.noise import fractal, sphere_points

PIXELS = 625
CROPS = ("c3ann", "c4ann", "c3per", "c4per", "c3nfx")
CARBON_DENSITY = 14.0
"""Biomass carbon of old forest, kg C m-2 (order of magnitude of temperate forests)."""
GROWTH_YEARS = 40.0
SOURCES = ("primf", "primn", "secdf", "secdn", "urban", *CROPS, "pastr", "range")
TRANSITIONS = tuple(
    f"{a}_to_{b}" for a in SOURCES for b in SOURCES if a != b and b not in ("primf", "primn") and a != "urban"
)
"""Names of the transitions that are written: nothing becomes primary, and towns stay."""


@dataclass(frozen=True)
class Shares:
    """How the planet's classes divide among LUH2's states, per cell (cells,)."""

    parts: dict[str, np.ndarray]
    forest_bias: np.ndarray
    range_bias: np.ndarray


def fixed_shares(window: Window, seed: int, bias: float = 0.0) -> Shares:
    """Share of each crop type in cropland, of managed pasture in grazing land, and what ``bias`` (0 ... 1)
    books of grass and shrub elsewhere."""
    points = sphere_points(window.coarse_latitude, window.coarse_longitude)
    temperature = annual_temperature(points, np.zeros(points.shape[1:]), seed)
    warm = np.clip((temperature - 280.0) / 20.0, 0.02, 0.6)
    crops = {
        "c3ann": np.full(temperature.shape, 1.0),
        "c4ann": warm,
        "c3per": 0.12 * np.exp(0.3 * fractal(points, 20.0, 2, seed + 81)),
        "c4per": 0.1 * warm,
        "c3nfx": 0.15 * np.exp(0.3 * fractal(points, 20.0, 2, seed + 82)),
    }
    total = sum(crops.values())
    parts = {name: (weight / total).ravel() for name, weight in crops.items()}
    parts["pastr"] = np.clip(0.6 + 0.3 * fractal(points, 12.0, 2, seed + 83), 0.0, 1.0).ravel()
    parts["range"] = 1.0 - parts["pastr"]
    split = np.clip(0.5 + 0.5 * fractal(points, 10.0, 2, seed + 84), 0.0, 1.0).ravel().astype(np.float64)
    strength = bias * np.clip(0.6 + 0.4 * fractal(points, 16.0, 2, seed + 85), 0.0, 1.0).ravel()
    return Shares(parts, strength * split, strength * (1.0 - split))


def luh2_fields(state: LandUseState, shares: Shares) -> dict[str, np.ndarray]:
    """The 14 variables and ``icwtr``, float64 (cells,); NaN (states) where a cell has no land."""
    counts = state.counts
    fraction = counts / PIXELS
    forest = state.classes == 4
    grass = state.classes == 5
    other = grass | (state.classes == 6)
    parts = shares.parts
    fields = {
        "primf": (forest & state.primary).sum(axis=1) / PIXELS,
        "primn": (other & state.primary).sum(axis=1) / PIXELS,
        "secdf": (forest & ~state.primary).sum(axis=1) / PIXELS,
        "secdn": (other & ~state.primary).sum(axis=1) / PIXELS,
        "urban": fraction[:, 1],
        **{name: fraction[:, 2] * parts[name] for name in CROPS},
        "pastr": fraction[:, 3] * parts["pastr"],
        "range": fraction[:, 3] * parts["range"],
    }
    for wild, forested, primary in (("primn", "primf", state.primary), ("secdn", "secdf", ~state.primary)):
        booked = (grass & primary).sum(axis=1) / PIXELS
        fields[wild] = fields[wild] - booked * (shares.forest_bias + shares.range_bias)
        fields[forested] = fields[forested] + booked * shares.forest_bias
        fields["range"] = fields["range"] + booked * shares.range_bias
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


def luh2_transitions(before: LandUseState, after: LandUseState, shares: Shares) -> dict[str, np.ndarray]:
    """What changed from one year to the next, as fractions of the cell, float64 (cells,); unchanged zero
    pairs are left out."""
    parts = shares.parts
    natural_forest, natural_other = before.classes == 4, (before.classes == 5) | (before.classes == 6)
    leaving: list[tuple[str, np.ndarray, np.ndarray | float]] = [
        ("primf", natural_forest & before.primary, 1.0),
        ("primn", natural_other & before.primary, 1.0),
        ("secdf", natural_forest & ~before.primary, 1.0),
        ("secdn", natural_other & ~before.primary, 1.0),
        *((name, before.classes == 2, parts[name]) for name in CROPS),
        *((name, before.classes == 3, parts[name]) for name in ("pastr", "range")),
    ]
    entering: list[tuple[str, np.ndarray, np.ndarray | float]] = [
        ("secdf", after.classes == 4, 1.0),
        ("secdn", (after.classes == 5) | (after.classes == 6), 1.0),
        ("urban", after.classes == 1, 1.0),
        *((name, after.classes == 2, parts[name]) for name in CROPS),
        *((name, after.classes == 3, parts[name]) for name in ("pastr", "range")),
    ]
    changed = before.classes != after.classes
    fields: dict[str, np.ndarray] = {}
    counted: dict[tuple[int, int], np.ndarray] = {}
    for a, gone, share_a in leaving:
        for b, come, share_b in entering:
            if a == b:
                continue
            key = (id(gone), id(come))
            if key not in counted:
                counted[key] = (changed & gone & come).sum(axis=1) / PIXELS
            amount = counted[key] * share_a * share_b
            if np.any(amount):
                fields[f"{a}_to_{b}"] = amount
    return fields
