"""A host's build against the installed package: CMake's find_package and pkg-config; and ctest's programs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from pylandbc import __version__
from pylandbc.couple import library

pytestmark = [pytest.mark.engine, pytest.mark.slow]

ROOT = Path(__file__).resolve().parents[2]
CONSUMER = Path(__file__).parent / "consumer"
TORCH = torch.__version__.split("+")[0]
ABI = str(library.ABI_VERSION)


def run(*command: str | Path, **environment: str) -> str:
    finished = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, env=os.environ | environment
    )
    assert finished.returncode == 0, finished.stdout[-4000:] + finished.stderr[-4000:]
    return finished.stdout


@pytest.fixture(scope="module")
def installed() -> Path:
    """The installed package's folder; skips in a source tree, where nothing is installed."""
    folder = Path(os.environ.get("LANDBC_PACKAGE", library.PACKAGE))
    if not (folder / "cmake" / "landbcConfig.cmake").is_file():
        pytest.skip("the package is not installed; run `pip install .`")
    return folder


def test_find_package_in_c_and_fortran(installed: Path, tmp_path: Path) -> None:
    run("cmake", "-S", CONSUMER, "-B", tmp_path, f"-Dlandbc_DIR={installed / 'cmake'}")
    run("cmake", "--build", tmp_path)
    assert run(tmp_path / "consumer_c").split() == [ABI, __version__, TORCH]
    assert run(tmp_path / "consumer_fortran").split() == [__version__, TORCH]


def test_pkg_config(installed: Path, tmp_path: Path) -> None:
    path = str(installed / "lib" / "pkgconfig")
    flags = run("pkg-config", "--cflags", "--libs", "landbc", PKG_CONFIG_PATH=path).split()
    run("cc", CONSUMER / "consumer.c", "-o", tmp_path / "consumer", *flags)
    assert run(tmp_path / "consumer").split() == [ABI, __version__, TORCH]
    sources = run("pkg-config", "--variable=fortransources", "landbc", PKG_CONFIG_PATH=path).split()
    run(
        "gfortran",
        f"-J{tmp_path}",
        *sources,
        CONSUMER / "consumer.f90",
        "-o",
        tmp_path / "consumer_fortran",
        *flags,
    )
    assert run(tmp_path / "consumer_fortran").split() == [__version__, TORCH]


def test_one_version_of_the_interface() -> None:
    """The header, the Fortran module and the Python package are of one version of the C interface."""
    header = (ROOT / "bindings" / "include" / "landbc.h").read_text()
    module = (ROOT / "fortran" / "landbc_abi.f90").read_text()
    assert re.findall(r"#define LANDBC_ABI_VERSION (\d+)", header) == [ABI]
    assert re.findall(r"parameter, public :: abi_version = (\d+)", module) == [ABI]


def build_folder() -> Path:
    """Where `pip install .` built the engine, so that it is not compiled again; else a folder of its own."""
    tag = f"cp{sys.version_info.major}{sys.version_info.minor}"
    of_wheel = next((ROOT / "build").glob(f"{tag}-{tag}-*/CMakeCache.txt"), None)
    if of_wheel is not None and f"CMAKE_HOME_DIRECTORY:INTERNAL={ROOT}\n" in of_wheel.read_text():
        return of_wheel.parent
    return ROOT / "build" / "ctest"


def test_programs_in_c_and_cpp() -> None:
    """Builds and runs what ctest knows in bindings/tests; the build folder is kept between runs."""
    if shutil.which("cmake") is None:
        pytest.skip("cmake is missing")
    build = build_folder()
    run("cmake", "-S", ROOT, "-B", build, "-DLANDBC_TESTS=ON", f"-DPython_EXECUTABLE={sys.executable}")
    run("cmake", "--build", build, "--parallel", "2", "--target", "landbc_tests")
    report = run("ctest", "--test-dir", build, "-R", "^(small_bundle|c_|cpp_)", "--output-on-failure")
    assert "100% tests passed, 0 tests failed out of 30" in report
