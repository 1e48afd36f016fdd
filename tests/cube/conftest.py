"""A cube of the real United Kingdom, and one of a small planet, each built once."""

from __future__ import annotations

from pathlib import Path

import pytest

from pylandbc.cube.build import build_cube
from pylandbc.cube.config import CubeConfig, load_config
from pylandbc.cube.open import Cube, open_cube
from pylandbc.grid.window import Window
from pylandbc.planet.build import FILES, build_planet

from . import whole_planet

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "06_train_land_use"
SMALL = Window(3250, 17100, 300, 400)


def planet_config(scenario_source: str, output: Path, years: int = 5) -> CubeConfig:
    """Configuration of a cube of the small planet."""
    last = 1999 + years
    content = {
        "window": {"west": SMALL.west, "south": SMALL.south, "east": SMALL.east, "north": SMALL.north},
        "training_years": list(range(2000, last)),
        "scenario_source": scenario_source,
        "output": str(output),
        "land_use": [{"file": FILES["land_use"], "first_year": 2000, "last_year": last}],
        "elevation": [{"product": "gebco", "file": FILES["relief"]}],
        "bathymetry": [{"product": "gebco", "file": FILES["relief"]}],
        "climate": {"files": [FILES["temperature"], FILES["precipitation"]]},
    }
    if scenario_source.startswith("luh2"):
        content["scenario"] = {"file": FILES["states"], "first_year": 2000, "last_year": last}
    if scenario_source == "luh2_transitions":
        content["scenario"]["transitions"] = "transitions.nc"
    return CubeConfig.model_validate(content)


@pytest.fixture(scope="session")
def uk_cube(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Cube:
    """The cube of examples/06_train_land_use/cube.yaml."""
    output = tmp_path_factory.mktemp("uk") / "uk_cube.zarr"
    return open_cube(build_cube(load_config(EXAMPLES / "cube.yaml"), real_data, output))


@pytest.fixture(scope="session")
def planet_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A planet of 3 x 4 degrees and five years."""
    folder = tmp_path_factory.mktemp("planet") / "one"
    return build_planet(folder, window=SMALL, first_year=2000, years=5, seed=1, products=("transitions",))


@pytest.fixture(scope="session")
def planet_cube(planet_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Cube:
    """The small planet with the coarse fields of its own maps (hilda_fractions)."""
    output = tmp_path_factory.mktemp("cube") / "planet.zarr"
    return open_cube(build_cube(planet_config("hilda_fractions", output), planet_folder))


@pytest.fixture(scope="session")
def luh2_cube(planet_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Cube:
    """The small planet driven by its LUH2-like states."""
    output = tmp_path_factory.mktemp("cube") / "luh2.zarr"
    return open_cube(build_cube(planet_config("luh2", output), planet_folder))


@pytest.fixture(scope="session")
def whole_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A planet with every product."""
    return whole_planet.build(tmp_path_factory.mktemp("whole") / "planet")


@pytest.fixture(scope="session")
def whole_cube(whole_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Cube:
    """The cube of examples/06_train_land_use/planet_everything.yaml, on that planet's window."""
    output = tmp_path_factory.mktemp("cube") / "whole.zarr"
    return open_cube(build_cube(whole_planet.config(), whole_folder, output))
