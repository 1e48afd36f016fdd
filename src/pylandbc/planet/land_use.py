"""The planet's land-use history: a first map from suitability, then yearly change.

Each year every cell's integer demand is placed exactly, where the new class suits, where it has neighbours
already and where nothing has changed lately. Water and coast do not move. Beside the class, each pixel
remembers whether it is still primary and since when it is secondary, which LUH2's states need.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import uniform_filter

from pylandbc.grid.window import COLS, Window
from pylandbc.planet.allocation import best_pixels, from_blocks, to_blocks
from pylandbc.planet.noise import fractal, sphere_points, white
from pylandbc.planet.transitions import regional_factors, yearly_demand

OCEAN, WATER = 0, 7
NATURAL = (4, 5, 6)
REST_YEARS = 8
"""Years for which a changed pixel resists a further change."""


@dataclass
class LandUseState:
    """Land use on 1 January of ``year``, in blocks (cells, 625).

    Parameters
    ----------
    classes
        uint8 class codes.
    primary
        True where natural land was never used.
    since
        Year in which a pixel got its present class (or, in the first map, an invented earlier one), int16.
    """

    year: int
    classes: np.ndarray
    primary: np.ndarray
    since: np.ndarray

    @property
    def counts(self) -> np.ndarray:
        """Pixels of each class in each cell, int64 (cells, 8)."""
        return np.stack([(self.classes == code).sum(axis=1) for code in range(8)], axis=1).astype(np.int64)


def first_map(land: np.ndarray, water: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """The most suitable class of each land pixel, uint8 (rows, cols)."""
    classes = (1 + np.argmax(scores[1:7], axis=0)).astype(np.uint8)
    classes[water] = WATER
    classes[~land] = OCEAN
    return classes


def history(
    window: Window, initial: np.ndarray, scores: np.ndarray, first_year: int, years: int, seed: int
) -> Iterator[LandUseState]:
    """States of ``years`` consecutive years, the first of them the initial map.

    The state is changed in place between yields: copy what you keep.
    """
    shape = window.shape
    pixels = _pixel_numbers(window)
    points = sphere_points(window.latitude[::5], window.longitude[::5])
    wild = np.repeat(np.repeat(fractal(points, 25.0, 3, seed + 41), 5, axis=0), 5, axis=1)
    classes = to_blocks(initial)
    age = 10 + np.floor(70 * white(to_blocks(pixels), seed, 40)).astype(np.int16)
    state = LandUseState(
        first_year,
        classes,
        np.isin(classes, NATURAL) & (to_blocks(wild) > 0.35),
        (first_year - age).astype(np.int16),
    )
    coarse = sphere_points(window.coarse_latitude, window.coarse_longitude)
    factors = regional_factors(coarse, seed)
    lat, lon = window.coarse_shape
    cells = (window.row // 25 + np.arange(lat))[:, None] * (COLS // 25) + (
        (window.col // 25 + np.arange(lon)) % (COLS // 25)
    )[None, :]
    blocks = [to_blocks(score) for score in scores]
    numbers = to_blocks(pixels)
    yield state
    for year in range(first_year + 1, first_year + years):
        _advance(state, year, shape, blocks, factors, cells.ravel(), numbers, seed)
        yield state


def _pixel_numbers(window: Window) -> np.ndarray:
    """Global number of each pixel, int64 (rows, cols)."""
    rows = np.arange(window.row, window.row + window.rows, dtype=np.int64)
    cols = (window.col + np.arange(window.cols, dtype=np.int64)) % COLS
    return rows[:, None] * COLS + cols[None, :]


def _advance(
    state: LandUseState,
    year: int,
    shape: tuple[int, int],
    scores: list[np.ndarray],
    factors: dict[tuple[int, int], np.ndarray],
    cells: np.ndarray,
    numbers: np.ndarray,
    seed: int,
) -> None:
    """One year of change, in place."""
    before = state.classes.copy()
    demand = yearly_demand(state.counts, factors, cells, year, seed)
    grid = from_blocks(before, shape)
    near = {
        code: to_blocks(uniform_filter((grid == code).astype(np.float32), size=3, mode="nearest"))
        for code in range(1, 7)
    }
    chance = 0.25 * white(numbers, seed, 42, year) - 1.5 * (year - state.since < REST_YEARS)
    changed = np.zeros(before.shape, dtype=bool)
    for (source, target), counts in demand.items():
        busy = np.flatnonzero(counts)
        eligible = (before[busy] == source) & ~changed[busy]
        score = (
            scores[target][busy]
            - scores[source][busy]
            + 4.0 * near[target][busy]
            - near[source][busy]
            + chance[busy]
        )
        chosen = np.zeros(before.shape, dtype=bool)
        chosen[busy] = best_pixels(score, eligible, counts[busy])
        state.classes[chosen] = target
        changed |= chosen
    state.since[changed] = year
    state.primary &= ~changed
    state.year = year
