"""Fixtures of the Fortran tests: the engine's library, the small bundle, the compiler."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pylandbc.couple.library import library_path
from pylandbc.errors import InputError

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def gfortran() -> str:
    """Path of gfortran; skips where there is none."""
    found = shutil.which("gfortran")
    if found is None:
        pytest.skip("gfortran is not installed (Debian: apt install gfortran)")
    return found


@pytest.fixture(scope="session")
def engine_library() -> Path:
    """The compiled engine; skips where it is not built."""
    try:
        return library_path().resolve()
    except InputError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def small_bundle_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small bundle, written by its own script."""
    folder = tmp_path_factory.mktemp("small") / "bundle"
    script = ROOT / "tests" / "couple" / "small_bundle.py"
    subprocess.run([sys.executable, script, folder], check=True, capture_output=True)
    return folder
