"""Land cover that follows land use: a prediction against a plain pass, driven by the cube's maps or by an
earlier prediction of land use."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
import xarray as xr
from cover_cube import write_cover_cube, write_cover_emulator

from pylandbc.cube.open import open_cube
from pylandbc.errors import InputError
from pylandbc.grid.window import Window
from pylandbc.learn.export import load
from pylandbc.legend import LAND_COVER_FLAGS
from pylandbc.models.inputs import Input
from pylandbc.predict.class_maps import MapInputs, PredictedLandUse
from pylandbc.predict.run import Prediction

from .conftest import plan_of

HELD = Window(4000, 18000, 50, 75)
PAD = 112


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cover")
    write_cover_cube(folder / "cube.zarr", HELD)
    write_cover_emulator(folder / "cover.pt")
    return folder


def product(path: Path, land_use: np.ndarray, year: int) -> Path:
    """A prediction of land use as ``pylandbc predict`` writes it, as far as it is read."""
    xr.Dataset(
        {"land_use": (("time", "lat", "lon"), land_use[None])},
        {
            "time": np.array([np.datetime64(f"{year}-01-01")], dtype="datetime64[ns]"),
            "lat": HELD.latitude,
            "lon": HELD.longitude,
        },
    ).to_netcdf(path)
    return path


def plain(root: Path, land_use: np.ndarray, pair: tuple[int, int]) -> np.ndarray:
    """The map of one step in a single pass over the whole window, without tiles."""
    cube = open_cube(root / "cube.zarr")
    # the pass begins on a multiple of 16 of the globe, as every tile does
    top, left = PAD + (HELD.row - PAD) % 16, PAD + (HELD.col - PAD) % 16
    around = (
        (top, PAD + (-(top + HELD.rows + PAD)) % 16),
        (left, PAD + (-(left + HELD.cols + PAD)) % 16),
    )
    row, col = (
        np.pad(np.arange(HELD.rows), around[0], "edge"),
        np.pad(np.arange(HELD.cols), around[1], "edge"),
    )
    names = ["elevation", "slope", "land_mask", "sand_fraction", "silt_fraction", "clay_fraction"]
    koeppen = np.asarray(cube.layers.categories[0])
    static = [np.pad(cube.static_field(name), around, "edge") for name in names]
    static += [np.pad(koeppen, around, "edge"), np.pad(land_use, around, constant_values=255)]
    prior = cube.class_map("land_cover", pair[0])
    state = np.pad(prior, around, constant_values=255)
    arguments = (
        torch.from_numpy(np.stack(static).astype(np.float32))[None],
        torch.from_numpy(np.asarray(cube.climate[0])[:, row[:, None] // 25, col // 25])[None],
        torch.zeros(1, 0, 2, 3),
        torch.from_numpy(row // 25),
        torch.from_numpy(col // 25),
        torch.from_numpy(state)[None],
        torch.from_numpy((state != 255).astype(np.uint8))[None],
        torch.tensor([[np.sign(pair[1] - pair[0]), abs(pair[1] - pair[0])]], dtype=torch.float32),
    )
    with torch.inference_mode():
        logits = load(root / "cover.pt")(*arguments)[0].numpy()
    logits = logits[:, top : top + HELD.rows, left : left + HELD.cols]
    land = cube.static_field("land_mask") == 1
    return np.where(land & (prior != 255), logits.argmax(0), prior).astype(np.uint8)


def predicted(root: Path, name: str, **options) -> xr.Dataset:
    plan = plan_of(root / "cube.zarr", root / "cover.pt", step=3, **options)
    Prediction(plan).run(root / name, "the command")
    return xr.open_dataset(root / name, mask_and_scale=False)


def test_the_cubes_land_use_drives_it(root: Path) -> None:
    found = predicted(root, "cube.nc", years="2012")
    expected = plain(root, open_cube(root / "cube.zarr").land_use_map(2012), (2009, 2012))
    assert np.array_equal(found["land_cover"][0], expected)
    assert (expected != open_cube(root / "cube.zarr").class_map("land_cover", 2009)).any()
    assert found["land_cover"].attrs["flag_meanings"].split() == [*LAND_COVER_FLAGS.names, "unknown"]
    assert found.attrs["title"] == "Land cover at 1 km, 2012 to 2012"


def test_an_earlier_prediction_of_land_use_drives_it(root: Path) -> None:
    """It wins over the cube's map of the same year, and gives the years that the cube lacks."""
    random = np.random.default_rng(4)
    land_use = random.integers(1, 8, HELD.shape).astype(np.uint8)
    given = product(root / "use.nc", land_use, 2015)
    with pytest.raises(InputError, match=r"needs the land use of 2015.*--land-use"):
        predicted(root, "none.nc", years="2015")
    found = predicted(root, "given.nc", years="2015", land_use=given)
    assert np.array_equal(found["land_cover"][0], plain(root, land_use, (2012, 2015)))
    assert found.attrs["land_use_source"] == "use.nc"


def test_a_prediction_is_read_by_place_and_unknown_beyond(root: Path) -> None:
    land_use = np.arange(HELD.rows * HELD.cols).reshape(HELD.shape).astype(np.uint8) % 8
    read = PredictedLandUse(product(root / "place.nc", land_use, 2020))
    row, col = np.arange(HELD.row - 2, HELD.row + 3), np.arange(HELD.col + 70, HELD.col + 80)
    codes = read.codes(2020, row, col)
    assert np.array_equal(codes[2:, :5], land_use[:3, 70:])
    assert (codes[:2] == 255).all() and (codes[:, 5:] == 255).all()
    with pytest.raises(InputError, match="is no prediction of land use"):
        PredictedLandUse(root / "cover.pt")


def test_maps_of_the_prior_year_are_those_of_the_prior_year(root: Path) -> None:
    from pylandbc.couple.cube_fields import CubeFields

    fields = CubeFields(root / "cube.zarr")
    entry = Input("land_use", "1", "static", at="prior", codes=8)
    row, col = HELD.row + np.arange(HELD.rows), HELD.col + np.arange(HELD.cols)
    found = MapInputs(fields, (entry,)).read(entry, 2012, 2009, row, col)
    assert np.array_equal(found, open_cube(root / "cube.zarr").land_use_map(2012))
