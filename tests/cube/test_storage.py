"""Shards, ragged edges, Zarr v2: the same values whatever the files look like, and nothing missing unseen."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
import zarr

from pylandbc.cube.build import build_cube
from pylandbc.cube.config import CubeConfig, load_config
from pylandbc.cube.open import Cube, open_cube
from pylandbc.cube.storage import Storage, write_region
from pylandbc.cube.verify import verify_cube
from pylandbc.errors import InputError

from .conftest import EXAMPLES

ARRAYS = ("land_use", "static", "scenario", "climate", "climatology")


def uk(**values: object) -> CubeConfig:
    return CubeConfig.model_validate(load_config(EXAMPLES / "cube.yaml").model_dump() | values)


@pytest.fixture(scope="module")
def sharded(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The United Kingdom, 1150 x 1625 pixels, in shards of 1024: three chunks by four, both edges ragged."""
    return build_cube(uk(shard=1024), real_data, tmp_path_factory.mktemp("sharded") / "uk.zarr")


def test_shard_sizes_change_no_value(uk_cube: Cube, sharded: Path) -> None:
    cube = open_cube(sharded)
    assert cube.land_use.shards == (1, 1024, 1024) and cube.land_use.chunks == (1, 512, 512)
    assert uk_cube.land_use.shards == (1, 1536, 2048)
    assert len(list((sharded / "land_use/c").rglob("[0-9]"))) > 4
    for name in ("land_use", "scenario", "climate", "climatology"):
        np.testing.assert_array_equal(getattr(cube, name)[...], getattr(uk_cube, name)[...])
    # relief is interpolated from the part of the file that a block needs: equal to single precision
    np.testing.assert_allclose(cube.static[...], uk_cube.static[...], rtol=1.2e-7)
    for name, numbers in uk_cube.statistics.items():
        assert cube.statistics[name] == pytest.approx(numbers, rel=1e-9)


def test_zarr_2_on_request(uk_cube: Cube, real_data: Path, tmp_path: Path) -> None:
    path = build_cube(uk(format=2), real_data, tmp_path / "uk.zarr")
    assert not list(path.rglob("zarr.json")) and (path / ".zmetadata").is_file()
    cube = open_cube(path)
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(cube, name)[...], getattr(uk_cube, name)[...])
    assert cube.scenario_variables == uk_cube.scenario_variables
    assert cube.statistics == uk_cube.statistics and verify_cube(path) == []
    with xr.open_zarr(path) as dataset:
        assert dataset["land_use"].dims == ("year", "y", "x") and dataset["land_use"].dtype == np.uint8
        london = dataset["land_use"].sel(year=2012).sel(y=51.515, x=-0.125, method="nearest")
        assert int(london) == 1
        assert "pasture_fraction" in dataset["scenario_variable"].values
    (path / "land_use/1.2.3").unlink()
    with pytest.raises(InputError, match="land_use has 23 of 24 chunks"):
        open_cube(path)
    assert [(d.array, d.key) for d in verify_cube(path)] == [("land_use", "1.2.3")]


@pytest.fixture
def copy(sharded: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sharded, tmp_path / "copy.zarr"))


def test_a_whole_cube_is_complete(copy: Path) -> None:
    """The last shard of a row holds two chunks inside the map and two beyond its edge."""
    for manifest in copy.glob("*/checksums.json"):
        manifest.unlink()
    open_cube(copy)
    (copy / "land_use/c/1/1/1").unlink()
    with pytest.raises(InputError, match="land_use has 22 of 24 chunks"):
        open_cube(copy)


def test_a_chunk_inside_a_shard_is_missing(copy: Path) -> None:
    shard = copy / "land_use/c/0/0/1"
    content = bytearray(shard.read_bytes())
    index = len(content) - 4 - 4 * 16
    content[index + 32 : index + 48] = b"\xff" * 16  # the third chunk: row 1, column 2
    shard.write_bytes(content)
    with pytest.raises(InputError, match="land_use has 23 of 24 chunks"):
        open_cube(copy)
    (fault,) = verify_cube(copy)
    assert str(fault) == (
        "land_use/c/0/0/1: chunk (0, 1, 2) missing (year 0, y 512 ... 1023, x 1024 ... 1535)"
    )


def test_damage_is_told_to_the_chunk(copy: Path) -> None:
    static = copy / "static/c/0/0/0"
    content = bytearray(static.read_bytes())
    offset, size = np.frombuffer(content[-68:-4], dtype="<u8").reshape(4, 2)[1].tolist()
    content[offset + size // 2] ^= 1
    static.write_bytes(content)
    cut = copy / "land_use/c/1/0/0"
    cut.write_bytes(cut.read_bytes()[:-100])
    (copy / "scenario/c/2/0/0/0").unlink()
    (copy / "year/zarr.json").write_text((copy / "year/zarr.json").read_text() + " ")
    faults = {f"{f.array}/{f.key}": f.what for f in verify_cube(copy)}
    assert faults["static/c/0/0/0"] == (
        "chunk (0, 0, 1) damaged (static_variable 0, y 0 ... 511, x 512 ... 1023)"
    )
    assert faults["land_use/c/1/0/0"].startswith("cut short")
    assert faults["scenario/c/2/0/0/0"].startswith("missing (scenario_year 2")
    assert faults["year/zarr.json"] == "the array's description is changed"
    assert len(faults) == 4
    with pytest.raises(InputError, match=r"land_use/c/1/0/0 has \d+ bytes, \d+ were written"):
        open_cube(copy)


def test_lists_of_checksums_cannot_vanish(copy: Path) -> None:
    (copy / "static/checksums.json").unlink()
    (fault,) = verify_cube(copy)
    assert "not those of the build" in str(fault)
    group = zarr.open_group(str(copy), mode="a")
    del group.attrs["content_sha256"]
    with pytest.raises(InputError, match="before checksums were kept"):
        verify_cube(copy)


def test_regions_must_be_whole_files(tmp_path: Path) -> None:
    group = zarr.create_group(str(tmp_path / "g"), zarr_format=3)
    Storage(3, 1024).create(group, "a", (2, 1500, 1100), "u1", ("year", "y", "x"))
    values = np.arange(476 * 76, dtype=np.uint32).astype(np.uint8).reshape(1, 476, 76)
    (record,) = write_region(tmp_path / "g", "a", (1, 1024, 1024), values)
    assert record["key"] == "c/1/1/1" and record["chunks"].count(None) == 3
    np.testing.assert_array_equal(group["a"][1, 1024:, 1024:], values[0])
    with pytest.raises(ValueError, match="whole files"):
        write_region(tmp_path / "g", "a", (0, 0, 0), values)
    assert Storage(3, 2048).blocks(36000)[-1] == (34816, 36000)
    assert Storage(3, 2048).blocks(300) == [(0, 300)]
