"""Latency of ``landbc_step``: where the time of an update goes, with the raw TorchScript forward beside it.

``make bench`` prints the table. Ratios are of medians within one run, the raw forward and the step taken in
turns, because machines are noisy: all that is not the forward may cost at most a tenth of it.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import pytest
import small_bundle
import torch

from pylandbc import emulators
from pylandbc.couple.engine import Coupler
from pylandbc.grid.window import Window

pytestmark = pytest.mark.engine

PHASES = ("gather", "features", "forward", "state", "scatter")
THREADS = 2
ROUNDS = 7
TILE = 624
"""Core 400 and twice the halo 112."""


@dataclass
class YearlySteps:
    """A coupled run whose every step is a year long, so that each step after the first is one update."""

    coupler: Coupler
    year: int = small_bundle.STATE_YEAR
    phases: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in PHASES})

    def __call__(self) -> None:
        cells = self.coupler.cell_ids.size
        inputs = {
            "air_temperature": (np.full(cells, 283.0), "K"),
            "precipitation_flux": (np.full(cells, 3e-5), "kg m-2 s-1"),
        }
        self.coupler.step((self.year, 1, 1), 365 * 86400, inputs)
        self.year += 1
        timings = self.coupler.timings()
        if timings.updates:
            for name in PHASES:
                self.phases[name].append(getattr(timings, name))

    def median(self, name: str) -> float:
        return statistics.median(self.phases[name])

    @property
    def overhead(self) -> float:
        """Share of everything but the forward in the forward, from the medians."""
        return sum(self.median(name) for name in PHASES if name != "forward") / self.median("forward")


@pytest.fixture(scope="module")
def one_tile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[YearlySteps]:
    """The shipped emulator on a domain of exactly one tile."""
    plan = small_bundle.Plan(
        window=Window(4000, 18000, 400, 400), mesh=(8, 8), emulator=emulators.path("land-use")
    )
    bundle = small_bundle.write(tmp_path_factory.mktemp("bench") / "bundle", plan)
    cells = small_bundle.FIRST_ID + small_bundle.ID_STEP * np.arange(64)
    with Coupler(
        bundle, cells, (small_bundle.STATE_YEAR, 1, 1), calendar="noleap", threads=THREADS, scenario="hold"
    ) as coupler:
        yield YearlySteps(coupler)


@pytest.fixture(scope="module")
def raw_forward() -> Callable[[], float]:
    """Seconds of one bare forward of the frozen archive on one tile, in channels_last like the engine."""
    torch.set_num_threads(THREADS)
    archive = emulators.path("land-use")
    card = small_bundle.read_card(archive)
    channels = {
        source: sum(entry["source"] == source for entry in card["inputs"])
        for source in ("static", "climate", "scenario")
    }
    module = torch.jit.load(str(archive)).eval()
    for parameter in module.parameters():
        if parameter.dim() == 4:
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
    module = torch.jit.freeze(module)
    block = torch.arange(TILE) // 25
    image = [
        torch.rand(1, channels[source], TILE, TILE).contiguous(memory_format=torch.channels_last)
        for source in ("static", "climate")
    ]
    arguments = (
        *image,
        torch.rand(1, channels["scenario"], int(block[-1]) + 1, int(block[-1]) + 1),
        block,
        block,
        torch.randint(1, 8, (1, TILE, TILE), dtype=torch.uint8),
        torch.ones(1, TILE, TILE, dtype=torch.uint8),
        torch.ones(1, 2),
    )

    def forward() -> float:
        begin = time.perf_counter()
        with torch.inference_mode():
            module(*arguments)
        return time.perf_counter() - begin

    for _ in range(3):
        forward()
    return forward


@pytest.mark.slow
def test_everything_but_the_forward_costs_at_most_a_tenth_of_it(one_tile, raw_forward, benchmark, capsys):
    for _ in range(2):  # the first step makes no update
        one_tile()
    for phase in one_tile.phases.values():
        phase.clear()
    raw = []
    benchmark.pedantic(one_tile, setup=lambda: raw.append(raw_forward()), rounds=ROUNDS)
    while len(raw) < ROUNDS:  # with --benchmark-disable pedantic runs once
        raw.append(raw_forward())
        one_tile()

    bare = statistics.median(raw)
    benchmark.extra_info.update({name: one_tile.median(name) for name in PHASES} | {"raw_forward": bare})
    with capsys.disabled():
        print(f"\nstep with one 624 x 624 tile, {THREADS} threads, median of {ROUNDS}, milliseconds")
        for name in PHASES:
            print(f"  {name:<22}{1e3 * one_tile.median(name):9.2f}")
        print(f"  {'raw TorchScript':<22}{1e3 * bare:9.2f}")
        print(f"  all but forward / forward {one_tile.overhead:.1%}")
        print(f"  forward / raw TorchScript {one_tile.median('forward') / bare:.3f}")
    assert one_tile.overhead <= 0.10
    assert one_tile.coupler.timings().tiles == 1


def test_a_step_without_an_update_is_cheap(one_tile, benchmark):
    """A daily step within a year only adds its inputs to the sums."""
    coupler = one_tile.coupler
    inputs = {
        "air_temperature": (np.full(64, 283.0), "K"),
        "precipitation_flux": (np.full(64, 3e-5), "kg m-2 s-1"),
    }
    one_tile()
    coupler.step((one_tile.year, 1, 1), 86400, inputs)
    hours = iter(range(24, 31 * 24))
    updates = coupler.timings().updates

    def hourly_step() -> None:
        hour = next(hours)
        coupler.step((one_tile.year, 1, 1 + hour // 24, 3600 * (hour % 24)), 3600, inputs)

    benchmark.pedantic(hourly_step, rounds=500)
    assert coupler.timings().updates == updates
    assert coupler.timings().step < 0.1 * one_tile.median("forward")
