"""The best scores that any forecast of a planet's land use can attain: from the true probabilities.

A forecaster knows the map of a year, its history and every fixed field, but not the draws. Two cases bracket
what drivers can tell: ``demand_known``, the pixels to change in each cell are known (as LUH2's transitions
say), only their place is drawn; ``demand_unknown``, amount and place are. The optimal predictors follow
from the probabilities p(i, k) of pixel i becoming k: the likeliest class for the accuracy, p itself for the
Brier score sum_k (p_k - o_k)^2, and for the figure of merit, hits / (hits + wrong hits + misses + false
alarms), the pixels whose p_k / (1 - p_changed) exceeds a threshold: the largest ratio of expectations.

An emulator sees one map and no history. ``one_map`` is what a forecaster reaches who knows the demand and
the neighbours' weight, but neither when a pixel last changed nor how well it suits: scored by the true
probabilities, not by its own.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from pylandbc.planet.allocation import ONE, inclusion
from pylandbc.planet.geography import geography, tiles
from pylandbc.planet.land_use import (
    NEIGHBOURS,
    REST,
    REST_YEARS,
    TEMPERATURE,
    Cells,
    LandUseState,
    advance,
    cells_of,
    demands,
    neighbours,
    weights,
)
from pylandbc.planet.plan import Plan
from pylandbc.planet.transitions import ACTIVE_SHARE, Demand
from pylandbc.progress import Tell

CASES = ("demand_known", "demand_unknown", "one_map")
BINS = 4000
"""Of the odds of change, in equal steps of their logarithm."""
LOWEST = 1e-9


@dataclass
class Expected:
    """Sums over pixels and years from which the expected scores of the optimal predictors follow.

    Parameters
    ----------
    pixels
        Number of land pixels and years.
    right
        Expected number of right classes of the likeliest one.
    brier
        Expected Brier sum.
    changed
        Expected number of changes.
    hits, change
        By odds p_k / (1 - p_changed) of the likeliest change, falling: sums of p_k and of p_changed.
    count
        Pixels in each bin.
    """

    pixels: float = 0.0
    right: float = 0.0
    brier: float = 0.0
    changed: float = 0.0
    hits: np.ndarray = field(default_factory=lambda: np.zeros(BINS))
    change: np.ndarray = field(default_factory=lambda: np.zeros(BINS))
    count: np.ndarray = field(default_factory=lambda: np.zeros(BINS))

    def add(self, best: np.ndarray, total: np.ndarray, squares: np.ndarray) -> None:
        """Add pixels: largest probability of one change, probability of any, sum of squares over changes."""
        best, total, squares = (np.ravel(a).astype(np.float64) for a in (best, total, squares))
        self.judge(best, total, best, total, 1.0 - (1.0 - total) ** 2 - squares)

    def judge(
        self, best: np.ndarray, total: np.ndarray, hit: np.ndarray, change: np.ndarray, brier: np.ndarray
    ) -> None:
        """Add pixels as a forecaster sees them, and what is true.

        Parameters
        ----------
        best, total
            The forecast's largest probability of one change, and that of any, (n,).
        hit, change
            True probabilities of that one change, and of any.
        brier
            Expected Brier sums.
        """
        stay = 1.0 - total
        self.pixels += total.size
        self.right += float(np.where(best > stay, hit, 1.0 - change).sum())
        self.brier += float(brier.sum())
        self.changed += float(change.sum())
        odds = best / np.maximum(stay, LOWEST)
        place = (np.log(np.clip(odds, LOWEST, 1 / LOWEST)) / np.log(LOWEST) + 1.0) / 2.0
        bins = np.minimum((place * BINS).astype(np.int64), BINS - 1)
        for sums, values in ((self.hits, hit), (self.change, change), (self.count, np.ones_like(best))):
            sums += np.bincount(bins, weights=values, minlength=BINS)

    def add_times(self, other: Expected, weight: float) -> None:
        """Add what another one gathered, every pixel of it ``weight`` times."""
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + weight * value)

    def scores(self) -> dict[str, float]:
        """Expected accuracy, figure of merit and Brier score of the optimal predictors, and what persistence
        reaches."""
        if self.pixels == 0:
            return {}
        chosen, hits = np.cumsum(self.count), np.cumsum(self.hits)
        # all that changed, and the chosen that did not
        union = self.changed + chosen - np.cumsum(self.change)
        merit = np.divide(hits, union, out=np.zeros(BINS), where=union > 0)
        return {
            "accuracy": self.right / self.pixels,
            "figure_of_merit": float(merit.max()),
            "brier": self.brier / self.pixels,
            "persistence_accuracy": 1.0 - self.changed / self.pixels,
            "persistence_brier": 2.0 * self.changed / self.pixels,
            "pixel_years": self.pixels,
        }


def known(cells: Cells, state: LandUseState, near: np.ndarray, demand: Demand) -> np.ndarray:
    """Probability that each pixel makes a transition whose ``whole`` amounts are known, (cells, 625)."""
    out = np.zeros(state.classes.shape)
    busy = np.flatnonzero(demand.whole)
    if busy.size:
        year = state.year + 1
        weight = weights(cells, state, near, demand.source, demand.target, year, busy)
        out[busy] = inclusion(weight, demand.whole[busy]) / ONE
    return out


def unknown(cells: Cells, state: LandUseState, near: np.ndarray, demand: Demand) -> np.ndarray:
    """The same where neither whether nor how much is known: the mean over both, exactly."""
    low = np.floor(demand.wanted).astype(np.int64)
    part = demand.wanted - low
    have = (state.classes == demand.source).sum(axis=1)
    out = np.zeros(state.classes.shape)
    at = np.flatnonzero(demand.wanted > 0)
    if at.size == 0:
        return out
    weight = weights(cells, state, near, demand.source, demand.target, state.year + 1, at)
    for amount, share in ((low, 1.0 - part), (low + 1, part)):
        amount = np.minimum(amount, have)[at]
        out[at] += ACTIVE_SHARE * share[at, None] * inclusion(weight, amount) / ONE
    return out


def seen(state: LandUseState, near: np.ndarray, demand: Demand, ages: bool = False) -> np.ndarray:
    """``known`` as one map tells it: by the neighbours alone, and with ``ages`` by when a pixel last
    changed."""
    out = np.zeros(state.classes.shape)
    busy = np.flatnonzero(demand.whole)
    if busy.size:
        score = np.float32(NEIGHBOURS) * near[demand.target][busy] - near[demand.source][busy]
        if ages:
            score -= np.float32(REST) * (state.year + 1 - state.since[busy] < REST_YEARS)
        weight = np.where(state.classes[busy] == demand.source, np.exp(score / np.float32(TEMPERATURE)), 0.0)
        out[busy] = inclusion(weight, demand.whole[busy]) / ONE
    return out


def expect_of_one_map(
    cells: Cells,
    state: LandUseState,
    near: np.ndarray,
    into: Expected,
    land: np.ndarray,
    ages: bool = False,
) -> None:
    """Add what the forecaster of one map (as of ``seen``) is expected to score on ``land`` in the step from
    ``state``."""
    best, total, hit, change, squares, both = (np.zeros(state.classes.shape) for _ in range(6))
    for demand in demands(cells, state, state.year + 1):
        forecast, true = seen(state, near, demand, ages), known(cells, state, near, demand)
        hit = np.where(forecast > best, true, hit)
        np.maximum(best, forecast, out=best)
        total += forecast
        change += true
        squares += forecast**2
        both += forecast * true
    # The expectation of sum_k (q_k - o_k)^2, staying included.
    brier = 1.0 + (1.0 - total) ** 2 + squares - 2.0 * ((1.0 - total) * (1.0 - change) + both)
    into.judge(*(field[land] for field in (best, total, hit, change, brier)))


def expect(
    cells: Cells, state: LandUseState, into: dict[str, Expected], where: np.ndarray | None = None
) -> None:
    """Add what the step from ``state`` to the next year is expected to score.

    Parameters
    ----------
    where
        Pixels to judge, bool (cells, 625); all land by default.
    """
    near = neighbours(cells, state.classes)
    land = state.classes != 0
    if where is not None:
        land &= where
    year = state.year + 1
    for name, probability in (("demand_known", known), ("demand_unknown", unknown)):
        best, total, squares = (np.zeros(state.classes.shape) for _ in range(3))
        for demand in demands(cells, state, year):
            chance = probability(cells, state, near, demand)
            np.maximum(best, chance, out=best)
            total += chance
            squares += chance**2
        into[name].add(best[land], total[land], squares[land])
    expect_of_one_map(cells, state, near, into["one_map"], land)


class Attainable:
    """Gathers expected scores from the cells of a planet, tile by tile.

    Parameters
    ----------
    cell_limit, year_limit
        At most about so many 0.25 degree cells, evenly spread, and years are evaluated; their number is
        reported. The scores are expectations over all draws from the true history's states, hence sampling
        cells and years is their only error.
    """

    def __init__(self, plan: Plan, cell_limit: int = 400, year_limit: int = 10) -> None:
        lat, lon = plan.window.coarse_shape
        steps = plan.years - 1
        spread = np.linspace(0, steps - 1, min(steps, year_limit)).astype(int) if steps else np.array([], int)
        self.every = max(1, -(-lat * lon // cell_limit))
        self.years = sorted({plan.first_year + int(step) for step in spread})
        self.cells = 0
        self.sums = {name: Expected() for name in CASES}

    def add(self, cells: Cells) -> None:
        """Evaluate the chosen ones among some cells."""
        land = (cells.start.classes != 0).any(axis=1)
        chosen = np.flatnonzero((cells.numbers % self.every == 0) & land)
        if chosen.size == 0 or not self.years:
            return
        cells = cells.subset(chosen)
        self.cells += chosen.size
        state = cells.start.copy()
        while state.year <= self.years[-1]:
            if state.year in self.years:
                expect(cells, state, self.sums)
            advance(cells, state, state.year + 1)

    def result(self) -> dict[str, Any]:
        """Per case ``accuracy``, ``figure_of_merit``, ``brier`` (all per land pixel and year), persistence's,
        and what was evaluated. Observed flicker is not in it: it caps the scores further."""
        return _result(self.cells, self.years, self.sums)


def _result(cells: int, years: list[int], sums: dict[str, Expected]) -> dict[str, Any]:
    return {
        "what": "best attainable one-year forecast of land use, expectation over the process's draws",
        "cells": cells,
        "from_years": years,
        **{name: expected.scores() for name, expected in sums.items()},
    }


def attainable(
    plans: Sequence[Plan],
    cell_limit: int = 400,
    year_limit: int = 10,
    tell: Tell | None = None,
) -> dict[str, Any]:
    """Best attainable one-year scores of a planet's history, or of several as if they were one.

    Parameters
    ----------
    cell_limit, year_limit
        Of each planet; see :class:`Attainable`. Cells of a planet of which some were left out stand for
        those.
    tell
        Called with the stage and the share done.
    """
    sums = {name: Expected() for name in CASES}
    cells, years = 0, set[int]()
    for number, plan in enumerate(plans):
        gathered = Attainable(plan, cell_limit, year_limit)
        parts = list(tiles(plan.window))
        for done, part in enumerate(parts, 1):
            gathered.add(cells_of(geography(part, plan.seed), plan.first_year, plan.seed))
            if tell is not None:
                tell("attainable scores", (number + done / len(parts)) / len(plans))
        for name, expected in gathered.sums.items():
            sums[name].add_times(expected, gathered.every if len(plans) > 1 else 1)
        cells += gathered.cells
        years.update(gathered.years)
    return _result(cells, sorted(years), sums)


def write_attainable(path: Path, land_use: dict[str, Any], leaf_area: dict[str, Any] | None = None) -> None:
    """Write an ``attainable.json``."""
    content = {"land_use": land_use} if leaf_area is None else {"land_use": land_use, "lai": leaf_area}
    text = json.dumps(content, indent=2) + "\n"
    Path(path).write_text(text, encoding="utf-8")
