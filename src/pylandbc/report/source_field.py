"""One variable of any source file, or of a planet's folder, as a map-ready field.

The file's product is recognised by its content and read by its own reader; in a folder the first file whose
product has the variable is taken. Categorical variables come with their legend.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from pylandbc.errors import InputError
from pylandbc.grid.window import Window
from pylandbc.legend import KOEPPEN_GEIGER, LAND_COVER, LAND_USE, UNKNOWN, LandClass, Legend
from pylandbc.sources import modis_vegetation
from pylandbc.sources.catalogue import CATALOGUE
from pylandbc.sources.era5_fields import probe_names
from pylandbc.sources.recognise import NETCDF, RASTER, TEXT, Recognised, recognise
from pylandbc.sources.soil_texture import TEXTURES

LARGEST = 30.0
"""Extent in degrees beyond which a part has to be chosen."""
TIMES = ("year", "time", "month", "dekad")
SOIL_COLOURS = ("#F5E6C8", "#E8CFA0", "#DDB878", "#C99A5B", "#B78148", "#A56B3C", "#955A37", "#804A33",
                "#6E3D30", "#5C322C", "#4A2927", "#3A2020", "#F0E2B6")  # fmt: skip
LEGENDS: dict[str, Legend] = {
    "land_use": LAND_USE,
    "land_cover": LAND_COVER,
    "koeppen_geiger": KOEPPEN_GEIGER,
    "soil_texture_class": Legend(
        "soil_texture",
        tuple(LandClass(code, name, SOIL_COLOURS[code - 1]) for code, name in enumerate(TEXTURES, start=1)),
    ),
}
HOLDERS = {
    "land_use": {"hilda"},
    "land_cover": {"land_cover"},
    "koeppen_geiger": {"koeppen"},
    "soil_texture_class": {"soilgrids"},
    "leaf_area_index": {"cgls_lai_1km", "cgls_lai_300m", "modis_lai"},
    "ndvi": {"modis_vegetation"},
    "evi": {"modis_vegetation"},
    "savi": {"modis_vegetation"},
}
"""Products that have a variable, where a folder is searched for it; others are looked for everywhere."""
MAIN = {
    "hilda": "land_use",
    "land_cover": "land_cover",
    "koeppen": "koeppen_geiger",
    "gebco": "elevation",
    "cgls_lai_1km": "leaf_area_index",
    "cgls_lai_300m": "leaf_area_index",
    "modis_lai": "leaf_area_index",
    "soilgrids": "sand_fraction",
    "population": "population_density",
    "luh2_static": "icwtr",
}
"""What a product is drawn by where no variable is named; else the first one."""


@dataclass(frozen=True)
class SourceField:
    """A field or a series, ready to draw.

    Parameters
    ----------
    values
        (rows, cols), or (time,) for a series of one place.
    window
        What the field fills; ``None`` for a series.
    legend
        Of a categorical field (uint8).
    when
        The year or date that was chosen, or empty.
    """

    name: str
    values: np.ndarray
    window: Window | None
    units: str
    legend: Legend | None
    when: str
    product: str
    times: np.ndarray | None = None


def read_field(
    path: Path,
    variable: str | None = None,
    when: str | None = None,
    box: tuple[float, float, float, float] | None = None,
) -> SourceField:
    """Read one variable.

    Parameters
    ----------
    path
        A product's file, or a folder of them (a planet).
    variable
        Project name, e.g. ``land_use``; by default the product's main one.
    when
        Year (``2016``), month or date (``2016-07``); by default the last of the file.
    box
        West, south, east, north; by default the whole file.

    Raises
    ------
    InputError
        No product recognised, no such variable or time, or a file too large to draw whole.
    """
    path = Path(path)
    if path.is_dir():
        return _in_folder(path, variable, when, box)
    if not path.is_file():
        raise InputError(f"{path} does not exist")
    found = recognise(path)
    if found is None:
        raise InputError(f"{path} belongs to none of the products that `pylandbc sources list` names")
    if found.key in {"noaa_co2", "cmip_co2"}:
        if variable not in {None, "co2"}:
            raise InputError(f"{path} has no variable {variable!r} (it has: co2)")
        return _series(path, found.key)
    window = _window(path, found, box)
    data = _read(path, found, window, when, variable)
    name = variable or MAIN.get(found.key) or str(next(iter(data.data_vars)))
    if name not in data:
        raise InputError(f"{path} has no variable {name!r} (it has: {', '.join(map(str, data.data_vars))})")
    array, chosen = _at(data[name], when, path)
    values = np.asarray(array.values)
    legend = LEGENDS.get(name)
    if legend is not None:
        values = np.where(np.isin(values, legend.codes), values, UNKNOWN).astype(np.uint8)
    units = str(array.attrs.get("units", ""))
    return SourceField(name, values, window, units, legend, chosen, CATALOGUE[found.key].name)


def _in_folder(
    folder: Path, variable: str | None, when: str | None, box: tuple[float, float, float, float] | None
) -> SourceField:
    if variable is None:
        raise InputError(f"{folder} is a folder: name a --variable, e.g. land_use")
    year = int(when[:4]) if when and when[:4].isdigit() else None
    candidates = []
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and p.suffix in NETCDF | RASTER | TEXT):
        try:
            found = recognise(path)
        except InputError:
            continue
        if found is None or (year and found.years and year not in found.years):
            continue
        if when and found.dates and not any(date.startswith(when) for date in found.dates):
            continue
        if found.key in HOLDERS.get(variable, {found.key}):
            # the past before scenarios, the latest before others
            newest = max(found.dates, default=str(max(found.years, default=0)))
            candidates.append((bool(re.search(r"ssp\d{3}", str(path))), newest, path))
    candidates.sort(key=lambda c: c[1], reverse=True)
    candidates.sort(key=lambda c: c[0])
    reasons: list[str] = []
    for _, _, path in candidates:
        try:
            return read_field(path, variable, when, box)
        except InputError as error:
            reasons.append(str(error))
    raise InputError(
        f"no file below {folder} has {variable!r}{f' of {when}' if when else ''}"
        + (f" (the last one said: {reasons[-1]})" if reasons else "")
    )


def _series(path: Path, key: str) -> SourceField:
    data = CATALOGUE[key].read()(path)
    times = data["year"].values if "year" in data.dims else data["time"].values
    return SourceField("co2", data["co2"].values, None, "ppm", None, "", CATALOGUE[key].name, times)


def _window(path: Path, found: Recognised, box: tuple[float, float, float, float] | None) -> Window:
    if box is not None:
        return Window.from_degrees(*box)
    if found.extent is None:
        raise InputError(f"{path} is projected: choose what to draw with --window WEST,SOUTH,EAST,NORTH")
    west, south, east, north = found.extent
    if east - west > LARGEST or north - south > LARGEST:
        raise InputError(
            f"{path} spans {east - west:.0f} x {north - south:.0f} degrees; "
            "choose what to draw with --window WEST,SOUTH,EAST,NORTH"
        )
    lon = (west + 180.0) % 360.0 - 180.0
    return Window.from_degrees(lon, max(south, -90.0), lon + (east - west), min(north, 90.0))


def _read(
    path: Path, found: Recognised, window: Window, when: str | None, variable: str | None
) -> xr.Dataset:
    reader: Callable[..., Any] = CATALOGUE[found.key].read()
    years = list(found.years)
    if when and when[:4].isdigit() and found.key not in {"era5", "era5_land"}:
        wanted = int(when[:4])
        if years and wanted not in years:
            raise InputError(f"{path} has no {wanted} (it covers {years[0]} ... {years[-1]})")
        years = [wanted]
    if found.key == "hilda":
        return reader(path, window, years[-1:] or [0])
    if found.key == "land_cover":
        return reader(path, window, years[-1] if years else None, fractions=False)
    if (found.key.startswith("luh") and found.key != "luh2_static") or found.key == "population":
        return reader(path, window, years[-1:])
    if found.key in {"era5", "era5_land"}:
        return reader(path, window, variables=probe_names(path))
    if found.key == "soilgrids":
        depth = path.name.split("_", 1)[1]
        return reader([path.with_name(f"{part}_{depth}") for part in ("sand", "silt", "clay")], window)
    if found.key == "modis_vegetation":
        return reader(path, window, variable or modis_vegetation.index_of(found.variables[0]) or "ndvi")
    return reader(path, window)


def _at(array: xr.DataArray, when: str | None, path: Path) -> tuple[xr.DataArray, str]:
    """One time of a variable, and its name."""
    dimension = next((d for d in TIMES if d in array.dims), None)
    if dimension is None:
        return array, ""
    labels = [str(value)[:10] for value in array[dimension].values]
    places = [i for i, label in enumerate(labels) if when is None or label.startswith(when)]
    if not places:
        raise InputError(f"{path} has no {when} (it covers {labels[0]} ... {labels[-1]})")
    return array.isel({dimension: places[-1]}), labels[places[-1]]
