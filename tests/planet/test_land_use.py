"""The land-use history: demands met exactly, change rare, adjacent, and never of water or coast."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy.ndimage import maximum_filter

from pylandbc.grid.window import COLS, Window
from pylandbc.planet import land_use
from pylandbc.planet.allocation import from_blocks
from pylandbc.planet.noise import fractal, sphere_points

WINDOW = Window(3300, 16600, 200, 250)
YEARS = 12


def inputs() -> tuple[np.ndarray, np.ndarray]:
    points = sphere_points(WINDOW.latitude, WINDOW.longitude)
    scores = np.stack([fractal(points, 60.0, 5, 100 + k) for k in range(8)])
    initial = land_use.first_map(scores[0] > -0.2, scores[7] > 0.6, scores)
    return scores, initial


def maps(seed: int = 5) -> list[land_use.LandUseState]:
    scores, initial = inputs()
    return [
        land_use.LandUseState(s.year, s.classes.copy(), s.primary.copy(), s.since.copy())
        for s in land_use.history(WINDOW, initial, scores, 2000, YEARS, seed)
    ]


def test_every_demand_is_met_to_the_pixel(monkeypatch: pytest.MonkeyPatch) -> None:
    demands = []
    original = land_use.yearly_demand

    def spy(*arguments: object) -> dict[tuple[int, int], np.ndarray]:
        demands.append(original(*arguments))  # type: ignore[arg-type]
        return demands[-1]

    monkeypatch.setattr(land_use, "yearly_demand", spy)
    states = maps()
    assert len(demands) == YEARS - 1
    total = 0
    for before, after, demand in zip(states[:-1], states[1:], demands, strict=True):
        for (source, target), counts in demand.items():
            found = ((before.classes == source) & (after.classes == target)).sum(axis=1)
            np.testing.assert_array_equal(found, counts)
            total += counts.sum()
        assert (before.classes != after.classes).sum() == sum(c.sum() for c in demand.values())
    assert total > 500


def test_change_is_rare_adjacent_and_spares_water_and_coast() -> None:
    states = [from_blocks(s.classes, WINDOW.shape) for s in maps()]
    first = states[0]
    land = first != 0
    for fixed in (0, 7):
        assert (first == fixed).any()
        for state in states:
            np.testing.assert_array_equal(state == fixed, first == fixed)
    changed = adjacent = 0
    for before, after in pairwise(states):
        change = before != after
        changed += change.sum()
        for code in range(1, 7):
            near = maximum_filter(before == code, size=3)
            adjacent += (change & (after == code) & near).sum()
    assert 0.001 < changed / land.sum() / (YEARS - 1) < 0.01
    # REFERENCES: in the UK the new class was already adjacent in 76 %
    assert adjacent / changed > 0.6


def test_same_seed_same_history_another_seed_another() -> None:
    a, b, c = maps(5)[-1].classes, maps(5)[-1].classes, maps(6)[-1].classes
    np.testing.assert_array_equal(a, b)
    assert (a != c).any()


def test_primary_land_only_shrinks_and_change_is_dated() -> None:
    states = maps()
    for before, after in pairwise(states):
        changed = before.classes != after.classes
        assert not (after.primary & ~before.primary).any()
        assert not (after.primary & changed).any()
        np.testing.assert_array_equal(after.since[changed], after.year)
        np.testing.assert_array_equal(after.since[~changed], before.since[~changed])
    assert states[0].primary.any()


def test_demand_does_not_depend_on_the_window() -> None:
    from pylandbc.planet.transitions import RATES, yearly_demand

    counts = np.tile(np.array([0, 50, 150, 200, 120, 80, 5, 20]), (6, 1))
    factors = {pair: np.ones(6) for pair in RATES}
    cells = np.arange(6) + 44 * (COLS // 25)
    whole = yearly_demand(counts, factors, cells, 2001, 1)
    part = yearly_demand(counts[2:4], {p: f[2:4] for p, f in factors.items()}, cells[2:4], 2001, 1)
    for pair, values in whole.items():
        np.testing.assert_array_equal(part[pair], values[2:4])
