"""Regridding against what the machine can do: kernels beside a plain copy, boundaries beside all pixels.

``make bench`` prints the tables. Kernel and copy take turns, and times are of the processor, not of the clock
on the wall, so that other work on the machine counts little. Bytes are those that must move: weights and
indices as plain compressed rows would hold them (8 for each row, 12 for each overlap), and each field once; a
copy reads and writes.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pytest

from pylandbc.grid import exact, yac
from pylandbc.grid.healpix import healpix_mesh
from pylandbc.grid.native import find_kernels, kernels
from pylandbc.grid.overlap import compute_overlap
from pylandbc.grid.window import Window

pytestmark = [
    pytest.mark.engine,
    pytest.mark.slow,
    pytest.mark.skipif(find_kernels() is None, reason="needs the compiled kernels"),
]

ROUNDS = 11
COPY = 1 << 27
"""Bytes of the plain copy."""
MANY = 16
"""Fields regridded together."""
UK = Window.from_degrees(-10.75, 49.5, 2.25, 61)


@dataclass
class Kernels:
    """The engine's kernels on a window, fields of many values and room for results."""

    overlaps: tuple[np.ndarray, np.ndarray, np.ndarray, int, int]
    on_cells: np.ndarray
    on_pixels: np.ndarray
    codes: np.ndarray

    @property
    def sparse(self) -> int:
        """Bytes of the overlaps, without the beginnings of rows."""
        return 12 * len(self.overlaps[0])


@pytest.fixture(scope="module")
def window() -> Iterator[Kernels]:
    """Great Britain at HEALPix nside 128: 600,000 pixels."""
    box = Window.from_degrees(-6, 50, 2, 57.5)
    mesh = healpix_mesh(128, "nested", box)
    found = compute_overlap(mesh, box, "exact", cache=False)
    overlaps = (found.pixel, found.cell, found.area, found.pixel_count, found.cell_count)
    rng = np.random.default_rng(0)
    patches = np.repeat(np.repeat(rng.integers(0, 8, (box.rows // 5, box.cols // 5)), 5, 0), 5, 1)
    yield Kernels(
        overlaps,
        rng.random((found.cell_count, MANY)),
        rng.random((found.pixel_count, MANY)),
        patches.astype(np.uint8).ravel(),
    )


@pytest.fixture
def enough(request: pytest.FixtureRequest) -> float:
    """Share of a copy's bandwidth below which a kernel has become slow.

    Half on a quiet machine (``make bench``). A machine of continuous integration shares its memory's bus
    with others, whom a copy and a kernel do not feel alike.
    """
    return 0.5 if request.config.getoption("benchmark_enable") else 0.35


def share_of_copy(work: Callable[[], object], moved: int, enough: float) -> float:
    """Bandwidth of some work, as a share of that of a copy on the same thread, from medians of turns.

    Measured up to three times where it falls short of ``enough``: another process that fills the memory's
    bus for a while can only make it less.
    """
    share = 0.0
    for _ in range(3):
        share = max(share, one_share(work, moved))
        if share >= enough:
            break
    return share


def one_share(work: Callable[[], object], moved: int) -> float:
    """One measurement of ``share_of_copy``."""
    source, target = np.ones(COPY, np.uint8), np.zeros(COPY, np.uint8)
    times: dict[str, list[float]] = {"copy": [], "work": []}
    for turn in range(ROUNDS + 1):
        for name, act in (("copy", lambda: np.copyto(target, source)), ("work", work)):
            begin = time.thread_time()
            act()
            if turn > 0:
                times[name].append(time.thread_time() - begin)
    copy, took = statistics.median(times["copy"]), statistics.median(times["work"])
    return (moved / took) / (2 * COPY / copy)


@pytest.mark.parametrize("kind", [np.float64, np.float32])
def test_mesh_to_grid_beside_a_copy(window, kind, benchmark, enough):
    gather = kernels().Gather(*window.overlaps)
    fields, out = window.on_cells.astype(kind), np.zeros(window.on_pixels.shape)
    share = share_of_copy(
        lambda: gather.apply(fields, out=out),
        window.sparse + 8 * len(out) + fields.nbytes + out.nbytes,
        enough,
    )
    report(benchmark, f"mesh to grid, {MANY} fields, {fields.dtype}", share)
    benchmark.pedantic(lambda: gather.apply(fields, out=out), rounds=ROUNDS)
    assert share >= enough


@pytest.mark.parametrize("kind", [np.float64, np.float32])
def test_grid_to_mesh_beside_a_copy(window, kind, benchmark, enough):
    scatter = kernels().Scatter(*window.overlaps)
    fields, out = window.on_pixels.astype(kind), np.zeros(window.on_cells.shape)
    share = share_of_copy(
        lambda: scatter.apply(fields, out=out),
        window.sparse + 8 * len(out) + fields.nbytes + out.nbytes,
        enough,
    )
    report(benchmark, f"grid to mesh, {MANY} fields, {fields.dtype}", share)
    benchmark.pedantic(lambda: scatter.apply(fields, out=out), rounds=ROUNDS)
    assert share >= enough


def test_class_areas_beside_a_copy(window, benchmark):
    """One byte a pixel instead of a field: counting is the work, not moving; a table, not a bound."""
    areas = kernels().ClassAreas(*window.overlaps)
    cells = window.overlaps[-1]
    share = share_of_copy(
        lambda: areas.sum(window.codes, 8),
        window.sparse + 8 * cells + window.sparse // 12 + 64 * cells,
        enough=0.25,
    )
    report(benchmark, "class areas, 8 classes, uint8", share)
    benchmark.pedantic(lambda: areas.sum(window.codes, 8), rounds=ROUNDS)
    assert share > 0.25


def report(benchmark, what: str, share: float) -> None:
    benchmark.extra_info["rows"] = [[what, f"{share:.2f}", "of the bandwidth of a copy, one thread"]]


def test_finding_interior_pixels_first_makes_the_uk_five_times_faster(benchmark, request):
    """The UK at HEALPix nside 128 by YAC: pixels on boundaries alone, and every pixel."""
    if not request.config.getoption("benchmark_enable"):
        pytest.skip("takes a minute; run with make bench")
    pytest.importorskip("yac")
    mesh = healpix_mesh(128, "nested", UK)

    def quick() -> None:
        compute_overlap(mesh, UK, "yac", cache=False)

    def every_pixel() -> None:
        yac.clip(mesh, UK, np.arange(UK.rows * UK.cols))

    times: dict[str, list[float]] = {"quick": [], "every pixel": [], "exact": []}
    for _ in range(3):
        for name, act in (
            ("quick", quick),
            ("every pixel", every_pixel),
            ("exact", lambda: exact.clip_window(mesh, UK)),
        ):
            begin = time.perf_counter()
            act()
            times[name].append(time.perf_counter() - begin)
    middle = {name: statistics.median(values) for name, values in times.items()}
    ratio = middle["every pixel"] / middle["quick"]
    benchmark.pedantic(lambda: exact.clip_window(mesh, UK), rounds=3)
    what = f"weights of the UK ({UK.rows} x {UK.cols} pixels), HEALPix nside 128"
    benchmark.extra_info["rows"] = [
        *([f"{what}: {name}", f"{value:.2f}", "s, median of 3"] for name, value in middle.items()),
        ["every pixel / quick", f"{ratio:.1f}", ""],
    ]
    assert ratio >= 5
