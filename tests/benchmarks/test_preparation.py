"""Rates of the preparation: synthesising a planet; building a cube beside a plain Zarr write of it.

Both are times of the processor; the plain write stores the same bytes with the same chunks and compression.
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
import zarr

from pylandbc.cube.build import build_cube
from pylandbc.cube.config import CubeConfig
from pylandbc.grid.window import Window
from pylandbc.planet.build import FILES, build_planet

SMALL = Window(3250, 17100, 300, 400)
FIRST, YEARS = 2000, 5


@pytest.fixture(scope="module")
def planet(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, float]:
    """A planet of 3 x 4 degrees and the seconds that it took."""
    begin = time.process_time()
    folder = build_planet(
        tmp_path_factory.mktemp("planet") / "one", window=SMALL, first_year=FIRST, years=YEARS, seed=1
    )
    return folder, time.process_time() - begin


def copy_plainly(source: zarr.Group, target: Path) -> float:
    """Seconds to write the arrays of a cube again, read beforehand."""
    held = [(name, array, array[...]) for name, array in source.arrays()]
    begin = time.process_time()
    group = zarr.create_group(str(target))
    for name, array, values in held:
        chunks = array.chunks
        copy = group.create_array(
            name, shape=array.shape, chunks=chunks, shards=array.shards, dtype=array.dtype,
            compressors=array.compressors or None,
        )  # fmt: skip
        copy[...] = values
    return time.process_time() - begin


def test_planet_and_cube(planet, tmp_path, benchmark, request):
    if not request.config.getoption("benchmark_enable"):
        pytest.skip("a rate of this machine; run with make bench")
    folder, synthesis = planet
    last = FIRST + YEARS - 1
    config = CubeConfig.model_validate(
        {
            "window": {"west": SMALL.west, "south": SMALL.south, "east": SMALL.east, "north": SMALL.north},
            "training_years": list(range(FIRST, last)),
            "scenario_source": "hilda_fractions",
            "output": str(tmp_path / "cube.zarr"),
            "land_use": [{"file": FILES["land_use"], "first_year": FIRST, "last_year": last}],
            "elevation": [{"product": "gebco", "file": FILES["relief"]}],
            "bathymetry": [{"product": "gebco", "file": FILES["relief"]}],
            "climate": {"files": [FILES["temperature"], FILES["precipitation"]]},
        }
    )
    seconds = []

    def build() -> Path:
        begin = time.process_time()
        path = build_cube(config, folder, overwrite=True)
        seconds.append(time.process_time() - begin)
        return path

    path = benchmark.pedantic(build, rounds=1)
    cube = zarr.open_group(str(path), mode="r")
    plain = min(copy_plainly(cube, tmp_path / f"plain{turn}.zarr") for turn in range(3))
    bytes_held = sum(int(np.prod(array.shape)) * array.dtype.itemsize for _, array in cube.arrays())
    pixels = SMALL.rows * SMALL.cols * YEARS
    benchmark.extra_info["rows"] = [
        ["planet build", f"{pixels / synthesis / 1e3:.0f}", "thousand pixel-years per second and core"],
        ["cube build", f"{bytes_held / min(seconds) / 1e6:.1f}", "MB per second and core"],
        ["plain Zarr write of the same arrays", f"{bytes_held / plain / 1e6:.1f}", "MB per second and core"],
    ]
    assert bytes_held > 1e6
