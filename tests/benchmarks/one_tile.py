"""A coupled run on a domain of exactly one tile, whose every step is a year long: each step is one update."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import small_bundle

from pylandbc.couple.engine import Coupler
from pylandbc.grid.window import Window

PHASES = ("gather", "features", "forward", "state", "scatter")
MESH = (8, 8)


def plan(emulator: Path | None) -> small_bundle.Plan:
    """One tile of land far from the dateline; the small emulator of the tests where none is named."""
    return small_bundle.Plan(window=Window(4000, 18000, 400, 400), mesh=MESH, emulator=emulator)


@dataclass
class YearlySteps:
    """Calls itself a step; collects the seconds of each phase."""

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
        """Share of everything but the forward in the forward, median over the steps."""
        steps = zip(*(self.phases[name] for name in PHASES), strict=True)
        at = PHASES.index("forward")
        return statistics.median((sum(step) - step[at]) / step[at] for step in steps)


def opened(
    bundle: Path,
    threads: int,
    device: str = "cpu",
    cells: int = MESH[0] * MESH[1],
    device_graphs: bool = False,
) -> YearlySteps:
    """A run of a bundle made from ``plan``, or of another with so many cells."""
    ids = small_bundle.FIRST_ID + small_bundle.ID_STEP * np.arange(cells)
    start = (small_bundle.STATE_YEAR, 1, 1)
    return YearlySteps(
        Coupler(
            bundle,
            ids,
            start,
            calendar="noleap",
            threads=threads,
            scenario="hold",
            device=device,
            device_graphs=device_graphs,
        )
    )


def one_tile_run(
    bundle: Path, emulator: Path | None, threads: int, device: str = "cpu", device_graphs: bool = False
) -> YearlySteps:
    """Writes the bundle and begins the run."""
    return opened(small_bundle.write(bundle, plan(emulator)), threads, device, device_graphs=device_graphs)
