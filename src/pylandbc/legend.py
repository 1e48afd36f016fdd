"""The classes of categorical maps: code, name, colour.

Land use has the paper's eight classes (HILDA+ consolidated). Colours are from Paul Tol's qualitative schemes,
which colour-blind readers can tell apart (https://personal.sron.nl/~pault/).
"""

from __future__ import annotations

from dataclasses import dataclass

UNKNOWN = 255
"""Code of a pixel whose class is not known."""


@dataclass(frozen=True)
class LandClass:
    """One class of a categorical map."""

    code: int
    name: str
    colour: str


@dataclass(frozen=True)
class Legend:
    """An ordered set of classes with codes 0 ... n-1."""

    name: str
    classes: tuple[LandClass, ...]

    def __len__(self) -> int:
        return len(self.classes)

    @property
    def names(self) -> list[str]:
        """Names in code order."""
        return [c.name for c in self.classes]

    @property
    def colours(self) -> list[str]:
        """Hexadecimal colours in code order."""
        return [c.colour for c in self.classes]

    def code(self, name: str) -> int:
        """Code of the class called ``name``; ``KeyError`` names the known ones."""
        for c in self.classes:
            if c.name == name:
                return c.code
        raise KeyError(f"no class {name!r} in legend {self.name!r} (known: {', '.join(self.names)})")


LAND_USE = Legend(
    "land_use",
    (
        LandClass(0, "ocean", "#DDEEF8"),
        LandClass(1, "urban", "#EE6677"),
        LandClass(2, "cropland", "#EECC66"),
        LandClass(3, "pasture", "#CCBB44"),
        LandClass(4, "forest", "#228833"),
        LandClass(5, "grass_shrub", "#AADD99"),
        LandClass(6, "other_land", "#BBBBBB"),
        LandClass(7, "water", "#4477AA"),
    ),
)
"""The eight land-use classes of the paper (HILDA+ consolidated)."""
