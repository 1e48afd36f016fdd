"""The products that a planet is given on request, by name, and what writes each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pylandbc.planet.climate_files import write_climate, write_climate_land, write_co2, write_hilda_geotiff
from pylandbc.planet.fixed_files import write_koeppen, write_landmask, write_population, write_soil
from pylandbc.planet.lai_files import write_lai_1km, write_lai_300m, write_lai_truth
from pylandbc.planet.land_cover import write_land_cover
from pylandbc.planet.plan import Plan
from pylandbc.progress import TellStage

Writer = Callable[[Path, Plan, TellStage], None]

PRODUCT_WRITERS: dict[str, Writer] = {
    "climate": write_climate,
    "climate_land": write_climate_land,
    "co2": write_co2,
    "hilda_geotiff": write_hilda_geotiff,
    "koeppen": write_koeppen,
    "lai": write_lai_1km,
    "lai_300m": write_lai_300m,
    "lai_truth": write_lai_truth,
    "land_cover": write_land_cover,
    "landmask": write_landmask,
    "population": write_population,
    "soil": write_soil,
}
"""Product name to writer; ``transitions`` is written along with the history."""
