"""What is said of a bundle's memory, against a count of what a process holds; too much is refused.

The count is the C library's: ``count_memory.c`` stands in for its allocator, so that what engine, libtorch
and netCDF hold is seen to the byte and the machine's load does not matter.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import small_bundle

from pylandbc.couple.cost import CHUNKS, check_memory, cost
from pylandbc.errors import InputError
from pylandbc.grid.window import Window

SMALL, LARGE = Window(4000, 18000, 800, 800), Window(4000, 18000, 1600, 1600)
HERE = Path(__file__).parent
BAR = 12
"""Bytes by pixel of land that a handle of land use, land cover and leaf area index holds in all; 8.1 of them
in maps."""
MONTHS = 2
"""Updates of leaf area index before memory is counted: it then has four maps of its past, two of them out of
memory."""
MEASURE = """
import ctypes, json, sys
import numpy as np
import small_bundle
from pylandbc.couple.engine import Coupler
counter = ctypes.CDLL(None)
for name in ("counted_held", "counted_most"):
    getattr(counter, name).restype = ctypes.c_long
cells = int(sys.argv[2])
ids = small_bundle.FIRST_ID + small_bundle.ID_STEP * np.arange(cells)
before = counter.counted_held()
counter.counted_most()
with Coupler(sys.argv[1], ids, (2009, 1, 1), calendar="noleap", threads=1, scenario="hold") as coupler:
    levels = {"K": 281.0, "kg m-2 s-1": 2e-5, "ppm": 390.0}
    given = {one.name: (np.full(cells, levels[one.unit]), one.unit) for one in coupler.inputs}
    for month in range(int(sys.argv[3])):
        coupler.step((2009, 1 + month, 1), 86400 * (31, 28, 31)[month], given)
    print(json.dumps([counter.counted_held() - before, counter.counted_most() - before]))
"""

UPDATES = """
import ctypes, json, sys
from pathlib import Path
import one_tile
from pylandbc import emulators
class Heap(ctypes.Structure):  # struct mallinfo2 of the C library
    names = "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost"
    _fields_ = [(name, ctypes.c_size_t) for name in names.split()]
counter = ctypes.CDLL(None)
counter.counted_large.restype = ctypes.c_long
counter.mallinfo2.restype = Heap
run = one_tile.one_tile_run(Path(sys.argv[1]), emulators.path("land-use"), threads=1)
made = [(0, counter.counted_large(), 0)]
with run.coupler:
    for _ in range(6):
        before = counter.counted_large()
        run()
        heap, updates = counter.mallinfo2(), run.coupler.timings().updates
        made.append((updates, counter.counted_large() - before, heap.arena + heap.hblkhd))
print(json.dumps(made))
"""


@pytest.fixture(scope="module")
def counter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    compiler = shutil.which("cc")
    if compiler is None or not sys.platform.startswith("linux"):
        pytest.skip("counts with an allocator in C, on Linux")
    library = tmp_path_factory.mktemp("counter") / "count.so"
    subprocess.run(
        [compiler, "-O2", "-shared", "-fPIC", str(HERE / "count_memory.c"), "-o", str(library)], check=True
    )
    return library


def counted(counter: Path, bundle: Path, cells: int, steps: int = 0) -> tuple[int, int]:
    """Bytes held while the handle lives, after steps of a month, and at most."""
    paths = [str(HERE), os.environ.get("PYTHONPATH", "")]
    run = subprocess.run(
        [sys.executable, "-c", MEASURE, str(bundle), str(cells), str(steps)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), "LD_PRELOAD": str(counter)},
        check=True,
        capture_output=True,
        text=True,
    )
    held, begin = json.loads(run.stdout.splitlines()[-1])
    return held, begin


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Land use alone."""
    folder = tmp_path_factory.mktemp("cost")
    return (
        small_bundle.write(folder / "small", small_bundle.Plan(window=SMALL)),
        small_bundle.write(folder / "large", small_bundle.Plan(window=LARGE)),
    )


@pytest.mark.slow
@pytest.mark.engine
def test_what_a_pixel_of_land_takes(engine: Path, counter: Path, tmp_path: Path) -> None:
    """Land use, land cover and leaf area index together; native cells of one degree.

    The difference between two windows: the process itself and the tile's memory fall out.
    """
    said, held = [], []
    for name, window, mesh in (("small", SMALL, (8, 8)), ("large", LARGE, (16, 16))):
        plan = small_bundle.Plan(window=window, mesh=mesh, leaf_area="month", land_cover=True)
        bundle = small_bundle.write(tmp_path / name, plan)
        said.append(cost(bundle))
        # the first step makes no update
        held.append(counted(counter, bundle, mesh[0] * mesh[1], MONTHS + 1)[0])
    assert held[1] - held[0] == pytest.approx(said[1].kept - said[0].kept, rel=0.05)
    assert (held[1] - held[0]) / (said[1].land - said[0].land) <= BAR


@pytest.mark.slow
@pytest.mark.engine
def test_what_a_handle_takes_is_what_is_said(engine: Path, counter: Path, bundles: tuple[Path, Path]) -> None:
    """The difference between two windows."""
    said = [cost(bundle) for bundle in bundles]
    small = counted(counter, bundles[0], 30)
    large = counted(counter, bundles[1], 30)
    assert large[0] - small[0] == pytest.approx(said[1].kept - said[0].kept, rel=0.05)
    assert large[1] - small[1] <= 1.25 * (said[1].begin - said[0].begin)


@pytest.mark.slow
@pytest.mark.engine
def test_updates_take_nothing_from_the_system(engine: Path, counter: Path, tmp_path: Path) -> None:
    """A tile of the shipped emulator: its hundreds of megabytes are those of the updates before.

    libtorch asks for a small block for each tensor that it describes; those come from the heap as it is.
    """
    paths = [str(HERE), str(HERE.parent / "benchmarks"), os.environ.get("PYTHONPATH", "")]
    run = subprocess.run(
        [sys.executable, "-c", UPDATES, str(tmp_path / "bundle")],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), "LD_PRELOAD": str(counter)},
        check=True,
        capture_output=True,
        text=True,
    )
    made = json.loads(run.stdout.splitlines()[-1])
    (_, warm_up, _), *made = made
    assert warm_up > 10, "nothing was counted"
    updates, large, heap = zip(*made, strict=True)
    assert updates == tuple(range(6))
    assert large[2:] == (0, 0, 0, 0), made
    assert heap[2] > 1e8, "the heap was not seen"
    assert heap[3:] == (heap[2],) * 3, made


def test_tiles_and_bytes_are_counted(bundles: tuple[Path, Path]) -> None:
    small, large = (cost(bundle) for bundle in bundles)
    assert small.by_pixel == 2.125, "whether it changes, the map that holds, and the one in the making"
    assert small.land <= small.live <= 1.15 * small.land
    assert small.kept > 2.125 * small.live + 3 * CHUNKS
    assert small.scratch == 0
    assert (small.tiles, large.tiles) == (4, 16)


def test_too_much_is_refused_with_what_it_needs(bundles: tuple[Path, Path]) -> None:
    assert check_memory(bundles[0], 10**10) == cost(bundles[0])
    with pytest.raises(InputError, match=r"needs \d\.\d GB to begin .* more ranks"):
        check_memory(bundles[1], 10**8)
