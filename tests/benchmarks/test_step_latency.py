"""What ``landbc_step`` costs beside the network, and what it costs where nothing is due.

Ratios are medians within one run, taken step by step or in turns, because machines are noisy; the gates
here are part of the ordinary tests and fail where the engine becomes slower by itself, not where the
machine is busy.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import one_tile
import pytest
import small_bundle

from pylandbc import emulators
from pylandbc.couple import library
from pylandbc.couple.engine import Coupler
from pylandbc.grid.window import Window

pytestmark = pytest.mark.engine

ROUNDS = 5
CELLS = (250, 400)
"""Rows and columns of the mesh of the idle step that is gated: 100,000 cells."""
FEW = (5, 6)
GATE = 2.5
"""Of the idle step, in passes of NumPy over its inputs."""
FIXED = 20e-6
"""Seconds of an idle step that are no pass over the inputs."""
SHARE = 0.05
"""Of everything but the forward in the forward, on a quiet machine (``make bench``)."""
REGRESSION = 2 * SHARE
"""The same in the ordinary tests: what moves memory suffers more from a neighbour than what computes."""
LATE = 1.3
"""Of p99 in p50 where nothing interrupts."""
STEPS, RUNS = 1000, 7
MESHES = FEW, (50, 60), CELLS, (500, 600)
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
def idle_run(bundle: Path, mesh: tuple[int, int]) -> Iterator[IdleSteps]:
    ids = small_bundle.FIRST_ID + small_bundle.ID_STEP * np.arange(mesh[0] * mesh[1])
    start = (small_bundle.STATE_YEAR, 1, 1)
    with Coupler(bundle, ids, start, calendar="noleap", threads=1) as coupler:
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
    with idle_run(idle_bundle(tmp_path, CELLS), CELLS) as step:
        act = one_pass(step.inputs)
        in_turns(step, act, 10)
        took, passed = in_turns(step, act, rounds)
        step.outputs = None
        with_outputs = [step() for _ in range(rounds)]
        benchmark.pedantic(step, rounds=1)
        assert step.coupler.timings().updates == 0
    ratio = statistics.median(took) / statistics.median(passed)
    benchmark.extra_info["rows"] = [
        [
            f"step with nothing due, {CELLS[0] * CELLS[1]:,} cells x 5 fields",
            f"{1e6 * statistics.median(took):.0f}",
            "us, p50",
        ],
        ["NumPy adding the same fields to sums", f"{1e6 * statistics.median(passed):.0f}", "us, p50"],
        ["ratio", f"{ratio:.1f}", ""],
        ["the same step, all outputs asked for", f"{1e6 * statistics.median(with_outputs):.0f}", "us, p50"],
    ]
    assert ratio <= GATE


def test_what_is_no_pass_over_the_inputs_takes_microseconds(tmp_path, benchmark):
    """30 cells x 5 fields: the passes are nothing."""
    with idle_run(idle_bundle(tmp_path, FEW), FEW) as step:
        for _ in range(10):
            step()
        took = [step() for _ in range(200)]
        benchmark.pedantic(step, rounds=1)
    benchmark.extra_info["rows"] = [
        ["step with nothing due, 30 cells x 5 fields", f"{1e6 * statistics.median(took):.2f}", "us, p50"]
    ]
    assert statistics.median(took) <= FIXED


@pytest.fixture(scope="module")
def steady_host(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A host in C that does nothing between its steps."""
    if not request.config.getoption("benchmark_enable"):
        pytest.skip("latencies of this machine; run with make bench")
    if shutil.which("cc") is None or shutil.which("pkg-config") is None:
        pytest.skip("needs a C compiler and pkg-config")
    environment = {**os.environ, "PKG_CONFIG_PATH": str(library.folder("lib") / "pkgconfig")}
    command = ["pkg-config", "--cflags", "--libs", "landbc"]
    flags = subprocess.run(
        command, env=environment, check=True, capture_output=True, text=True
    ).stdout.split()
    host = tmp_path_factory.mktemp("host") / "steady_host"
    source = Path(__file__).with_name("steady_host.c")
    subprocess.run(["cc", "-O2", "-Wall", "-Wextra", "-Werror", source, "-o", host, *flags], check=True)
    return host


@pytest.mark.parametrize("mesh", MESHES, ids=lambda mesh: f"{mesh[0] * mesh[1]:,}")
def test_a_thousand_steps_are_alike(steady_host, tmp_path, benchmark, mesh):
    """p99 beside p50 in a host in C: of one run, and of the same steps where nothing interrupts.

    What interrupts a program falls on other steps in each run, what the engine does in a step on all.
    So the least that a step took in several runs, in terms of each run's own p50, is that of a quiet machine.
    """
    bundle, cells = idle_bundle(tmp_path, mesh), mesh[0] * mesh[1]
    numbers = (small_bundle.STATE_YEAR, cells, small_bundle.FIRST_ID, small_bundle.ID_STEP, STEPS)
    command = [str(part) for part in (steady_host, bundle, *numbers)]

    def run() -> tuple[list[float], np.ndarray]:
        """How often and for how many microseconds the machine interrupts; seconds of each step."""
        first, *steps = subprocess.run(
            command, check=True, capture_output=True, text=True
        ).stdout.splitlines()
        return [float(number) for number in first.split()], np.array(steps, float)

    runs = [run() for _ in range(RUNS - 1)] + [benchmark.pedantic(run, rounds=1)]
    middle = statistics.median(np.median(seconds) for _, seconds in runs)
    alike = late(np.min([seconds / np.median(seconds) for _, seconds in runs], axis=0))
    often, long = np.median([interruptions for interruptions, _ in runs], axis=0)
    benchmark.extra_info["rows"] = [
        [f"a host in C, step with nothing due, {cells:,} cells", f"{1e6 * middle:.4g}", "us, p50"],
        [f"p99 / p50 of {STEPS:,}", f"{statistics.median(late(seconds) for _, seconds in runs):.2f}", ""],
        [f"the same, of each step the least of {RUNS} runs", f"{alike:.2f}", ""],
        ["interruptions of a program that reads the clock", f"{often:,.0f}", f"a second, of {long:.1f} us"],
    ]
    assert alike <= LATE


def late(seconds: Sequence[float]) -> float:
    """p99 over p50."""
    middle, most = np.percentile(seconds, [50, 99])
    return most / middle
