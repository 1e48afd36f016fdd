"""Bundles of several emulators from a cube: what is written, and a run against the Python forecast."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import netCDF4
import numpy as np
import pytest
import small_cube
import zarr

from pylandbc.couple.bundle import compile_bundle
from pylandbc.couple.engine import Coupler
from pylandbc.cube.open import open_cube
from pylandbc.errors import InputError
from pylandbc.learn.leaf_area.calendar import steps_of_years
from pylandbc.learn.leaf_area.climatology import set_normal
from pylandbc.learn.leaf_area.cube_region import cube_region
from pylandbc.learn.leaf_area.export import load, save
from pylandbc.learn.leaf_area.region import all_of
from pylandbc.models.leaf_area.inputs import VegetationInputs
from pylandbc.models.leaf_area.pixel_lstm import PixelLSTM

INPUTS = VegetationInputs(
    "leaf_area_index",
    "month",
    ("elevation", "land_mask", "land_use", "koeppen_geiger"),
    ("air_temperature", "precipitation_flux"),
    1,
    (1, 2),
)
MONTHS = steps_of_years(2006, 2009, "month")
DAY = 86400


@pytest.fixture(scope="module")
def cube(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cube with a monthly series of four years, whose climate is the same everywhere."""
    path = small_cube.write_cube(
        tmp_path_factory.mktemp("cube") / "cube.zarr",
        categories=[
            {
                "name": "koeppen_geiger",
                "quantity": "koeppen_geiger",
                "period": [1991, 2020],
                "classes": {},
                "scenario": None,
            }
        ],
        training_years=[2006, 2007, 2008],
    )
    rng = np.random.default_rng(8)
    group = zarr.open_group(path, mode="r+")
    shape, coarse = small_cube.WINDOW.shape, small_cube.WINDOW.coarse_shape
    season = np.arange(MONTHS.size) % 12
    values = 2 - np.cos(2 * np.pi * (season + 0.5) / 12)[:, None, None] + rng.random((MONTHS.size, *shape))
    packed = np.round(values * 1000).astype(np.uint16)
    packed[:, 20:30, 40:60] = 65535
    climate = np.stack([280 + 5 * rng.random(MONTHS.size), 2e-5 + 1e-5 * rng.random(MONTHS.size)], 1)
    days = MONTHS.astype(np.int64)
    for name, array, dimensions in (
        ("leaf_area_index", packed, ("leaf_area_index_time", "y", "x")),
        ("leaf_area_index_quality", np.where(packed == 65535, 0, 2), ("leaf_area_index_time", "y", "x")),
        ("leaf_area_index_time", days, ("leaf_area_index_time",)),
        ("leaf_area_index_coverage", np.ones(MONTHS.size, np.float32), ("leaf_area_index_time",)),
        (
            "climate_monthly",
            np.broadcast_to(climate[:, :, None, None], (MONTHS.size, 2, *coarse)).astype(np.float32),
            ("climate_month", "climate_variable", "lat", "lon"),
        ),
        ("climate_month", days, ("climate_month",)),
        ("categories", rng.integers(0, 31, (1, *shape)), ("category", "y", "x")),
        ("category", np.array([0]), ("category",)),
    ):
        kind = np.uint8 if name in ("leaf_area_index_quality", "categories") else array.dtype
        group.create_array(name, data=np.ascontiguousarray(array.astype(kind)), dimension_names=dimensions)
    group["leaf_area_index"].attrs.update(
        {"step": "month", "scale_factor": 0.001, "add_offset": 0.0, "missing_value": 65535}
    )
    return path


@pytest.fixture(scope="module")
def emulators(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Land use and leaf area with random weights; the latter sees its own pixel only."""
    folder = tmp_path_factory.mktemp("emulators")
    network = PixelLSTM(INPUTS, {"air_temperature": (282.0, 3.0), "leaf_area_index": (2.0, 1.0)}, base=2)
    network.memory.data[:] = 0.4
    units = {"elevation": "m", "air_temperature": "K", "precipitation_flux": "kg m-2 s-1"}
    path = folder / "lai.pt"
    save(network.eval(), units, path, name="lai", version="0", licence="CC0-1.0")
    return small_cube.write_emulator(folder / "land-use.pt"), path


@pytest.fixture(scope="module")
def compiled(cube: Path, emulators: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("bundle") / "bundle"
    return compile_bundle(cube, emulators, "healpix:64", output, 2009, engine="exact").path


def test_what_is_written(compiled: Path, cube: Path) -> None:
    document = json.loads((compiled / "bundle.json").read_text())
    assert document["emulators"] == [
        {
            "quantity": "leaf_area_index",
            "step": "month",
            "file": "leaf_area_index.pt",
            "normals": "leaf_area_index.nc",
        },
        {"quantity": "land_use", "step": "year", "file": "land_use.pt"},
    ]
    region = cube_region(open_cube(cube), INPUTS)
    set_normal(region, all_of(region), "pixel")
    with netCDF4.Dataset(compiled / "leaf_area_index.nc") as file:
        file.set_auto_mask(False)
        inside = (slice(None), slice(125, 225), slice(125, 325))
        np.testing.assert_array_equal(file["normal"][inside], region.normal)
        np.testing.assert_array_equal(file["normal"][:, 0, 0], region.normal[:, 0, 0])
        np.testing.assert_array_equal(
            file["climate_air_temperature"][:, 5, 5], region.climate_normal[:, 0, 0, 0]
        )
        assert file["first_step"][:].tolist() == [12 * 2008 + 10, 12 * 2008 + 11]
        np.testing.assert_array_equal(file["first"][1][inside[1:]], region.values(35))
        assert np.isnan(file["first"][0, :125]).all()
    with netCDF4.Dataset(compiled / "domain.nc") as file:
        assert file["koeppen_geiger"].dtype == np.uint8


@pytest.mark.engine
def test_the_engine_gives_the_python_forecast(
    engine: Path, compiled: Path, cube: Path, emulators: tuple[Path, Path]
) -> None:
    """January, from the past that the cube holds."""
    region = cube_region(open_cube(cube), INPUTS)
    set_normal(region, all_of(region), "pixel")
    forecast = load(emulators[1]).forecast()
    with netCDF4.Dataset(compiled / "mesh.nc") as file:
        ids = np.asarray(file["cell_id"][:])
    names = zip(INPUTS.climate, ("K", "kg m-2 s-1"), strict=True)
    inputs = {n: (np.empty(ids.size), unit) for n, unit in names}
    inputs["mole_fraction_of_carbon_dioxide_in_air"] = (np.zeros(ids.size), "ppm")
    with Coupler(compiled, ids, (2009, 1, 1), threads=1, ranges="off") as coupler:
        for v, name in enumerate(INPUTS.climate):
            inputs[name][0][:] = region.climate[36, v, 0, 0]
        coupler.step((2009, 1, 1), 31 * DAY, inputs)
        coupler.step((2009, 2, 1), DAY, inputs)
        found = coupler.values()
    median = forecast(region, 36)[3]
    known = np.isfinite(found)
    assert known.mean() > 0.5
    np.testing.assert_allclose(found[known], median[known], atol=2 * 10 / 32767)
    assert np.std(found[known] - region.normal[0][known]) > 0.01


def test_what_is_refused(cube: Path, emulators: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no emulator of land use is given"):
        compile_bundle(cube, [emulators[1]], "healpix:64", tmp_path / "b", 2009, engine="exact")
    with pytest.raises(InputError, match="two emulators of land_use"):
        compile_bundle(cube, [emulators[0]] * 2, "healpix:64", tmp_path / "b", 2009, engine="exact")
    plain = small_cube.write_cube(tmp_path / "plain.zarr")
    with pytest.raises(InputError, match=r"leaf_area_index needs static input\(s\) koeppen_geiger"):
        compile_bundle(plain, emulators, "healpix:64", tmp_path / "b", 2009, engine="exact")


def test_an_adapter_carries_the_mean_year_of_leaf_area(
    cube: Path, emulators: tuple[Path, Path], tmp_path: Path
) -> None:
    """Months of the known pixels of the window, weighted by area; the margin does not count."""
    temperate = Path(shutil.copytree(cube, tmp_path / "cube.zarr"))
    climatology = zarr.open_group(temperate, mode="r+")["climatology"]
    climatology[:, 0] = (283.0 - 7 * np.cos(np.pi * np.arange(12)[:, None, None] / 6)).astype(np.float32)
    climatology[:, 1] = np.float32(2.5e-5)
    bundle = compile_bundle(
        temperate, emulators, "healpix:64", tmp_path / "bundle", 2009, engine="exact", adapters=("ctsm",)
    )
    with netCDF4.Dataset(bundle.path / "adapter_ctsm.nc") as file:
        made = np.asarray(file["leaf_area_cycle"][:])
    _, overlap = bundle.mesh_and_overlap()
    packed = np.asarray(zarr.open_group(cube, mode="r")["leaf_area_index"][:])
    window, extended = bundle.window, bundle.extended
    row, col = np.divmod(overlap.pixel, extended.cols)
    row, col = row - (window.row - extended.row), col - (window.col - extended.col) % 36000
    inside = (row >= 0) & (row < window.rows) & (col >= 0) & (col < window.cols)
    wanted = np.zeros_like(made)
    for cell in range(made.shape[1]):
        mine = inside & (overlap.cell == cell)
        for month in range(12):
            numbers = packed[month::12, row[mine], col[mine]]
            known = numbers != 65535
            area = np.broadcast_to(overlap.area[mine], numbers.shape)[known].sum()
            if area > 0:
                wanted[month, cell] = (overlap.area[mine] * numbers * 0.001 * known).sum() / area
    assert made == pytest.approx(wanted, rel=1e-6)
    assert made.max() > 2 and (made == 0).all(0).any()
