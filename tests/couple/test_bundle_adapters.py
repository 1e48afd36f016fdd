"""Adapters compiled into bundles: files, checks, bounds of the scenario."""

from __future__ import annotations

import shutil
from pathlib import Path

import netCDF4
import numpy as np
import pytest
import zarr
from small_cube import write_cube, write_emulator

from pylandbc.couple.bundle import Bundle, compile_bundle, verify_bundle
from pylandbc.couple.bundle_adapters import parse_adapters
from pylandbc.crosswalk import ZONES
from pylandbc.errors import InputError
from pylandbc.grid.formats import write_mesh
from pylandbc.grid.latlon import window_mesh
from pylandbc.grid.window import Window

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, str]:
    """A temperate cube whose scenario has at most a fifth of any class, an emulator, a mesh."""
    folder = tmp_path_factory.mktemp("parts")
    cube = write_cube(folder / "cube.zarr")
    group = zarr.open_group(str(cube), mode="r+")
    month = np.arange(12)[:, None, None]
    group["climatology"][:, 0] = (283.0 - 7 * np.cos(2 * np.pi * month / 12)).astype(np.float32)
    group["climatology"][:, 1] = np.float32(2.5e-5)
    group["scenario"][...] = np.float32(0.2) * np.asarray(group["scenario"][...])
    codes = np.asarray(group["land_use"][...])
    group["land_use"][...] = np.where(codes == 0, 5, codes)
    mesh = write_mesh(window_mesh(Window.from_degrees(-3, 49, 3, 54), 50), folder / "mesh.nc", "ugrid")
    return cube, write_emulator(folder / "tiny.pt"), str(mesh)


def compiled(parts: tuple[Path, Path, str], output: Path, *names: str, bounds: str = "possible") -> Bundle:
    cube, emulator, mesh = parts
    return compile_bundle(cube, emulator, mesh, output, 2009, adapters=names, bounds=bounds, overwrite=True)


def test_a_bundle_carries_its_adapters_and_checks_them(parts: tuple[Path, Path, str], tmp_path: Path) -> None:
    bundle = compiled(parts, tmp_path / "bundle", "ctsm", "jules5")
    assert bundle.document["adapters"] == ["ctsm", "jules5"]
    assert "adapter_ctsm.nc" in bundle.document["files"]
    verify_bundle(bundle.path)
    with (
        netCDF4.Dataset(bundle.path / "adapter_ctsm.nc") as file,
        netCDF4.Dataset(bundle.path / "mesh.nc") as mesh,
    ):
        assert len(file.dimensions["cell"]) == len(mesh.dimensions["cell"])
        zones = np.asarray(file["zone_share"][:])
        assert np.all(zones[:, ZONES.index("temperate")] == 1)
        inside = np.asarray(file["PCT_CROP_MAX"][0]) > 0
        assert inside.any() and not inside.all()  # cells of the margin alone have no known land
    shutil.copy(bundle.path / "adapter_ctsm.nc", bundle.path / "adapter_jules5.nc")
    with pytest.raises(InputError, match="cut short or changed"):
        verify_bundle(bundle.path)


def test_bounds_of_the_scenario_are_its_largest_and_the_margin(
    parts: tuple[Path, Path, str], tmp_path: Path
) -> None:
    with netCDF4.Dataset(
        compiled(parts, tmp_path / "b", "ctsm", bounds="scenario").path / "adapter_ctsm.nc"
    ) as file:
        crop = np.asarray(file["PCT_CROP_MAX"][0])
    crop = crop[crop > 0]
    # a seventh of random maps is cropland, the scenario has at most a fifth; a tenth more may come
    assert crop.min() > 10 and crop.max() < 45


def test_bounds_are_looked_at_before_weights_are_computed(
    parts: tuple[Path, Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr("pylandbc.couple.bundle.compute_overlap")
    with pytest.raises(InputError, match="neither possible nor scenario"):
        compiled(parts, tmp_path / "b", "ctsm", bounds="some")


def test_names_are_checked() -> None:
    (one,) = parse_adapters(["ecland:land_cover"], ["land_use", "land_cover"])
    assert (one.adapter.name, one.source, one.file) == ("ecland", "land_cover", "adapter_ecland.nc")
    with pytest.raises(InputError, match="the bundle has no land_cover"):
        parse_adapters(["ctsm:land_cover"], ["land_use"])
    with pytest.raises(InputError, match="both have an output LANDFRAC_PFT"):
        parse_adapters(["ctsm", "elm"], ["land_use"])
    with pytest.raises(InputError, match="no adapter 'clm'"):
        parse_adapters(["clm"], ["land_use"])
