"""A small planet with every product, and the configuration of a cube of all of it."""

from __future__ import annotations

from pathlib import Path

from pylandbc.cube.config import CubeConfig, load_config
from pylandbc.grid.window import Window
from pylandbc.planet.build import build_planet
from pylandbc.planet.plan import PRODUCTS

WINDOW = Window(3250, 17400, 100, 125)
CONFIG = Path(__file__).resolve().parents[2] / "examples" / "06_train_land_use" / "planet_everything.yaml"


def build(folder: Path) -> Path:
    """Years 2013 ... 2016, a scenario to 2018, two years of land cover and leaf area."""
    return build_planet(
        folder,
        window=WINDOW,
        first_year=2013,
        years=4,
        products=tuple(name for name in PRODUCTS if name not in ("lai_300m", "lai_truth", "hilda_geotiff")),
        scenarios=("ssp245",),
        scenario_end=2018,
        land_cover_years=(2015, 2016),
        lai_years=(2013, 2014),
    )


def config(**changes: object) -> CubeConfig:
    """The example's configuration with other values; its window becomes the small planet's."""
    example = load_config(CONFIG)
    box = {"west": WINDOW.west, "south": WINDOW.south, "east": WINDOW.east, "north": WINDOW.north}
    content = example.model_dump(exclude_unset=True) | {"window": box} | changes
    return CubeConfig.model_validate(content)
