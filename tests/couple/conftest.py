"""Fixtures of the coupling's tests: the compiled engine and the small bundle."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import small_bundle

from pylandbc.couple import library
from pylandbc.errors import InputError


@pytest.fixture(scope="session")
def engine() -> Path:
    """The compiled engine's library; skips where it is not built."""
    try:
        return library.library_path()
    except InputError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def bundle(engine: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small bundle (``LANDBC_TEST_BUNDLE`` where that is set)."""
    named = os.environ.get("LANDBC_TEST_BUNDLE")
    return Path(named) if named else small_bundle.write(tmp_path_factory.mktemp("small") / "bundle")
