"""What recording adds to a step, by the engine's own timings: a small host with nothing due, an update, and a
whole year of both with everything that is written.

Medians, steps of a recorded and a plain run in turns, because machines are noisy.
"""

from __future__ import annotations

import statistics
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import one_tile
import pytest
import small_bundle

from pylandbc import emulators
from pylandbc.couple.engine import Coupler

pytestmark = pytest.mark.engine
CELLS = 30
NO_LEAP_YEAR = date(2001, 1, 1)
UPDATES = 5
IDLE_GATE = 0.20
"""Of a step of few cells, which itself does little more than read its inputs once."""
UPDATE_GATE = 0.02
YEAR_GATE = 0.15
"""Of the library's time in a year of many small steps and one update: 18 MB go to the page cache."""
TRIES = 3
"""Years at most: where others write to the disk, a megabyte of ours waits for theirs."""


def test_an_idle_step_of_a_small_host(tmp_path: Path, benchmark, request) -> None:
    """Copying the inputs once, and a megabyte written now and then."""
    bundle = small_bundle.write(tmp_path / "bundle")
    ids = small_bundle.FIRST_ID + small_bundle.ID_STEP * np.arange(CELLS)
    start = (small_bundle.STATE_YEAR, 1, 1)
    inputs = {
        "air_temperature": (np.full(CELLS, 283.0), "K"),
        "precipitation_flux": (np.full(CELLS, 3e-5), "kg m-2 s-1"),
    }
    rounds = 48 * 31 if request.config.getoption("benchmark_enable") else 480
    took: dict[str, list[float]] = {"plain": [], "recorded": [], "of it recording": []}
    with (
        Coupler(bundle, ids, start, calendar="noleap", threads=1) as plain,
        Coupler(bundle, ids, start, calendar="noleap", threads=1, recording=tmp_path / "run.nc") as recorded,
    ):
        halves = iter(range(rounds))

        def step() -> None:
            at = 1800 * next(halves)
            date = (small_bundle.STATE_YEAR, 1, 1 + at // 86400, at % 86400)
            plain.step(date, 1800, inputs)
            recorded.step(date, 1800, inputs)
            took["plain"].append(plain.timings().step)
            took["recorded"].append(recorded.timings().step)
            took["of it recording"].append(recorded.timings().record)

        benchmark.pedantic(step, rounds=rounds)
        while len(took["plain"]) < rounds:  # with --benchmark-disable pedantic runs once
            step()
    median = {name: statistics.median(seconds) for name, seconds in took.items()}
    share = median["of it recording"] / median["recorded"]
    benchmark.extra_info["rows"] = [
        *([f"step, 30 cells, {name}", f"{1e6 * value:.2f}", "us, p50"] for name, value in median.items()),
        ["share of recording", f"{100 * share:.1f}", "%"],
    ]
    assert share <= IDLE_GATE
    assert median["recorded"] <= (1 + 2 * IDLE_GATE) * median["plain"]


def test_an_update_of_one_tile(tmp_path: Path, benchmark, request) -> None:
    """The shipped emulator on one 624 tile: fingerprint of the map, fractions, and writing them."""
    bundle = small_bundle.write(tmp_path / "bundle", one_tile.plan(emulators.path("land-use")))
    ids = small_bundle.FIRST_ID + small_bundle.ID_STEP * np.arange(one_tile.MESH[0] * one_tile.MESH[1])
    coupler = Coupler(
        bundle,
        ids,
        (small_bundle.STATE_YEAR, 1, 1),
        calendar="noleap",
        threads=1,
        scenario="hold",
        recording=tmp_path / "run.nc",
    )
    shares = []
    with coupler:
        steps = one_tile.YearlySteps(coupler)
        steps()

        def step() -> None:
            steps()
            timings = coupler.timings()
            shares.append(timings.record / timings.step)

        rounds = 4 * UPDATES if request.config.getoption("benchmark_enable") else UPDATES
        benchmark.pedantic(step, rounds=rounds)
        while len(shares) < rounds:
            step()
    share = statistics.median(shares)
    benchmark.extra_info["rows"] = [["recording an update, one tile of 624", f"{100 * share:.2f}", "% of it"]]
    assert share <= UPDATE_GATE


@pytest.mark.parametrize(("record", "gate"), [("steps", YEAR_GATE), ("updates", UPDATE_GATE)])
def test_a_year_of_half_hours(tmp_path: Path, benchmark, record: str, gate: float) -> None:
    """All steps of a year of a small host, and the one update that they lead to, on one tile."""
    bundle = small_bundle.write(tmp_path / "bundle", one_tile.plan(emulators.path("land-use")))
    cells = one_tile.MESH[0] * one_tile.MESH[1]
    ids = small_bundle.FIRST_ID + small_bundle.ID_STEP * np.arange(cells)
    year = small_bundle.STATE_YEAR
    inputs = {
        "air_temperature": (np.full(cells, 283.0), "K"),
        "precipitation_flux": (np.full(cells, 3e-5), "kg m-2 s-1"),
    }
    file = tmp_path / "run.nc"
    options = {"calendar": "noleap", "threads": 1, "recording": file, "record": record}

    def whole_year() -> dict[str, float]:
        """Seconds of its steps, and of recording in them."""
        total = {"step": 0.0, "record": 0.0, "updates": 0}
        with Coupler(bundle, ids, (year, 1, 1), **options) as coupler:

            def step(*begin: int) -> None:
                coupler.step(begin, 1800, inputs)
                timings = coupler.timings()
                for name in total:
                    total[name] += getattr(timings, name)

            for day in range(365):
                at = NO_LEAP_YEAR + timedelta(days=day)
                for half in range(48):
                    step(year, at.month, at.day, 1800 * half)
            step(year + 1, 1, 1, 0)
        return total

    total = benchmark.pedantic(whole_year, rounds=1)
    for _ in range(TRIES - 1):
        if total["record"] <= gate * total["step"]:
            break
        total = whole_year()
    assert total["updates"] == 1
    size, inputs_bytes = file.stat().st_size, 2 * 8 * cells * 48 * 365
    assert size > inputs_bytes if record == "steps" else size < inputs_bytes / 500
    share = total["record"] / total["step"]
    benchmark.extra_info["rows"] = [
        [f"a year of half-hours, {cells} cells, one update, {record} recorded", f"{total['step']:.2f}", "s"],
        [f"of it recording, {1e-6 * size:.2g} MB written", f"{100 * share:.2f}", "%"],
    ]
    assert share <= gate
