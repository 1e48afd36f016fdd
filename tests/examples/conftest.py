"""Fixtures of the examples' tests: the compiled host, the small bundle, its forcing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import netCDF4
import numpy as np
import pytest

from pylandbc.couple.library import PACKAGE, library_path
from pylandbc.errors import InputError

ROOT = Path(__file__).resolve().parents[2]
HOST = ROOT / "examples" / "01_fortran_time_loop"


@pytest.fixture(scope="session")
def host_tools() -> None:
    """Skips where the host cannot be compiled."""
    for tool, package in (("gfortran", "gfortran"), ("cmake", "cmake"), ("pkg-config", "pkg-config")):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed (Debian: apt install {package})")
    if subprocess.run(["pkg-config", "--exists", "netcdf-fortran"]).returncode:
        pytest.skip("netCDF-Fortran is not installed (Debian: apt install libnetcdff-dev)")


@pytest.fixture(scope="session")
def landbc_dir() -> Path:
    """Folder of landbcConfig.cmake: of the installed package, or beside the library in LANDBC_LIBRARY."""
    try:
        library = library_path().resolve()
    except InputError as error:
        pytest.skip(str(error))
    for folder in (PACKAGE / "cmake", library.parent / "cmake" / "landbc"):
        if (folder / "landbcConfig.cmake").is_file() and not (folder / "CMakeCache.txt").exists():
            return folder
    pytest.skip("landbcConfig.cmake is not installed: `pip install .`, or `cmake --install` the engine")


@pytest.fixture(scope="session")
def host(host_tools: None, landbc_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example host, built the way its README says."""
    build = tmp_path_factory.mktemp("host")
    for arguments in (["-S", HOST, "-B", build, f"-Dlandbc_DIR={landbc_dir}"], ["--build", build]):
        done = subprocess.run(["cmake", *arguments], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    return build / "esm_time_loop"


@pytest.fixture(scope="session")
def small_bundle_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small bundle, written by its own script."""
    folder = tmp_path_factory.mktemp("small") / "bundle"
    script = ROOT / "tests" / "couple" / "small_bundle.py"
    subprocess.run(
        [sys.executable, script, folder],
        check=True,
        capture_output=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    return folder


@pytest.fixture(scope="session")
def forcing_file(small_bundle_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A climatology on the small bundle's cells with frost in winter, cells from last to first."""
    path = tmp_path_factory.mktemp("forcing") / "forcing.nc"
    with netCDF4.Dataset(small_bundle_folder / "mesh.nc") as mesh, netCDF4.Dataset(path, "w") as file:
        cells = len(mesh.dimensions["cell"])
        file.createDimension("cell", cells)
        file.createDimension("month", 12)
        file.createDimension("corner", len(mesh.dimensions["corner"]))
        for name, source, kind in (
            ("cell_id", "cell_id", "i8"),
            ("lon", "cell_lon", "f8"),
            ("lat", "cell_lat", "f8"),
            ("cell_area", "cell_area", "f8"),
        ):
            file.createVariable(name, kind, ("cell",))[:] = mesh[source][::-1]
        for name in ("lon_vertices", "lat_vertices"):
            file.createVariable(name, "f8", ("cell", "corner"))[:] = mesh[name][::-1]
        month, cell = np.mgrid[0:12, 0:cells]
        season = np.cos(2 * np.pi * (month + 0.5) / 12)
        file.createVariable("air_temperature", "f8", ("month", "cell"))[:] = 281 - 12 * season + 0.1 * cell
        file.createVariable("precipitation_flux", "f8", ("month", "cell"))[:] = (3 + season) / 86400
    return path
