"""Fixtures shared by all tests: where the real data lie, where the engine is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder of the genuine product files (see README, "Real data"); skips where it is absent."""
    folder = Path(os.environ.get("PYLANDBC_DATA", ROOT.parent / "shared" / "data")).resolve()
    if not (folder / "uk").is_dir():
        pytest.skip(f"real data not found in {folder}; set PYLANDBC_DATA to the folder that holds uk/")
    return folder


@pytest.fixture(scope="session")
def golden_weights(real_data: Path) -> Path:
    """Folder of the weights computed by ESMF; skips where it is absent."""
    folder = real_data.parent / "golden"
    if not folder.is_dir():
        pytest.skip(f"golden weights not found in {folder}")
    return folder
