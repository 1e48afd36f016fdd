"""Opening refuses what is not a complete cube of this format."""

from __future__ import annotations

import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest
import zarr

from pylandbc.cube.open import Cube, open_cube
from pylandbc.errors import InputError


@pytest.fixture
def copy(planet_cube: Cube, tmp_path: Path) -> Path:
    return Path(shutil.copytree(planet_cube.path, tmp_path / "copy.zarr"))


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no cube at"):
        open_cube(tmp_path / "none.zarr")
    with pytest.raises(InputError, match="not a Zarr group"):
        open_cube(tmp_path)


def test_another_version_or_format(copy: Path) -> None:
    zarr.open_group(str(copy), mode="a").attrs["format_version"] = 2
    with pytest.raises(InputError, match="format version 2; this pylandbc reads 1"):
        open_cube(copy)
    zarr.open_group(str(copy), mode="a").attrs["format"] = "other"
    with pytest.raises(InputError, match="not a cube: format is 'other'"):
        open_cube(copy)


def test_an_array_is_missing(copy: Path) -> None:
    shutil.rmtree(copy / "scenario")
    with pytest.raises(InputError, match="array 'scenario' missing"):
        open_cube(copy)


def test_a_chunk_is_missing(copy: Path) -> None:
    chunk = next(p for p in sorted((copy / "land_use").rglob("*")) if p.is_file() and p.name != "zarr.json")
    chunk.unlink()
    with pytest.raises(InputError, match="land_use has 4 of 5 chunks"):
        open_cube(copy)


def test_window_and_arrays_disagree(copy: Path) -> None:
    zarr.open_group(str(copy), mode="a").attrs["window"] = [3250, 17100, 325, 400]
    with pytest.raises(InputError, match="do not fit the window"):
        open_cube(copy)


def test_absent_years_and_fields_are_named(planet_cube: Cube) -> None:
    with pytest.raises(InputError, match="no land-use map of 1990"):
        planet_cube.land_use_map(1990)
    with pytest.raises(InputError, match="no scenario fields of 1990"):
        planet_cube.scenario_index(1990)
    with pytest.raises(InputError, match="no static field 'slope'"):
        planet_cube.static_field("slope")


def test_loaded_and_pickled_are_the_same(planet_cube: Cube) -> None:
    for other in (planet_cube.loaded(), pickle.loads(pickle.dumps(planet_cube))):
        np.testing.assert_array_equal(other.land_use[2, 10:90, 50:70], planet_cube.land_use[2, 10:90, 50:70])
        assert other.window == planet_cube.window
