"""What ``landbc_step`` costs beside the network, and what it costs where nothing is due.

Ratios are medians within one run, taken step by step or in turns, because machines are noisy; the gates
here are part of the ordinary tests and fail where the engine becomes slower by itself, not where the
machine is busy.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import one_tile
import pytest
import small_bundle

from pylandbc import emulators
from pylandbc.couple.engine import Coupler
from pylandbc.grid.window import Window

pytestmark = pytest.mark.engine

ROUNDS = 5
CELLS = (250, 400)
"""Rows and columns of the mesh of the idle step that is gated: 100,000 cells."""
GATE = 2.5
"""Of the idle step, in passes of NumPy over its inputs."""
FIXED = 20e-6
"""Seconds of an idle step that are no pass over the inputs."""
SHARE = 0.05
"""Of everything but the forward in the forward, on a quiet machine (``make bench``)."""
REGRESSION = 2 * SHARE
"""The same in the ordinary tests: what moves memory suffers more from a neighbour than what computes."""
FIRST = 1.5
"""Of the first update in the others, with room for a busy machine."""
UK = Window(2900, 16925, 1150, 1300)
"""11 W to 2 E, 49.5 to 61 N."""
FIELDS = ("air_temperature", "precipitation_flux", "soil_moisture", "wind", "radiation")


@pytest.fixture(scope="module")
def steps(tmp_path_factory: pytest.TempPathFactory) -> Iterator[one_tile.YearlySteps]:
    """The shipped emulator on a domain of exactly one tile."""
    run = one_tile.one_tile_run(
        tmp_path_factory.mktemp("bench") / "bundle", emulators.path("land-use"), threads=1
    )
    with run.coupler:
        yield run


def test_everything_but_the_forward_is_little_beside_it(steps, benchmark, request):
    for _ in range(2):  # the first step makes no update
        steps()
    seconds = []

    def step() -> None:
        begin = time.perf_counter()
        steps()
        seconds.append(time.perf_counter() - begin)

    rounds = 4 * ROUNDS if request.config.getoption("benchmark_enable") else ROUNDS
    benchmark.pedantic(step, rounds=rounds)
    while len(seconds) < rounds:  # with --benchmark-disable pedantic runs once
        step()
    earliest = steps.phases["forward"][0]
    benchmark.extra_info["rows"] = [
        *([name, f"{1e3 * steps.median(name):.1f}", "ms, one tile of 624"] for name in one_tile.PHASES),
        ["all but the network / the network", f"{100 * steps.overhead:.1f}", "%"],
        ["forward of the first update / of the others", f"{earliest / steps.median('forward'):.2f}", ""],
    ]
    assert steps.coupler.timings().tiles == 1
    assert steps.overhead <= (SHARE if request.config.getoption("benchmark_enable") else REGRESSION)
    # The model is warmed up before the first step.
    assert earliest <= FIRST * steps.median("forward")


def test_a_domain_of_the_size_of_the_united_kingdom(tmp_path, benchmark, request):
    """Many tiles, native cells of a quarter of a degree."""
    if not request.config.getoption("benchmark_enable"):
        pytest.skip("half a minute of an idle core; run with make bench")
    mesh = (UK.rows // 25, UK.cols // 25)
    plan = small_bundle.Plan(window=UK, mesh=mesh, emulator=emulators.path("land-use"))
    run = one_tile.opened(small_bundle.write(tmp_path / "bundle", plan), 1, cells=mesh[0] * mesh[1])
    with run.coupler:
        for _ in range(2):
            run()
        benchmark.pedantic(run, rounds=1)
        tiles = run.coupler.timings().tiles
    benchmark.extra_info["rows"] = [
        [f"domain of {UK.rows} x {UK.cols}, {tiles} tiles: the network", f"{run.median('forward'):.2f}", "s"],
        ["all but the network / the network", f"{100 * run.overhead:.1f}", "%"],
    ]
    assert run.overhead <= SHARE


def idle_bundle(folder: Path, mesh: tuple[int, int]) -> Path:
    """A bundle on one tile whose emulator wants five fields."""
    entries = small_bundle.card()["inputs"]
    unit = {"air_temperature": "K", "precipitation_flux": "kg m-2 s-1"}
    climate = [
        {"name": name, "unit": unit.get(name, "1"), "source": "climate", "statistic": "mean"}
        for name in FIELDS
    ]
    others = [entry for entry in entries if entry["source"] != "climate"]
    at = next(i for i, entry in enumerate(others) if entry["source"] != "static")
    folder.mkdir(exist_ok=True)
    small_bundle.write_emulator(folder / "e.pt", inputs=[*others[:at], *climate, *others[at:]])
    plan = small_bundle.Plan(window=Window(4000, 18000, 400, 400), mesh=mesh, emulator=folder / "e.pt")
    return small_bundle.write(folder / "bundle", plan)


def idle_inputs(cells: int) -> dict[str, tuple[np.ndarray, str]]:
    level = {"air_temperature": (283.0, "K"), "precipitation_flux": (3e-5, "kg m-2 s-1")}
    found = {name: level.get(name, (1.0, "1")) for name in FIELDS}
    return {name: (np.full(cells, value), unit) for name, (value, unit) in found.items()}


class IdleSteps:
    """Calls itself a step in which nothing is due; the seconds that it took inside the engine.

    ``outputs`` are the names of those that it asks for, as a host does in whose step nothing changed: none.
    """

    def __init__(self, coupler: Coupler) -> None:
        self.coupler = coupler
        self.outputs: tuple[str, ...] | None = ()
        self.inputs = idle_inputs(coupler.cell_ids.size)
        self.at = iter(range(0, 31 * 86400, 1200))

    def __call__(self) -> float:
        at = next(self.at)
        date = (small_bundle.STATE_YEAR, 1, 1 + at // 86400, at % 86400)
        self.coupler.step(date, 1200, self.inputs, self.outputs)
        return self.coupler.timings().step


@contextmanager
def idle_run(folder: Path, mesh: tuple[int, int]) -> Iterator[IdleSteps]:
    ids = small_bundle.FIRST_ID + small_bundle.ID_STEP * np.arange(mesh[0] * mesh[1])
    start = (small_bundle.STATE_YEAR, 1, 1)
    with Coupler(idle_bundle(folder, mesh), ids, start, calendar="noleap", threads=1) as coupler:
        yield IdleSteps(coupler)


def one_pass(inputs: dict[str, tuple[np.ndarray, str]]) -> Callable[[], float]:
    """Seconds in which NumPy adds the inputs to sums."""
    cells = inputs["wind"][0].size
    sums = {name: np.zeros(cells) for name in FIELDS}
    room = np.empty(cells)

    def act() -> float:
        begin = time.perf_counter()
        for name, (given, _) in inputs.items():
            np.multiply(given, 3600.0, out=room)
            sums[name] += room
        return time.perf_counter() - begin

    return act


def in_turns(first: Callable[[], float], second: Callable[[], float], rounds: int) -> tuple[list, list]:
    """Seconds of two acts that take turns."""
    pairs = [(first(), second()) for _ in range(rounds)]
    return [a for a, _ in pairs], [b for _, b in pairs]


def test_a_step_in_which_nothing_is_due_costs_a_pass_over_the_inputs(tmp_path, benchmark, request):
    """100,000 cells x 5 fields, beside reading them once, adding them to sums in NumPy."""
    rounds = 400 if request.config.getoption("benchmark_enable") else 60
    with idle_run(tmp_path, CELLS) as step:
        act = one_pass(step.inputs)
        in_turns(step, act, 10)
        took, passed = in_turns(step, act, rounds)
        step.outputs = None
        with_outputs = [step() for _ in range(rounds)]
        benchmark.pedantic(step, rounds=1)
        assert step.coupler.timings().updates == 0
    ratio = statistics.median(took) / statistics.median(passed)
    benchmark.extra_info["rows"] = [
        *idle_rows(took, CELLS[0] * CELLS[1]),
        ["NumPy adding the same fields to sums", f"{1e6 * statistics.median(passed):.0f}", "us, p50"],
        ["ratio", f"{ratio:.1f}", ""],
        ["the same step, all outputs asked for", f"{1e6 * statistics.median(with_outputs):.0f}", "us, p50"],
    ]
    assert ratio <= GATE


def idle_rows(took: list[float], cells: int) -> list[list[str]]:
    middle, late = np.percentile(took, [50, 99])
    return [
        [f"step with nothing due, {cells:,} cells x 5 fields", f"{1e6 * middle:.4g}", "us, p50"],
        ["", f"{1e6 * late:.4g}", f"us, p99 of {len(took):,}"],
        ["p99 / p50", f"{late / middle:.2f}", ""],
    ]


def test_what_is_no_pass_over_the_inputs_takes_microseconds(tmp_path, benchmark, request):
    """30 cells x 5 fields: the passes are nothing."""
    rounds = 1000 if request.config.getoption("benchmark_enable") else 200
    with idle_run(tmp_path, (5, 6)) as step:
        for _ in range(10):
            step()
        took = [step() for _ in range(rounds)]
        benchmark.pedantic(step, rounds=1)
    benchmark.extra_info["rows"] = idle_rows(took, 30)
    assert statistics.median(took) <= FIXED


@pytest.mark.parametrize("mesh", [(50, 60), (500, 600)], ids=["3,000", "300,000"])
def test_a_thousand_steps_of_a_larger_host(tmp_path, benchmark, request, mesh):
    if not request.config.getoption("benchmark_enable"):
        pytest.skip("latencies of this machine; run with make bench")
    with idle_run(tmp_path, mesh) as step:
        for _ in range(10):
            step()
        took, passed = in_turns(step, one_pass(step.inputs), 1000)
        benchmark.pedantic(step, rounds=1)
    middle, late = np.percentile(passed, [50, 99])
    benchmark.extra_info["rows"] = [
        *idle_rows(took, mesh[0] * mesh[1]),
        ["NumPy adding the same fields to sums", f"{1e6 * middle:.0f}", "us, p50"],
        ["its p99 / p50, of the machine", f"{late / middle:.2f}", ""],
    ]
