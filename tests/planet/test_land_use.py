"""The land-use history: demands met exactly, change rare, adjacent, never of water or coast, and the same for
every window."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from scipy.ndimage import maximum_filter

from pylandbc.errors import InputError
from pylandbc.grid.window import Window
from pylandbc.planet import land_use
from pylandbc.planet.allocation import from_blocks, to_blocks
from pylandbc.planet.geography import geography
from pylandbc.planet.transitions import (
    ACTIVE_SHARE,
    RATES,
    SCENARIOS,
    TARGETS,
    Demand,
    scenario_factors,
    yearly_demand,
)

WINDOW = Window(3250, 17100, 200, 250)
YEARS = 12


@cache
def cells(window: Window = WINDOW, seed: int = 1) -> land_use.Cells:
    return land_use.cells_of(geography(window, seed), 2000, seed)


@cache
def maps(seed: int = 1, scenario: str = "historical") -> list[land_use.LandUseState]:
    return [state.copy() for state in land_use.history(cells(seed=seed), YEARS, scenario)]


def test_every_demand_is_met_to_the_pixel() -> None:
    total = 0
    for before, after in pairwise(maps()):
        left = (before.classes != after.classes).sum(axis=1)
        for demand in land_use.demands(cells(), before, after.year):
            found = (before.classes == demand.source) & (after.classes == demand.target)
            np.testing.assert_array_equal(found.sum(axis=1), demand.whole)
            left = left - demand.whole
            total += demand.whole.sum()
        assert not left.any(), "nothing else changed"
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
    assert 0.002 < changed / land.sum() / (YEARS - 1) < 0.01
    # REFERENCES: in the UK the new class was already adjacent in 76 %
    assert adjacent / changed > 0.6


def test_same_seed_same_history_another_seed_another() -> None:
    again = [s.copy() for s in land_use.history(cells(), YEARS)]
    np.testing.assert_array_equal(maps()[-1].classes, again[-1].classes)
    assert (maps()[-1].classes != maps(6)[-1].classes).any()


def test_history_does_not_depend_on_the_window() -> None:
    inner = Window(WINDOW.row + 50, WINDOW.col + 75, 100, 100)
    states = list(land_use.history(cells(inner), YEARS))
    for name in ("classes", "primary", "since"):
        large = from_blocks(getattr(maps()[-1], name), WINDOW.shape)[50:150, 75:175]
        np.testing.assert_array_equal(getattr(states[-1], name), to_blocks(large), err_msg=name)


def test_a_part_of_the_cells_has_the_same_history() -> None:
    index = np.array([3, 40, 77])
    state = list(land_use.history(cells().subset(index), YEARS))[-1]
    np.testing.assert_array_equal(state.classes, maps()[-1].classes[index])


def test_neighbours_are_the_plain_ones() -> None:
    shares = land_use.neighbours(cells(), cells().start.classes)
    land = geography(WINDOW, 1)
    for code in (2, 4):
        same = land.first == code
        for row, col in ((0, 0), (24, 25), (99, 130), (199, 249)):
            expected = sum(same[row + i, col + j] for i in range(3) for j in range(3)) / 9
            found = from_blocks(shares[code], WINDOW.shape)[row, col]
            assert found == pytest.approx(expected)


def test_primary_land_only_shrinks_and_change_is_dated() -> None:
    states = maps(3)
    for before, after in pairwise(states):
        changed = before.classes != after.classes
        assert not (after.primary & ~before.primary).any()
        assert not (after.primary & changed).any()
        np.testing.assert_array_equal(after.since[changed], after.year)
        np.testing.assert_array_equal(after.since[~changed], before.since[~changed])
    assert states[0].primary.any()


def constant_demand(numbers: np.ndarray, scenario: str = "historical", year: int = 2001) -> list[Demand]:
    counts = np.tile(np.array([0, 50, 150, 200, 120, 80, 5, 20]), (numbers.size, 1))
    factors = {pair: np.ones(numbers.size) for pair in RATES}
    return list(yearly_demand(counts, factors, numbers, year, 1, scenario))


def test_demand_does_not_depend_on_the_window() -> None:
    numbers = np.arange(6) + 44 * 1440
    for whole, part in zip(constant_demand(numbers), constant_demand(numbers[2:4]), strict=True):
        np.testing.assert_array_equal(part.whole, whole.whole[2:4])


def test_demand_has_its_expectation_and_a_class_one_fate_a_year() -> None:
    numbers = np.arange(40_000)
    demands = constant_demand(numbers)
    for demand in demands:
        assert demand.active.mean() == pytest.approx(ACTIVE_SHARE, abs=0.01)
        drawn = demand.whole[demand.active]
        assert drawn.mean() == pytest.approx(
            demand.wanted[0], abs=4 * drawn.std() / np.sqrt(drawn.size) + 1e-9
        )
        assert set(np.unique(drawn)) <= {np.floor(demand.wanted[0]), np.ceil(demand.wanted[0])}
    for source in TARGETS:
        active = sum(d.active.astype(int) for d in demands if d.source == source)
        assert np.max(active) <= 1


def test_scenarios_part_after_2015_and_go_where_they_say() -> None:
    numbers = np.arange(4000)

    def towards(scenario: str, year: int) -> dict[int, float]:
        out: dict[int, float] = {}
        for demand in constant_demand(numbers, scenario, year):
            out[demand.target] = out.get(demand.target, 0.0) + demand.wanted.sum()
        return out

    for year, apart in ((2015, False), (2016, True)):
        base = towards("historical", year)
        for name, factors in SCENARIOS.items():
            for target, amount in towards(name, year).items():
                factor = factors.get(target, 1.0) if apart else 1.0
                assert amount == pytest.approx(base[target] * factor, rel=1e-6)
    with pytest.raises(InputError, match=r"ssp999.*ssp126"):
        scenario_factors("ssp999")


def test_rest_makes_recent_change_less_likely() -> None:
    state = replace(cells().start)
    near = land_use.neighbours(cells(), state.classes)
    at = np.arange(len(cells().numbers))
    old = land_use.weights(cells(), state, near, 2, 3, 2001, at)
    state.since = np.full_like(state.since, 2000)
    young = land_use.weights(cells(), state, near, 2, 3, 2001, at)
    crop = state.classes == 2
    assert not old[~crop].any()
    np.testing.assert_allclose(young[crop] / old[crop], np.exp(-1.5 / land_use.TEMPERATURE), rtol=1e-3)
