"""The planet's land-use history: a first map from suitability, then yearly change.

Each year every cell's integer demand is placed exactly, where the new class suits, where it has neighbours
already and where nothing has changed lately. Water and coast do not move. Beside the class, each pixel
remembers whether it is still primary and since when it is secondary, which LUH2's states need. A cell sees
its neighbours beyond its edge as they were in the first year: cells are then independent of each other, and
the history of a cell is the same whatever the window. It does depend on the first year.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pylandbc.grid.window import COARSE
from pylandbc.planet.allocation import inclusion, systematic, to_blocks
from pylandbc.planet.geography import Geography, cell_numbers, pixel_numbers
from pylandbc.planet.noise import fractal, sphere_points, white
from pylandbc.planet.transitions import HISTORICAL, Demand, regional_factors, yearly_demand

OCEAN, WATER = 0, 7
NATURAL = (4, 5, 6)
REST_YEARS = 8
"""Years for which a changed pixel resists a further change."""
REST = 1.5
"""By how much."""
NEIGHBOURS = 4.0
"""Weight of the share of the new class among the 3 x 3 pixels; that of the old one weighs one, against."""
TEMPERATURE = 0.2
"""Of the draw: scores that differ by this much differ by a factor e in probability."""


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

    def copy(self) -> LandUseState:
        """An independent copy."""
        return LandUseState(self.year, self.classes.copy(), self.primary.copy(), self.since.copy())


@dataclass(frozen=True)
class Cells:
    """What the process knows of some 0.25 degree cells, all in one order.

    Parameters
    ----------
    numbers
        Global numbers (cells,).
    padded
        First map of each cell with a border of one pixel, uint8 (cells, 27, 27).
    scores
        float32 (8, cells, 625).
    factors
        Regional factor per transition (cells,).
    start
        State in the first year.
    """

    numbers: np.ndarray
    padded: np.ndarray
    scores: np.ndarray
    factors: dict[tuple[int, int], np.ndarray]
    start: LandUseState
    seed: int

    def subset(self, index: np.ndarray) -> Cells:
        """Some of the cells."""
        s = self.start
        return Cells(
            self.numbers[index],
            self.padded[index],
            self.scores[:, index],
            {pair: factor[index] for pair, factor in self.factors.items()},
            LandUseState(s.year, s.classes[index], s.primary[index], s.since[index]),
            self.seed,
        )


def cells_of(land: Geography, first_year: int, seed: int) -> Cells:
    """The cells of a geography's window at the start of their history."""
    window = land.window
    lat, lon = window.coarse_shape
    side = COARSE + 2
    views = np.lib.stride_tricks.sliding_window_view(land.first, (side, side))[::COARSE, ::COARSE]
    classes = to_blocks(land.first[1:-1, 1:-1])
    points = sphere_points(window.latitude[::5], window.longitude[::5])
    wild = np.repeat(np.repeat(fractal(points, 25.0, 3, seed + 41), 5, axis=0), 5, axis=1)
    age = 10 + np.floor(70 * white(to_blocks(pixel_numbers(window)), seed, 40)).astype(np.int16)
    coarse = sphere_points(window.coarse_latitude, window.coarse_longitude)
    start = LandUseState(
        first_year,
        classes,
        np.isin(classes, NATURAL) & (to_blocks(wild) > 0.35),
        (first_year - age).astype(np.int16),
    )
    return Cells(
        cell_numbers(window),
        views.reshape(lat * lon, side, side).copy(),
        np.stack([to_blocks(score) for score in land.scores]),
        regional_factors(coarse, seed),
        start,
        seed,
    )


def history(
    cells: Cells, years: int, scenario: str = HISTORICAL, start: LandUseState | None = None
) -> Iterator[LandUseState]:
    """States of ``years`` consecutive years, the first of them ``start`` (by default the first map's).

    The state is changed in place between yields: copy what you keep.
    """
    state = (cells.start if start is None else start).copy()
    yield state
    for year in range(state.year + 1, state.year + years):
        advance(cells, state, year, scenario)
        yield state


def neighbours(cells: Cells, classes: np.ndarray) -> np.ndarray:
    """Share of each class among the 3 x 3 pixels around each pixel, float32 (8, cells, 625)."""
    padded = cells.padded.copy()
    padded[:, 1:-1, 1:-1] = classes.reshape(-1, COARSE, COARSE)
    shares = np.zeros((8, *classes.shape), dtype=np.float32)
    for code in range(1, 7):
        same = (padded == code).view(np.uint8)
        rows = same[:, :-2] + same[:, 1:-1] + same[:, 2:]
        total = rows[:, :, :-2] + rows[:, :, 1:-1] + rows[:, :, 2:]
        shares[code] = total.reshape(classes.shape) * np.float32(1 / 9)
    return shares


def weights(
    cells: Cells, state: LandUseState, near: np.ndarray, source: int, target: int, year: int, at: np.ndarray
) -> np.ndarray:
    """Weight in the draw of each pixel of the cells ``at``; 0 where the class is not ``source``."""
    before = state.classes[at]
    score = (
        cells.scores[target][at]
        - cells.scores[source][at]
        + np.float32(NEIGHBOURS) * near[target][at]
        - near[source][at]
        - np.float32(REST) * (year - state.since[at] < REST_YEARS)
    )
    return np.where(before == source, np.exp(score / np.float32(TEMPERATURE)), 0.0)


def demands(cells: Cells, state: LandUseState, year: int, scenario: str = HISTORICAL) -> Iterator[Demand]:
    """What is to change on the way to 1 January of ``year``."""
    return yearly_demand(state.counts, cells.factors, cells.numbers, year, cells.seed, scenario)


def advance(cells: Cells, state: LandUseState, year: int, scenario: str = HISTORICAL) -> None:
    """One year of change, in place."""
    near = neighbours(cells, state.classes)
    after = state.classes.copy()
    for demand in demands(cells, state, year, scenario):
        busy = np.flatnonzero(demand.whole)
        if busy.size == 0:
            continue
        weight = weights(cells, state, near, demand.source, demand.target, year, busy)
        parts = inclusion(weight, demand.whole[busy])
        chosen = systematic(
            parts, white(cells.numbers[busy], cells.seed, 72, demand.source, demand.target, year)
        )
        part = after[busy]
        part[chosen] = demand.target
        after[busy] = part
    changed = after != state.classes
    state.classes[:] = after
    state.since[changed] = year
    state.primary &= ~changed
    state.year = year


__all__ = ["Cells", "LandUseState", "advance", "cells_of", "demands", "history", "neighbours", "weights"]
