"""What is said of a bundle's memory, against what a process takes; too much is refused beforehand."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import small_bundle

from pylandbc.couple.cost import WORKSPACE, check_memory, cost
from pylandbc.errors import InputError
from pylandbc.grid.window import Window

SMALL, LARGE = Window(4000, 18000, 400, 400), Window(4000, 18000, 1600, 1600)
MEASURE = """
import sys, resource, numpy as np, torch
from pylandbc.couple.engine import Coupler
import small_bundle
ids = small_bundle.FIRST_ID + small_bundle.ID_STEP * np.arange(30)
def resident():
    return next(int(l.split()[1]) for l in open("/proc/self/status") if l.startswith("VmRSS")) * 1024
with Coupler(sys.argv[1], ids, (2009, 1, 1), calendar="noleap", threads=1) as coupler:
    print(resident(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
"""


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("cost")
    return (
        small_bundle.write(folder / "small", small_bundle.Plan(window=SMALL)),
        small_bundle.write(folder / "large", small_bundle.Plan(window=LARGE)),
    )


def taken(bundle: Path) -> np.ndarray:
    """Bytes resident while the handle lives, and at most, of a process of its own."""
    paths = [str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]
    run = subprocess.run(
        [sys.executable, "-c", MEASURE, str(bundle)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        check=True,
        capture_output=True,
        text=True,
    )
    return np.array([int(word) for word in run.stdout.split()])


@pytest.mark.slow
@pytest.mark.engine
def test_what_a_handle_takes_is_what_is_said(engine: Path, bundles: tuple[Path, Path]) -> None:
    """The difference between two windows: the process itself and the tile's memory fall out."""
    said = [cost(bundle) for bundle in bundles]
    held, begin = taken(bundles[1]) - taken(bundles[0])
    assert held == pytest.approx(said[1].held - said[0].held, rel=0.25)
    assert begin <= 1.25 * (said[1].begin - said[0].begin)


def test_tiles_and_bytes_are_counted(bundles: tuple[Path, Path]) -> None:
    small, large = (cost(bundle) for bundle in bundles)
    # Three static and two climate fields of four bytes, five of state.
    assert small.by_pixel == 25
    assert small.canvas == (3 * 400 + 224) ** 2, "margins of 125 reach into the tiles around"
    assert small.held > 25 * small.canvas + WORKSPACE * 624**2
    assert (small.tiles, large.tiles) == (1, 16)


def test_too_much_is_refused_with_what_it_needs(bundles: tuple[Path, Path]) -> None:
    assert check_memory(bundles[0], 10**10) == cost(bundles[0])
    with pytest.raises(InputError, match=r"needs \d\.\d GB to begin .* more ranks"):
        check_memory(bundles[1], 10**8)
