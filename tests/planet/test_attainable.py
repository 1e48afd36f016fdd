"""Best attainable scores: closed forms, and a plain simulation of the process."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from pylandbc.cli import planet
from pylandbc.errors import InputError
from pylandbc.grid.window import Window
from pylandbc.planet import attainable, land_use
from pylandbc.planet.geography import geography
from pylandbc.planet.plan import Plan
from pylandbc.planet.transitions import RATES, Demand

WINDOW = Window(3250, 17100, 100, 100)


def uniform_cells(pixels: int = 625) -> land_use.Cells:
    """Cells of one class without any preference of place."""
    start = land_use.LandUseState(
        2000,
        np.full((3, pixels), 2, dtype=np.uint8),
        np.zeros((3, pixels), dtype=bool),
        np.full((3, pixels), 1900, dtype=np.int16),
    )
    return land_use.Cells(
        np.arange(3),
        np.full((3, 27, 27), 2, dtype=np.uint8),
        np.zeros((8, 3, pixels), dtype=np.float32),
        {pair: np.ones(3) for pair in RATES},
        start,
        1,
    )


def test_equal_pixels_have_the_closed_form() -> None:
    cells = uniform_cells()
    state = cells.start
    near = land_use.neighbours(cells, state.classes)
    whole = np.array([5, 0, 125])
    demand = Demand(2, 3, whole.astype(float), whole > 0, whole)
    chance = attainable.known(cells, state, near, demand)
    np.testing.assert_allclose(chance, np.broadcast_to(whole[:, None] / 625, chance.shape), atol=1e-9)
    expected = attainable.Expected()
    expected.add(chance, chance, chance**2)
    scores = expected.scores()
    p = whole / 625
    assert scores["accuracy"] == pytest.approx((1 - p).mean())
    assert scores["brier"] == pytest.approx((2 * p * (1 - p)).mean())
    # to name the cell with 125 changes, all of it: 125 hits of 625 named and 5 missed
    assert scores["figure_of_merit"] == pytest.approx(125 / 630, rel=1e-6)
    assert scores["persistence_accuracy"] == pytest.approx(1 - p.mean())


def test_unknown_amounts_average_over_the_draw() -> None:
    cells = uniform_cells()
    near = land_use.neighbours(cells, cells.start.classes)
    wanted = np.array([0.0, 2.25, 625.0])
    demand = Demand(2, 3, wanted, np.zeros(3, dtype=bool), np.zeros(3, dtype=np.int64))
    chance = attainable.unknown(cells, cells.start, near, demand)
    np.testing.assert_allclose(chance, np.broadcast_to(0.2 * wanted[:, None] / 625, chance.shape), atol=1e-9)


def test_certain_change_is_fully_attainable() -> None:
    expected = attainable.Expected()
    chance = np.r_[np.ones(40), np.zeros(60)]
    expected.add(chance, chance, chance)
    scores = expected.scores()
    assert scores["accuracy"] == pytest.approx(1.0)
    assert scores["brier"] == pytest.approx(0.0)
    assert scores["figure_of_merit"] == pytest.approx(1.0)
    assert scores["persistence_accuracy"] == pytest.approx(0.6)


def test_several_targets() -> None:
    """Two classes at 0.3 and 0.2: the best names the likelier one, right in 0.5 by staying."""
    expected = attainable.Expected()
    expected.add(np.full(10, 0.3), np.full(10, 0.5), np.full(10, 0.3**2 + 0.2**2))
    scores = expected.scores()
    assert scores["accuracy"] == pytest.approx(0.5)
    assert scores["brier"] == pytest.approx(1 - 0.25 - 0.09 - 0.04)
    # all named: hits 0.3, wrong hits 0.2, false alarms 0.5
    assert scores["figure_of_merit"] == pytest.approx(0.3)


def test_the_true_probabilities_score_what_is_attainable() -> None:
    """The realised Brier score and figure of merit of the true probabilities agree with the expectation, and
    nothing simple beats them."""
    cells = land_use.cells_of(geography(WINDOW, 1), 2000, 1)
    states = [s.copy() for s in land_use.history(cells, 26)]
    expected = attainable.Expected()
    brier = hits = union = changed = pixels = 0.0
    for before, after in pairwise(states):
        near = land_use.neighbours(cells, before.classes)
        p = np.zeros((8, *before.classes.shape))
        for demand in land_use.demands(cells, before, after.year):
            p[demand.target] += attainable.known(cells, before, near, demand)
        land = before.classes != 0
        total, best = p.sum(axis=0), p.max(axis=0)
        expected.add(best[land], total[land], (p**2).sum(axis=0)[land])
        np.put_along_axis(p, before.classes[None].astype(int), 1 - total[None], axis=0)
        truth = np.arange(8)[:, None, None] == after.classes
        brier += ((p - truth) ** 2).sum(axis=0)[land].sum()
        moved = after.classes != before.classes
        changed += moved[land].sum()
        pixels += land.sum()
        np.put_along_axis(p, before.classes[None].astype(int), 0.0, axis=0)
        threshold = 0.2
        named = (best / np.maximum(1 - total, 1e-9) > threshold) & land
        right = named & moved & (p.argmax(axis=0) == after.classes)
        hits += right.sum()
        union += (named | moved)[land].sum()
    scores = expected.scores()
    assert changed == pytest.approx(expected.changed), "amounts are known, hence not random"
    assert brier / pixels == pytest.approx(scores["brier"], rel=0.05)
    assert brier < 2 * changed
    assert hits / union <= scores["figure_of_merit"] * 1.1
    assert hits / union >= scores["figure_of_merit"] * 0.6


def test_a_forecast_is_judged_by_the_truth() -> None:
    """Ten pixels said to change with 0.6, ten with 0.3; 0.2 and 0.5 of them do, 0.1 into something else."""
    expected = attainable.Expected()
    said, change = np.repeat([0.6, 0.3], 10), np.repeat([0.2, 0.5], 10)
    hit = change - 0.1
    both = said * hit
    brier = 1 + (1 - said) ** 2 + said**2 - 2 * ((1 - said) * (1 - change) + both)
    expected.judge(said, said, hit, change, brier)
    scores = expected.scores()
    assert scores["accuracy"] == pytest.approx((0.1 + 0.5) / 2)
    # the first ten named: 1 hit of 10 named and 5 missed; all named: 5 of 20
    assert scores["figure_of_merit"] == pytest.approx(5 / 20)
    # drawn out: it stays, changes as said, or otherwise
    draws = [
        (1 - c) * ((1 - s - 1) ** 2 + s**2)
        + h * ((1 - s) ** 2 + (s - 1) ** 2)
        + (c - h) * ((1 - s) ** 2 + s**2 + 1)
        for s, c, h in zip(said, change, hit, strict=True)
    ]
    assert scores["brier"] == pytest.approx(np.mean(draws))


def test_of_a_planet() -> None:
    found = attainable.attainable([Plan(WINDOW, 2000, 6)], cell_limit=8, year_limit=2)
    assert found["from_years"] == [2000, 2004] and 0 < found["cells"] <= 8
    known, unknown = found["demand_known"], found["demand_unknown"]
    assert 0 < unknown["figure_of_merit"] < known["figure_of_merit"] < 1
    one_map = found["one_map"]
    assert unknown["figure_of_merit"] < one_map["figure_of_merit"] < known["figure_of_merit"]
    assert known["brier"] < one_map["brier"] < one_map["persistence_brier"]
    assert one_map["persistence_accuracy"] == pytest.approx(known["persistence_accuracy"])
    assert known["brier"] < known["persistence_brier"]
    assert known["accuracy"] >= known["persistence_accuracy"] > 0.98


def test_of_planets_together() -> None:
    """Halves of a planet are it; cells of which every other one is left out count twice."""
    row, col, rows, cols = WINDOW.row, WINDOW.col, WINDOW.rows, WINDOW.cols
    halves = [Window(row, col, rows, cols // 2), Window(row, col + cols // 2, rows, cols // 2)]
    plans = [Plan(half, 2000, 3) for half in halves]
    whole, both = attainable.attainable([Plan(WINDOW, 2000, 3)]), attainable.attainable(plans)
    assert both["cells"] == whole["cells"] and both["from_years"] == whole["from_years"]
    for case in attainable.CASES:
        assert both[case] == pytest.approx(whole[case])
    few = attainable.attainable([plans[0], plans[1]], cell_limit=4)
    alone = [attainable.attainable([plan], cell_limit=4)["demand_known"] for plan in plans]
    pixels = sum(one["pixel_years"] for one in alone)
    assert few["demand_known"]["pixel_years"] == 2 * pixels


def test_some_pixels_and_the_others_are_all() -> None:
    """And who knows when a pixel last changed, is ahead of who does not."""
    cells = land_use.cells_of(geography(WINDOW, 1), 2000, 1)
    *_, state = land_use.history(cells, 12)
    where = np.arange(625) % 25 < 10
    names = ("demand_known", "demand_unknown", "one_map")
    parts = [{name: attainable.Expected() for name in names} for _ in range(3)]
    for part, chosen in zip(parts, (None, where, ~where), strict=True):
        attainable.expect(cells, state, part, chosen)
    for name in names:
        for score in ("pixels", "changed", "brier"):
            total, one, other = (getattr(part[name], score) for part in parts)
            assert total == pytest.approx(one + other) and one > 0 and other > 0
    near, aged = land_use.neighbours(cells, state.classes), attainable.Expected()
    attainable.expect_of_one_map(cells, state, near, aged, state.classes != 0, ages=True)
    merits = [e.scores()["figure_of_merit"] for e in (parts[0]["one_map"], aged, parts[0]["demand_known"])]
    assert merits[1] > merits[0] + 0.02 and merits[2] > merits[0]


def test_one_year_has_nothing_to_forecast() -> None:
    found = attainable.attainable([Plan(WINDOW, 2000, 1)])
    assert found["from_years"] == [] and found["demand_known"] == {}


def test_the_build_and_the_command_write_it(tmp_path: Path) -> None:
    run = CliRunner().invoke
    result = run(
        planet.app, ["build", str(tmp_path / "p"), "--window", "-9,56.5,100,100", "--years", "2000-2003"]
    )
    assert result.exit_code == 0, result.output
    path = tmp_path / "p" / "attainable.json"
    built = json.loads(path.read_text())["land_use"]
    assert built["from_years"] == [2000, 2001, 2002]
    path.unlink()
    result = run(planet.app, ["attainable", str(tmp_path / "p"), "--cells", "4", "--years", "1"])
    assert result.exit_code == 0, result.output
    again = json.loads(path.read_text())["land_use"]
    assert again["from_years"] == [2000] and again["cells"] <= 4
    assert json.loads(result.output[result.output.index("{") :]) == again
    together = tmp_path / "both.json"
    result = run(planet.app, ["attainable", *[str(tmp_path / "p")] * 2, "--output", str(together)])
    assert result.exit_code == 0, result.output
    both = json.loads(together.read_text())["land_use"]
    assert both["demand_known"] == pytest.approx(
        built["demand_known"] | {"pixel_years": 2 * built["demand_known"]["pixel_years"]}
    )
    assert json.loads(path.read_text())["land_use"] == again
    with pytest.raises(InputError, match=r"planet\.json is missing"):
        run(planet.app, ["attainable", str(tmp_path)], catch_exceptions=False)


@pytest.mark.parametrize(
    ("option", "text"),
    [
        (["--window", "1,2,3"], "LON0,LAT0,NX,NY"),
        (["--window", "-9,56.5,100.5,100"], "whole"),
        (["--window", "-9,56.5,110,100"], "of 25 pixels"),
        (["--years", "2010-2000"], "backwards"),
        (["--years", "many"], "1960-2019"),
        (["--lai-years", "2000,x"], "2010,2015-2019"),
    ],
)
def test_the_command_refuses(option: list[str], text: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=text):
        CliRunner().invoke(planet.app, ["build", str(tmp_path / "p"), *option], catch_exceptions=False)
