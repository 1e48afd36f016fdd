"""One small planet, built once."""

from __future__ import annotations

from pathlib import Path

import pytest

from pylandbc.grid.window import Window
from pylandbc.planet.build import build_planet

SMALL = Window(3250, 17100, 300, 400)
YEARS = 5


@pytest.fixture(scope="session")
def small_planet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a planet of 3 x 4 degrees and five years, seed 1."""
    return build_planet(
        tmp_path_factory.mktemp("planet") / "one", window=SMALL, first_year=2000, years=YEARS, seed=1
    )
