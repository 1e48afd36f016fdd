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
import scipy.sparse

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
TRIES = 3
COPY = 1 << 27
"""Bytes of the plain copy."""
ENOUGH = 0.5
"""Share of a copy's bandwidth below which a kernel has become slow."""
MANY = 16
"""Fields regridded together."""
OF_A_COPY = "of the bandwidth of a copy, one thread"
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


@pytest.fixture(params=[np.float64, np.float32])
def kind(request: pytest.FixtureRequest) -> type:
    """Of the fields that come from a host or go to it."""
    return request.param


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


def bandwidth(work: Callable[[], object], moved: int) -> float:
    """Bandwidth of some work, as a share of that of a copy on the same thread.

    The largest of up to three measurements: whoever else fills the memory's bus for a while makes it less.
    """
    source, target = np.ones(COPY, np.uint8), np.zeros(COPY, np.uint8)
    share = 0.0
    for _ in range(TRIES):
        copy, took = in_turns(lambda: np.copyto(target, source), work)
        share = max(share, (moved / took) / (2 * COPY / copy))
        if share >= ENOUGH:
            break
    return share


def in_turns(*works: Callable[[], object]) -> list[float]:
    """Median seconds of the processor of works that take turns; the first turn is not counted."""
    times: list[list[float]] = [[] for _ in works]
    for turn in range(ROUNDS + 1):
        for found, work in zip(times, works, strict=True):
            begin = time.thread_time()
            work()
            if turn > 0:
                found.append(time.thread_time() - begin)
    return [statistics.median(found) for found in times]


def test_mesh_to_grid(window, kind, benchmark, request):
    gather = kernels().Gather(*window.overlaps)
    fields, out = window.on_cells.astype(kind), np.zeros(window.on_pixels.shape)
    pixel, cell, area, pixels, cells = window.overlaps
    rows = scipy.sparse.csr_array((area, (pixel, cell)), shape=(pixels, cells))
    check(f"mesh to grid, {MANY} fields", gather, rows, fields, out, window.sparse, benchmark, request)


def test_grid_to_mesh(window, kind, benchmark, request):
    scatter = kernels().Scatter(*window.overlaps)
    fields, out = window.on_pixels.astype(kind), np.zeros(window.on_cells.shape)
    pixel, cell, area, pixels, cells = window.overlaps
    rows = scipy.sparse.csr_array((area, (cell, pixel)), shape=(cells, pixels))
    check(f"grid to mesh, {MANY} fields", scatter, rows, fields, out, window.sparse, benchmark, request)


def check(what: str, kernel, rows, fields, out, sparse: int, benchmark, request) -> None:
    """A kernel is no slower than SciPy's product of the same rows; ``make bench`` sets it beside a copy, too.

    A machine of continuous integration shares its memory's bus with others. A kernel and a copy do not feel
    them alike; two products of the same rows do.
    """

    def apply() -> None:
        kernel.apply(fields, out=out)

    product, took = in_turns(lambda: rows @ fields, apply)
    share = bandwidth(apply, sparse + 8 * len(out) + fields.nbytes + out.nbytes)
    benchmark.extra_info["rows"] = [
        [f"{what}, {fields.dtype}", f"{share:.2f}", OF_A_COPY],
        ["SciPy's product / it", f"{product / took:.1f}", ""],
    ]
    benchmark.pedantic(apply, rounds=ROUNDS)
    assert took <= product
    assert share >= ENOUGH or not request.config.getoption("benchmark_enable")


def test_class_areas(window, benchmark):
    """One byte a pixel instead of a field: counting is the work, not moving; never slower than NumPy's."""
    areas = kernels().ClassAreas(*window.overlaps)
    pixel, cell, area, _, cells = window.overlaps

    def count() -> None:
        areas.sum(window.codes, 8)

    def by_numpy() -> None:
        np.bincount(8 * cell + window.codes[pixel], weights=area, minlength=8 * cells)

    slower, took = in_turns(by_numpy, count)
    share = bandwidth(count, window.sparse + 8 * cells + window.sparse // 12 + 64 * cells)
    benchmark.extra_info["rows"] = [
        ["class areas, 8 classes, uint8", f"{share:.2f}", OF_A_COPY],
        ["NumPy's bincount / it", f"{slower / took:.1f}", ""],
    ]
    benchmark.pedantic(count, rounds=ROUNDS)
    assert took <= slower


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
