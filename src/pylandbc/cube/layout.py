"""Names and versions of the cube format (docs/contracts.md, "Cube (format 1)")."""

from __future__ import annotations

from pylandbc.cube.vegetation import VEGETATION
from pylandbc.legend import LAND_USE, TRANSITIONS
from pylandbc.sources.era5_variables import ERA5_VARIABLES
from pylandbc.sources.luh2 import VARIABLES as LUH2_VARIABLES

FORMAT = "landbc-cube"
FORMAT_VERSION = 1
CHUNK = 512
"""Pixels along a chunk of the 1 km arrays."""

STATIC_VARIABLES = ("elevation", "bathymetry", "land_mask")
"""Static fields that every cube has, before those that are optional."""
SLOPE_VARIABLES = ("slope", "northness", "eastness")
SOIL_VARIABLES = ("sand_fraction", "silt_fraction", "clay_fraction")
CLIMATE_VARIABLES = ("air_temperature", "precipitation_flux")
FRACTION_VARIABLES = tuple(f"{name}_fraction" for name in LAND_USE.names[1:])
"""Area fractions of classes 1 ... 7 (``hilda_fractions``)."""

SCENARIO_VARIABLES = {
    "hilda_fractions": FRACTION_VARIABLES,
    "hilda_transitions": (*FRACTION_VARIABLES, *TRANSITIONS),
    "luh2": LUH2_VARIABLES,
    "luh2_classes": FRACTION_VARIABLES,
    "luh2_transitions": (*FRACTION_VARIABLES, *TRANSITIONS),
}
"""Variables of each scenario source, in the order in which the cube stores them."""

UNITS = {
    "elevation": "m",
    "bathymetry": "m",
    "land_mask": "1",
    "air_temperature": "K",
    "precipitation_flux": "kg m-2 s-1",
    "secma": "year",
    "secmb": "kg m-2",
    "slope": "degree",
    "co2": "ppm",
    "population_density": "km-2",
    **{name: variable.units for name, variable in ERA5_VARIABLES.items()},
    **{name: variable.units for name, variable in VEGETATION.items()},
}
"""Units; every name that is not here is a fraction ("1")."""


def unit(name: str) -> str:
    """Unit of a variable; ``air_temperature_monthly`` is in that of ``air_temperature``."""
    return UNITS.get(name.removesuffix("_monthly").removesuffix("_dekadal"), "1")
