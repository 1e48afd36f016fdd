"""One map out of a cube by the variable's name: the land use, a static, scenario or climate variable.

Fields keep their own resolution (1 km or 0.25 degree); both lie over the whole window.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pylandbc.cube.open import Cube
from pylandbc.errors import InputError


@dataclass(frozen=True)
class Field:
    """Values (rows, cols) or (lat, lon); ``when`` is empty for what does not change."""

    name: str
    units: str
    when: str
    values: np.ndarray


def read_field(cube: Cube, name: str, year: int | None = None, month: int | None = None) -> Field:
    """The field called ``name``.

    Parameters
    ----------
    year
        The last one by default.
    month
        1 ... 12: the climatology of a climate variable instead of a year's mean.

    Raises
    ------
    InputError
        The cube has no such variable, year or month.
    """
    units = cube.units.get(name, "1")
    if month is not None:
        if name not in cube.climate_variables or not 1 <= month <= 12:
            raise InputError(
                f"{cube.path} has no climatology of {name!r} in month {month} "
                f"(months 1 ... 12 of: {', '.join(cube.climate_variables)})"
            )
        values = cube.climatology[month - 1, cube.climate_variables.index(name)]
        return Field(name, units, f"month {month}", np.asarray(values))
    if name == "land_use":
        year = int(cube.years[-1]) if year is None else year
        return Field(name, "1", str(year), cube.land_use_map(year))
    if name in cube.static_variables:
        return Field(name, units, "", cube.static_field(name))
    if name in cube.scenario_variables:
        year = int(cube.scenario_years[-1]) if year is None else year
        values = cube.scenario[cube.scenario_index(year), cube.scenario_variables.index(name)]
        return Field(name, units, str(year), np.asarray(values))
    if name in cube.climate_variables:
        years = cube.climate_years.tolist()
        year = years[-1] if year is None else year
        if year not in years and len(years) > 1:
            raise InputError(f"{cube.path} has no climate of {year} (it has {years[0]} ... {years[-1]})")
        values = cube.climate[cube.climate_index(year), cube.climate_variables.index(name)]
        when = str(year) if len(years) > 1 else "climatology"
        return Field(name, units, when, np.asarray(values))
    known = ["land_use", *cube.static_variables, *cube.scenario_variables, *cube.climate_variables]
    raise InputError(f"{cube.path} has no variable {name!r} (found: {', '.join(known)})")
