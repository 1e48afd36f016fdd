"""Relief of the synthetic planet: continents, mountain belts, sea floor, rivers and lakes.

A function of place and seed alone. About half of the surface is land, in pieces of some six degrees, so
that a window of the size of the United Kingdom nearly always holds both a coast and hills.
"""

from __future__ import annotations

import numpy as np

from pylandbc.planet.noise import fractal

CONTINENT_FREQUENCY = 9.0
"""Lattice cells per radian of the continents: about 6.4 degrees across."""
OCTAVES = 8


def relief(points: np.ndarray, seed: int, octaves: int = OCTAVES) -> np.ndarray:
    """Height above sea level, m, negative at sea; float32 of shape ``points.shape[1:]``."""
    shape = fractal(points, CONTINENT_FREQUENCY, octaves, seed + 1) + np.float32(0.05)
    belts = 1.0 - np.abs(fractal(points, 13.0, max(octaves - 1, 1), seed + 2))
    inland = np.clip(shape / 0.5, 0.0, 1.0)
    land = 550.0 * np.maximum(shape, 0.0) ** 1.2 + 1100.0 * inland * np.clip(belts - 0.55, 0.0, None) ** 1.5
    sea = -2600.0 * np.maximum(-shape, 0.0) ** 1.5
    return np.where(shape > 0, land, sea).astype(np.float32)


def inland_water(points: np.ndarray, height: np.ndarray, seed: int) -> np.ndarray:
    """True where a river or lake fills the pixel: winding zero lines of a noise field on low ground, and
    hollows."""
    winding = np.abs(fractal(points, 55.0, 4, seed + 3))
    low = np.clip(1.0 - height / 500.0, 0.0, 1.0)
    rivers = winding < 0.005 * low
    hollows = fractal(points, 260.0, 3, seed + 4) > 0.85
    return (height > 0) & (rivers | (hollows & (height < 900.0)))
