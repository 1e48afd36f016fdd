"""Reads the land use that the example host wrote: yearly class fractions on native cells."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np

from pylandbc.errors import InputError

_NEEDED = (
    "lon",
    "lon_bnds",
    "lat_bnds",
    "cell_area",
    "land_use_class_name",
    "land_use_time_bnds",
    "land_use_fraction",
    "coverage",
)


@dataclass(frozen=True)
class LandUseHistory:
    """Yearly land use on native cells.

    Attributes
    ----------
    years
        (time,).
    class_names
        In code order.
    lon, lon_vertices, lat_vertices
        Centre longitudes (cell,) and corners (cell, corner), degrees.
    cell_area
        m2 (cell,).
    fraction
        (time, class, cell), of the covered part of each cell.
    coverage
        (time, cell).
    """

    years: np.ndarray
    class_names: list[str]
    lon: np.ndarray
    lon_vertices: np.ndarray
    lat_vertices: np.ndarray
    cell_area: np.ndarray
    fraction: np.ndarray
    coverage: np.ndarray

    def of(self, class_name: str, year: int) -> np.ndarray:
        """Fraction of one class in one year (cell,), NaN where nothing is known."""
        if class_name not in self.class_names:
            raise InputError(f"no class {class_name!r} (known: {', '.join(self.class_names)})")
        if year not in self.years:
            raise InputError(f"no land use of {year} (the file holds {self.years[0]} to {self.years[-1]})")
        t = int(np.flatnonzero(self.years == year)[0])
        fraction = self.fraction[t, self.class_names.index(class_name)]
        return np.where(self.coverage[t] > 0, fraction, np.nan)


def read_land_use(path: Path) -> LandUseHistory:
    """Read a host's history file.

    Raises
    ------
    InputError
        The file is absent or lacks a variable.
    """
    if not path.is_file():
        raise InputError(f"no history file at {path}; give the file named as `output` in the host's namelist")
    with netCDF4.Dataset(path) as file:
        file.set_auto_mask(False)
        for name in _NEEDED:
            if name not in file.variables:
                raise InputError(
                    f"{path} lacks the variable {name!r}; is it the history file of esm_time_loop?"
                )
        time = file["land_use_time"]
        begin: Any = netCDF4.num2date(file["land_use_time_bnds"][:, 0], time.units, time.calendar)
        names = netCDF4.chartostring(file["land_use_class_name"][:])
        return LandUseHistory(
            years=np.array([date.year for date in begin]),
            class_names=[str(name).strip() for name in names],
            lon=file["lon"][:],
            lon_vertices=file["lon_bnds"][:],
            lat_vertices=file["lat_bnds"][:],
            cell_area=file["cell_area"][:],
            fraction=file["land_use_fraction"][:],
            coverage=file["coverage"][:],
        )
