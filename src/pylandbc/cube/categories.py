"""What the optional class maps of a cube are called, and what their codes mean."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pylandbc.cube.config import CubeConfig
from pylandbc.errors import InputError
from pylandbc.legend import KOEPPEN_GEIGER
from pylandbc.sources.koeppen import period_of
from pylandbc.sources.soil_texture import TEXTURES

KOEPPEN = "koeppen_geiger"
SOIL = "soil_texture_class"


@dataclass(frozen=True)
class Category:
    """One class map.

    Parameters
    ----------
    name
        In the cube; climate classes carry their period and scenario.
    quantity
        What an emulator's input is called: ``koeppen_geiger`` for climate classes of any period.
    classes
        Name of each code; 0 is none.
    period, scenario
        Years that it stands for, and under which scenario; empty where it does not change.
    """

    name: str
    quantity: str
    classes: dict[int, str]
    period: tuple[int, int] | None = None
    scenario: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Plain data for the attributes of a cube."""
        out = asdict(self) | {"classes": {str(code): name for code, name in self.classes.items()}}
        return out | {"period": list(self.period) if self.period is not None else None}

    @classmethod
    def from_dict(cls, entry: dict[str, Any]) -> Category:
        """The inverse of :meth:`as_dict`."""
        period = entry["period"]
        return cls(
            entry["name"],
            entry["quantity"],
            {int(code): name for code, name in entry["classes"].items()},
            None if period is None else (int(period[0]), int(period[1])),
            entry["scenario"],
        )


def categories_of(config: CubeConfig) -> list[Category]:
    """Class maps of a configuration (patterns replaced), in the order in which the cube stores them.

    Raises
    ------
    InputError
        A climate map whose name and folders do not say its years, or two of one name.
    """
    out = []
    for file in config.koeppen:
        years, scenario = period_of(Path(file))
        if "-" not in years:
            raise InputError(
                f"{file} does not say its years; keep the folders of the download "
                "(1991_2020/, 2041_2070/ssp245/)"
            )
        first, last = (int(year) for year in years.split("-"))
        name = "_".join([KOEPPEN, str(first), str(last), *([scenario] if scenario != "historical" else [])])
        codes = dict(zip(KOEPPEN_GEIGER.codes, KOEPPEN_GEIGER.names, strict=True))
        out.append(Category(name, KOEPPEN, codes, (first, last), scenario))
    if config.soil is not None:
        out.append(Category(SOIL, SOIL, dict(enumerate(TEXTURES, 1))))
    out += [Category(entry.name, entry.name, entry.classes) for entry in config.classes]
    names = [category.name for category in out]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"two class maps are called {', '.join(twice)}")
    return out
