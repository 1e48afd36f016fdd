"""The hosts in C and with MPI, built the ways their READMEs say."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import netCDF4
import numpy as np
import pytest

from pylandbc.couple import library
from pylandbc.couple.engine import has_mpi
from pylandbc.grid.window import Window

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
pytestmark = [pytest.mark.engine, pytest.mark.slow]


def run(*command: str | Path, **environment: str) -> str:
    done = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, env=os.environ | environment
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def build(example: str, landbc_dir: Path, folder: Path) -> Path:
    run("cmake", "-S", EXAMPLES / example, "-B", folder, f"-Dlandbc_DIR={landbc_dir}")
    run("cmake", "--build", folder)
    return folder


def areas(line: str) -> tuple[int, np.ndarray]:
    words = line.removesuffix("km2").split()
    return int(words[0]), np.array([float(word) for word in words[1:]])


def initial_areas(bundle: Path) -> np.ndarray:
    """Areas of the classes in the bundle's map, over its window, from the pixels themselves."""
    window = Window(3950, 17950, 100, 150)
    with netCDF4.Dataset(bundle / "domain.nc") as file:
        codes = file["land_use"][125:-125, 125:-125]
    area = np.broadcast_to(window.pixel_area[:, None], window.shape)
    return np.array([area[codes == code].sum() / 1e6 for code in range(8)])


def test_the_host_in_c(host_tools: None, landbc_dir: Path, small_bundle_folder: Path, tmp_path: Path) -> None:
    host = build("02_c_host", landbc_dir, tmp_path) / "c_host"
    header, *lines = run(host, small_bundle_folder, "2009", "2").splitlines()
    assert header == "year ocean urban cropland pasture forest grass_shrub other_land water (km2)"
    years, found = zip(*map(areas, lines), strict=True)
    assert years == (2009, 2010, 2011)
    np.testing.assert_allclose(found[0], initial_areas(small_bundle_folder), rtol=0, atol=1e-3)
    np.testing.assert_allclose([f.sum() for f in found], found[0].sum(), rtol=0, atol=5e-3)
    assert np.abs(found[2] - found[0]).max() > 10


def test_the_host_in_c_by_pkg_config(
    host_tools: None, landbc_dir: Path, small_bundle_folder: Path, tmp_path: Path
) -> None:
    config = library.folder("lib") / "pkgconfig"
    flags = run("pkg-config", "--cflags", "--libs", "landbc", "netcdf", PKG_CONFIG_PATH=str(config)).split()
    host = tmp_path / "c_host"
    run("cc", "-Wall", "-Wextra", "-Werror", EXAMPLES / "02_c_host" / "c_host.c", "-o", host, *flags, "-lm")
    assert len(run(host, small_bundle_folder, "2009", "0").splitlines()) == 2
    done = subprocess.run([host, small_bundle_folder, "2012", "1"], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("c_host: landbc_init: the run starts at 2012-01-01")


def test_the_host_of_several_ranks(
    host_tools: None, landbc_dir: Path, small_bundle_folder: Path, tmp_path: Path
) -> None:
    if not has_mpi() or shutil.which("mpirun") is None:
        pytest.skip(
            "no MPI, or liblandbc was built without it (Debian: apt install libopenmpi-dev openmpi-bin)"
        )
    host = build("03_mpi_host", landbc_dir, tmp_path) / "mpi_host"
    alone, three = (
        run(
            "mpirun", "--oversubscribe", "-n", ranks, host, small_bundle_folder, "2009", "2",
            OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1", OMP_NUM_THREADS="1",
            OMPI_MCA_btl_vader_single_copy_mechanism="none",
        )
        for ranks in ("1", "3")
    )  # fmt: skip
    assert alone == three
    year, first = areas(alone.splitlines()[0])
    assert year == 2009
    np.testing.assert_allclose(first, initial_areas(small_bundle_folder), rtol=0, atol=1e-3)
    assert len(alone.splitlines()) == 3
