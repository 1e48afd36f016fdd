"""Bad input files: one sentence that names the file, the variable and the way out; never half a cube."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin

from pylandbc.cube.build import build_cube
from pylandbc.cube.config import CubeConfig
from pylandbc.cube.open import open_cube
from pylandbc.errors import InputError
from pylandbc.planet.build import FILES

from .conftest import SMALL, planet_config


@pytest.fixture
def folder(planet_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(planet_folder, tmp_path / "data"))


def cut_short(folder: Path) -> dict[str, Any]:
    path = folder / FILES["relief"]
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return {}


def wrong_year(folder: Path) -> dict[str, Any]:
    return {"land_use": [{"file": FILES["land_use"], "first_year": 2000, "last_year": 2010}]}


def missing_variable(folder: Path) -> dict[str, Any]:
    return {"land_use": [{"file": FILES["relief"], "first_year": 2000, "last_year": 2004}]}


def wrong_units(folder: Path) -> dict[str, Any]:
    with netCDF4.Dataset(folder / FILES["temperature"], "a") as file:
        file["t2m"][:] = file["t2m"][:] * 10
    return {}


def wrong_projection(folder: Path) -> dict[str, Any]:
    profile = {"driver": "GTiff", "width": 20, "height": 20, "count": 1, "dtype": "uint8"}
    place = from_origin(SMALL.west * 111e3, SMALL.north * 111e3, 1000, 1000)
    with rasterio.open(folder / "mask.tif", "w", crs="EPSG:3857", transform=place, **profile) as raster:
        raster.write(np.ones((1, 20, 20), dtype=np.uint8))
    return {"land_mask": "mask.tif"}


def elsewhere(folder: Path) -> dict[str, Any]:
    profile = {"driver": "GTiff", "width": 20, "height": 20, "count": 1, "dtype": "uint8"}
    with rasterio.open(
        folder / "mask.tif", "w", crs="EPSG:4326", transform=from_origin(100, -40, 0.01, 0.01), **profile
    ) as raster:
        raster.write(np.ones((1, 20, 20), dtype=np.uint8))
    return {"land_mask": "mask.tif"}


def absent(folder: Path) -> dict[str, Any]:
    (folder / FILES["relief"]).unlink()
    return {}


FAULTS = [
    (cut_short, rf"{FILES['relief']}.*complete"),
    (wrong_year, rf"{FILES['land_use']}.*2005"),
    (missing_variable, rf"'LULC_states' missing in .*{FILES['relief']}.*is this the states file"),
    (wrong_units, r"t2m|air_temperature"),
    (wrong_projection, r"mask\.tif is not a north-up raster in degrees.*warp it to EPSG:4326"),
    (elsewhere, r"mask\.tif does not overlap the window"),
    (absent, rf"{FILES['relief']} does not exist; set --data"),
]


@pytest.mark.parametrize(("spoil", "message"), FAULTS, ids=lambda v: getattr(v, "__name__", ""))
def test_one_sentence(folder: Path, tmp_path: Path, spoil: Any, message: str) -> None:
    config = planet_config("hilda_fractions", tmp_path / "cube.zarr")
    values = config.model_dump(exclude_unset=True) | spoil(folder)
    with pytest.raises(InputError, match=message) as caught:
        build_cube(CubeConfig.model_validate(values), folder)
    assert "\n" not in str(caught.value)
    if spoil is wrong_units:
        assert FILES["temperature"] in str(caught.value), str(caught.value)
    with pytest.raises(InputError, match="no cube at"):
        open_cube(tmp_path / "cube.zarr")
