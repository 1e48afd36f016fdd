"""One map out of a cube by the variable's name, whatever kind it is of.

Fields keep their own resolution (1 km or 0.25 degree); both lie over the whole window. Class maps carry their
legend.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pylandbc.cube.categories import KOEPPEN
from pylandbc.cube.open import Cube
from pylandbc.errors import InputError
from pylandbc.legend import KOEPPEN_GEIGER, LAND_COVER_CLASSES, LAND_USE, UNKNOWN, LandClass, Legend

COLOURS = ("#4477AA", "#EE6677", "#228833", "#CCBB44", "#66CCEE", "#AA3377", "#BBBBBB", "#EE8866", "#44BB99",
           "#FFAABB", "#AAAA00",
           "#99DDFF", "#882255", "#DDCC77", "#117733", "#332288", "#999933")  # fmt: skip
"""Colours of class maps that have none of their own (Paul Tol)."""


@dataclass(frozen=True)
class Field:
    """Values (rows, cols) or (lat, lon); ``when`` is empty for what does not change, ``legend`` is None for
    what is no class map."""

    name: str
    units: str
    when: str
    values: np.ndarray
    legend: Legend | None = None


def read_field(cube: Cube, name: str, year: int | None = None, month: int | None = None) -> Field:
    """The field called ``name``.

    Parameters
    ----------
    year
        The last one by default.
    month
        1 ... 12: of a vegetation series the last step that ends in it; of a climate variable the month of
        ``year``, or the climatology where no year is given.

    Raises
    ------
    InputError
        The cube has no such variable, year or month.
    """
    if name in cube.layers.vegetation:
        return _vegetation(cube, name, year, month)
    if month is not None:
        return _climate_month(cube, name, year, month)
    for read in (_land, _coarse, _layer):
        found = read(cube, name, year)
        if found is not None:
            return found
    raise InputError(f"{cube.path} has no variable {name!r} (found: {', '.join(field_names(cube))})")


def field_names(cube: Cube) -> Iterator[str]:
    """Names that :func:`read_field` knows for a cube."""
    yield from ("land_use", *cube.static_variables, *cube.scenario_variables, *cube.climate_variables)
    layers = cube.layers
    yield from (kind.name for kind in layers.kinds)
    yield from (name for name in ("land_cover", "population_density") if name in layers.arrays())
    if layers.land_cover_fraction is not None:
        yield from (f"land_cover_fraction_{code}" for code in LAND_COVER_CLASSES.codes[1:])
    yield from layers.vegetation


def _land(cube: Cube, name: str, year: int | None) -> Field | None:
    if name == "land_use":
        year = int(cube.years[-1]) if year is None else year
        return Field(name, "1", str(year), cube.land_use_map(year), LAND_USE)
    if name in cube.static_variables:
        return Field(name, cube.units.get(name, "1"), "", cube.static_field(name))
    return None


def _coarse(cube: Cube, name: str, year: int | None) -> Field | None:
    units = cube.units.get(name, "1")
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
    if name == "population_density" and cube.layers.population_density is not None:
        position, when = _of_year(cube, name, cube.layers.population_years, year)
        return Field(name, units, when, np.asarray(cube.layers.population_density[position]))
    return None


def _layer(cube: Cube, name: str, year: int | None) -> Field | None:
    layers = cube.layers
    for position, kind in enumerate(layers.kinds):
        if name == kind.name:
            when = f"{kind.period[0]}-{kind.period[1]} {kind.scenario}" if kind.period else ""
            legend = KOEPPEN_GEIGER if kind.quantity == KOEPPEN else _legend_of(kind.name, kind.classes)
            codes = np.asarray(layers.categories[position])
            return Field(name, "1", when, np.where(codes == 0, np.uint8(UNKNOWN), codes), legend)
    if name == "land_cover" and layers.land_cover is not None:
        position, when = _of_year(cube, name, layers.land_cover_years, year)
        return Field(name, "1", when, np.asarray(layers.land_cover[position]), LAND_COVER_CLASSES)
    stem, _, code = name.rpartition("_")
    if stem == "land_cover_fraction" and layers.land_cover_fraction is not None and code.isdigit():
        position, when = _of_year(cube, name, layers.land_cover_years, year)
        if 1 <= int(code) < len(LAND_COVER_CLASSES):
            packed = np.asarray(layers.land_cover_fraction[position, int(code) - 1])
            values = np.where(packed == UNKNOWN, np.nan, packed / 250)
            return Field(LAND_COVER_CLASSES.names[int(code)], "1", when, values)
    return None


def _legend_of(name: str, classes: dict[int, str]) -> Legend:
    table = (LandClass(c, classes[c], COLOURS[k % len(COLOURS)]) for k, c in enumerate(sorted(classes)))
    return Legend(name, tuple(table))


def _of_year(cube: Cube, name: str, years: np.ndarray, year: int | None) -> tuple[int, str]:
    year = int(years[-1]) if year is None else year
    found = np.flatnonzero(years == year)
    if not found.size:
        raise InputError(f"{cube.path} has no {name} of {year} (it has {', '.join(map(str, years))})")
    return int(found[0]), str(year)


def _climate_month(cube: Cube, name: str, year: int | None, month: int) -> Field:
    units = cube.units.get(name, "1")
    if name not in cube.climate_variables or not 1 <= month <= 12:
        raise InputError(
            f"{cube.path} has no climatology of {name!r} in month {month} "
            f"(months 1 ... 12 of: {', '.join(cube.climate_variables)})"
        )
    variable = cube.climate_variables.index(name)
    if year is None:
        return Field(name, units, f"month {month}", np.asarray(cube.climatology[month - 1, variable]))
    if cube.layers.climate_monthly is None:
        raise InputError(f"{cube.path} has no months of single years; build it with climate.steps: [month]")
    months = cube.layers.climate_months.astype("datetime64[M]")
    found = np.flatnonzero(months == np.datetime64(f"{year:04d}-{month:02d}", "M"))
    if not found.size:
        raise InputError(
            f"{cube.path} has no {name} of {year}-{month:02d} (it has {months[0]} ... {months[-1]})"
        )
    values = cube.layers.climate_monthly[int(found[0]), variable]
    return Field(name, units, f"{year}-{month:02d}", np.asarray(values))


def _vegetation(cube: Cube, name: str, year: int | None, month: int | None) -> Field:
    series = cube.layers.vegetation[name]
    inside = np.ones(series.times.size, dtype=bool)
    if year is not None:
        inside &= series.times.astype("datetime64[Y]").astype(int) + 1970 == year
    if month is not None:
        inside &= series.times.astype("datetime64[M]").astype(int) % 12 + 1 == month
    found = np.flatnonzero(inside)
    if not found.size:
        raise InputError(
            f"{cube.path} has no {name} of year {year}, month {month} "
            f"(it has {series.times[0]} ... {series.times[-1]})"
        )
    position = int(found[-1])
    values = series.unpack(np.asarray(series.values[position]))
    return Field(name, cube.units.get(name, "1"), str(series.times[position]), values)
