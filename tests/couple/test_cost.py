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

SMALL, LARGE = Window(4000, 18000, 400, 400), Window(4000, 18000, 1600, 1600)
HERE = Path(__file__).parent
BAR = 20
"""Bytes by pixel of land that a handle of land use, land cover and leaf area index holds in all; 9 of them in
maps. The aim is 12."""
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
    print(json.dumps([counter.counted_held() - before, counter.counted_most() - before]))
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


def counted(counter: Path, bundle: Path, cells: int) -> tuple[int, int]:
    """Bytes held while the handle lives, and at most."""
    paths = [str(HERE), os.environ.get("PYTHONPATH", "")]
    run = subprocess.run(
        [sys.executable, "-c", MEASURE, str(bundle), str(cells)],
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
    land, held = [], []
    for name, window, mesh in (("small", SMALL, (4, 4)), ("large", LARGE, (16, 16))):
        plan = small_bundle.Plan(window=window, mesh=mesh, leaf_area="month", land_cover=True)
        bundle = small_bundle.write(tmp_path / name, plan)
        land.append(cost(bundle).land)
        held.append(counted(counter, bundle, mesh[0] * mesh[1])[0])
    assert (held[1] - held[0]) / (land[1] - land[0]) <= BAR


@pytest.mark.slow
@pytest.mark.engine
def test_what_a_handle_takes_is_what_is_said(engine: Path, counter: Path, bundles: tuple[Path, Path]) -> None:
    """The difference between two windows."""
    said = [cost(bundle) for bundle in bundles]
    small = counted(counter, bundles[0], 30)
    large = counted(counter, bundles[1], 30)
    assert large[0] - small[0] == pytest.approx(said[1].held - said[0].held, rel=0.15)
    assert large[1] - small[1] <= 1.25 * (said[1].begin - said[0].begin)


def test_tiles_and_bytes_are_counted(bundles: tuple[Path, Path]) -> None:
    small, large = (cost(bundle) for bundle in bundles)
    assert small.by_pixel == 3, "whether it changes, the map that holds, and the one in the making"
    assert small.land <= small.live <= 1.15 * small.land
    assert small.held > 3 * small.live + 3 * CHUNKS
    assert (small.tiles, large.tiles) == (1, 16)


def test_too_much_is_refused_with_what_it_needs(bundles: tuple[Path, Path]) -> None:
    assert check_memory(bundles[0], 10**10) == cost(bundles[0])
    with pytest.raises(InputError, match=r"needs \d\.\d GB to begin .* more ranks"):
        check_memory(bundles[1], 10**8)
