"""The vegetation variables that an emulator may predict: their units, their range, their value without
vegetation.

A further variable is one more entry; nothing else in the emulators depends on which it is.
"""

from __future__ import annotations

from dataclasses import dataclass

from pylandbc.errors import InputError


@dataclass(frozen=True)
class VegetationRange:
    """What a variable can be.

    Parameters
    ----------
    units
        Of its values.
    lower, upper
        Ends of its range.
    bare
        Its value over water and ice.
    """

    units: str
    lower: float
    upper: float
    bare: float = 0.0


VARIABLES = {
    "leaf_area_index": VegetationRange("m2 m-2", 0.0, 10.0),
    "ndvi": VegetationRange("1", -0.2, 1.0),
    "evi": VegetationRange("1", -0.2, 1.0),
    "savi": VegetationRange("1", -0.3, 1.5),
}
"""Variables by name: leaf area index, and the normalised difference (Rouse et al. 1974), enhanced (Huete et
al. 2002) and soil-adjusted (Huete 1988) vegetation index."""


def variable(name: str) -> VegetationRange:
    """The entry of a variable; ``InputError`` names those there are."""
    if name not in VARIABLES:
        raise InputError(f"no vegetation variable {name!r}; there are {', '.join(VARIABLES)}")
    return VARIABLES[name]
