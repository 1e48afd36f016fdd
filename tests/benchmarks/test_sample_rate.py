"""How many samples a second a core reads from disk, with every channel that a cube can hold.

A core reads at least four times as many as it could train on (256 x 256 pixels, the network that ships,
forwards and backwards): training on processors never waits for data. `make bench` prints both. Processor
time counts, not the clock, so that other processes do not; the files are in the page cache, as they are in
training after the first epoch.
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
import zarr
from pytest_benchmark.fixture import BenchmarkFixture
from torch.utils.data import Dataset

from pylandbc.cube import samples, vegetation_samples
from pylandbc.cube.categories import Category
from pylandbc.cube.layers import Layers, Vegetation
from pylandbc.cube.layout import SLOPE_VARIABLES, SOIL_VARIABLES, STATIC_VARIABLES
from pylandbc.cube.open import Cube
from pylandbc.cube.storage import Storage
from pylandbc.grid.window import Window
from pylandbc.learn.export import example_arguments
from pylandbc.models.inputs import hilda_inputs
from pylandbc.models.land_use import MultiscaleLandUseEmulator

SIZE = 256
WINDOW = Window(3000, 17000, 1025, 1025)
STATIC = (*STATIC_VARIABLES, *SLOPE_VARIABLES, *SOIL_VARIABLES)
CLIMATE = ("air_temperature", "precipitation_flux", "radiation", "soil_moisture")
STATES = tuple(f"state_{k}" for k in range(14))
YEARS = np.array([2000, 2001])


def rough(rng: np.random.Generator, count: int) -> np.ndarray:
    """Fields (count, rows, cols), 0 ... 1, smooth over tens of pixels with fine noise, like relief."""
    coarse = rng.random((count, 41, 41))
    fine = np.repeat(np.repeat(coarse, 25, axis=1), 25, axis=2)[:, : WINDOW.rows, : WINDOW.cols]
    return 0.95 * fine + 0.05 * rng.random((count, *WINDOW.shape))


@pytest.fixture(scope="module")
def cube(tmp_path_factory: pytest.TempPathFactory) -> Cube:
    """A cube of 1025 x 1025 pixels in the layout of a build, with all optional layers."""
    rng, storage = np.random.default_rng(0), Storage()
    group = zarr.create_group(str(tmp_path_factory.mktemp("rate") / "cube.zarr"))
    coarse = WINDOW.coarse_shape

    def put(name: str, values: np.ndarray, dtype: str, dims: tuple[str, ...]) -> zarr.Array:
        array = storage.create(group, name, values.shape, dtype, dims)
        array[...] = values.astype(dtype)
        return array

    grid, cells = ("t", "y", "x"), ("t", "v", "lat", "lon")
    static = rough(rng, len(STATIC))
    static[STATIC.index("land_mask")] = 1
    dekads = np.arange(16).astype("timedelta64[D]") * 10 + np.datetime64("2000-01-10")
    kinds = tuple(Category(name, name, {1: "a"}) for name in ("koeppen_geiger", "soil_texture_class"))
    leaves = Vegetation(
        put("leaf_area_index", 6000 * rough(rng, 16), "u2", grid),
        put("leaf_area_index_quality", 1 + rough(rng, 16).round(), "u1", grid),
        dekads, np.ones(16), "dekad", 0.001, 0.0, 65535,
    )  # fmt: skip
    layers = Layers(
        categories=put("categories", 1 + 12 * rough(rng, 2), "u1", grid),
        kinds=kinds,
        land_cover=put("land_cover", 1 + 21 * rough(rng, 2), "u1", grid),
        land_cover_years=YEARS,
        vegetation={"leaf_area_index": leaves},
        climate_dekadal=put("climate_dekadal", rng.random((16, 4, *coarse)), "f4", cells),
        climate_dekads=dekads,
    )
    return Cube(
        path=Path(str(group.store_path)),
        window=WINDOW,
        land_use=put("land_use", 1 + 6 * rough(rng, 2), "u1", grid),
        static=put("static", static, "f4", grid),
        scenario=put("scenario", rng.random((2, 14, *coarse)), "f4", cells),
        climate=put("climate", rng.random((2, 4, *coarse)), "f4", cells),
        climatology=put("climatology", rng.random((12, 4, *coarse)), "f4", cells),
        years=YEARS,
        scenario_years=YEARS,
        climate_years=YEARS,
        training_years=(2000, 2001),
        static_variables=STATIC,
        scenario_variables=STATES,
        climate_variables=CLIMATE,
        scenario_source="luh2",
        statistics={},
        provenance=[],
        units={},
        layers=layers,
    )


def inputs(*more: str) -> list[dict[str, str]]:
    """Every channel of the cube."""
    static = (*STATIC, "koeppen_geiger", "soil_texture_class", *more)
    out = [{"name": name, "source": "static"} for name in static]
    out += [{"name": name, "source": "climate"} for name in CLIMATE]
    return out + [
        {"name": name, "source": "scenario", "at": at} for name in STATES for at in ("prior", "target")
    ]


def rate(data: Dataset, count: int = 25) -> float:
    """Samples per second of processor time, the best of three runs."""
    data[0]
    seconds = []
    for _ in range(3):
        start = time.process_time()
        for index in range(count):
            data[index]
        seconds.append(time.process_time() - start)
    return count / min(seconds)


@pytest.fixture(scope="module")
def trained(request: pytest.FixtureRequest) -> float:
    """Samples per second that one core could train on, the best of three."""
    if not request.config.getoption("benchmark_enable"):
        pytest.skip("a rate of this machine, which other processes change; run with make bench")
    spec, seconds = hilda_inputs(), []
    network = MultiscaleLandUseEmulator(spec, base=16).train()
    given = example_arguments(spec, size=SIZE, batch=2)
    for _ in range(4):
        start = time.process_time()
        network(*given).logsumexp(1).mean().backward()
        seconds.append(time.process_time() - start)
    return 2 / min(seconds)


@pytest.mark.parametrize("quantity", ["land_use", "land_cover", "leaf_area_index"])
def test_samples_from_disk(
    cube: Cube,
    monkeypatch: pytest.MonkeyPatch,
    quantity: str,
    benchmark: BenchmarkFixture,
    trained: float,
) -> None:
    monkeypatch.setattr(samples, "IN_MEMORY", 0)
    monkeypatch.setattr(vegetation_samples, "IN_MEMORY", 0)
    data: Dataset
    if quantity == "leaf_area_index":
        data = vegetation_samples.VegetationSamples(cube, inputs("land_use", "land_cover"), size=SIZE)
    else:
        more = ("land_use",) if quantity == "land_cover" else ()
        data = samples.Samples(cube, inputs(*more), size=SIZE, quantity=quantity)
    found = rate(data)
    benchmark.pedantic(lambda: data[0], rounds=3)
    benchmark.extra_info["rows"] = [
        [f"training samples of {quantity}, 256 x 256, from disk", f"{found:.0f}", "per second and core"],
        ["of those that the network can train on", f"{found / trained:.1f}", "times"],
    ]
    assert found >= 4 * trained
