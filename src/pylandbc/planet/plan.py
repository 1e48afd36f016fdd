"""What a planet is to hold: window, years, seed, products, scenarios, and the process's knobs.

The plan is written beside the files (``planet.json``), so that the truth can be computed again from it.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pylandbc.errors import InputError
from pylandbc.grid.window import Window
from pylandbc.planet.transitions import HISTORICAL, SCENARIO_START, SCENARIOS

UK_WINDOW = Window(2900, 16600, 1150, 1625)
"""The window of the real United Kingdom cube (14 W ... 2.25 E, 49.5 ... 61 N)."""
PLAN_FILE = "planet.json"
PRODUCTS = (
    "climate",
    "climate_land",
    "co2",
    "hilda_geotiff",
    "koeppen",
    "lai",
    "lai_300m",
    "lai_truth",
    "land_cover",
    "landmask",
    "population",
    "soil",
    "transitions",
)
"""What is written on request besides land use, relief, mean climate and LUH2's states."""
VERSION = 2
"""Of the process: another version is another planet for the same seed."""


@dataclass(frozen=True)
class Plan:
    """A planet.

    Parameters
    ----------
    first_year, years
        The land-use history.
    products
        Of :data:`PRODUCTS`.
    scenarios
        Of :data:`pylandbc.planet.transitions.SCENARIOS`, from 2015 to ``scenario_end``; the history must hold
        2015.
    land_cover_years, lai_years
        Years of these heavy products; by default the last five and the last two of the history.
    flicker
        Probability that the observed class of a pixel is wrong in a single year (A-B-A).
    bias
        0 ... 1: how much of grass and shrub LUH2's states book as forest or rangeland.
    """

    window: Window = UK_WINDOW
    first_year: int = 1990
    years: int = 30
    seed: int = 1
    products: tuple[str, ...] = ()
    scenarios: tuple[str, ...] = ()
    scenario_end: int = 2050
    land_cover_years: tuple[int, ...] = ()
    lai_years: tuple[int, ...] = ()
    flicker: float = 0.0
    bias: float = 0.0

    def __post_init__(self) -> None:
        if self.years < 1 or self.first_year < 851 or self.last_year > 2300:
            raise InputError(
                "a planet needs at least one year and lies between 851 and 2300; "
                f"got {self.years} from {self.first_year}"
            )
        unknown = [name for name in self.products if name not in PRODUCTS]
        if unknown:
            raise InputError(f"no planet product {', '.join(unknown)} (known: {', '.join(PRODUCTS)})")
        unknown = [name for name in self.scenarios if name not in SCENARIOS or name == HISTORICAL]
        if unknown:
            known = ", ".join(name for name in SCENARIOS if name != HISTORICAL)
            raise InputError(f"no scenario {', '.join(unknown)} (known: {known})")
        if self.scenarios and not self.first_year <= SCENARIO_START <= self.last_year:
            raise InputError(
                f"scenarios leave the history in {SCENARIO_START}, which {self.first_year} ... "
                f"{self.last_year} does not hold; choose other years"
            )
        if self.scenarios and not SCENARIO_START < self.scenario_end <= 2100:
            raise InputError(f"scenarios run to {self.scenario_end}; choose a year from 2016 to 2100")
        if not 0 <= self.flicker <= 0.2 or not 0 <= self.bias <= 1:
            raise InputError(
                f"flicker {self.flicker} must lie in 0 ... 0.2, and the crosswalk bias {self.bias} in 0 ... 1"
            )
        held = range(self.first_year, self.last_year + 1)
        for name in ("land_cover_years", "lai_years"):
            beyond = [year for year in getattr(self, name) if year not in held]
            if beyond:
                raise InputError(f"{name}: {beyond} lie outside {held[0]} ... {held[-1]}")

    @property
    def last_year(self) -> int:
        """Last year of the history."""
        return self.first_year + self.years - 1

    def heavy_years(self, product: str) -> tuple[int, ...]:
        """Years of land cover or leaf area index."""
        stated = self.land_cover_years if product == "land_cover" else self.lai_years
        count = 5 if product == "land_cover" else 2
        first = max(self.first_year, self.last_year - count + 1)
        return stated or tuple(range(first, self.last_year + 1))

    def write(self, folder: Path) -> None:
        """Write ``planet.json``."""
        content = {"format": "landbc-planet", "version": VERSION, **asdict(self)}
        (folder / PLAN_FILE).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def read_plan(folder: Path) -> Plan:
    """The plan of a planet's folder.

    Raises
    ------
    InputError
        No planet there, or one of another version of the process.
    """
    path = Path(folder) / PLAN_FILE
    if not path.is_file():
        raise InputError(f"{path} is missing; is {folder} a planet (`pylandbc planet build`)?")
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        version = content.pop("version")
        content.pop("format")
        window = Window(**content.pop("window"))
        if version != VERSION:
            raise InputError(f"{path} is of version {version}, this is {VERSION}; build the planet again")
        fields: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in content.items()}
        return Plan(window=window, **fields)
    except (KeyError, TypeError, json.JSONDecodeError) as error:
        raise InputError(f"{path} cannot be read ({error}); build the planet again") from error
