"""Writes the planet in the official products' layouts, with their attributes and their traps.

The same readers then open synthetic and genuine files. Layouts: HILDA+ netCDF, GEBCO, ERA5 monthly means as
the CDS of 2024 and later delivers them, LUH2 ``states.nc`` and ``staticData_quarterdeg.nc``.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import netCDF4
import numpy as np

from pylandbc.grid.window import COARSE, Window
from pylandbc.legend import LUH2_STATES
from pylandbc.planet.geography import TILE, coarse_within, within
from pylandbc.sources.luh2 import MISSING, SECONDARY

STRIP = 240
"""Most rows of relief that are made at once."""
STRIP_POINTS = 2_000_000
"""Most points of relief that are made at once."""

TITLE = "Synthetic planet of pylandbc, seed {seed}. Not an observation; only the layout is that of {product}."


def _declare(file: netCDF4.Dataset, product: str, seed: int) -> None:
    """Say in the file that it is synthetic; readers carry this into the provenance."""
    file.title = TITLE.format(seed=seed, product=product)
    file.product, file.license = f"synthetic planet ({product} layout)", "CC0-1.0"


def _axis(file: netCDF4.Dataset, name: str, values: np.ndarray, units: str, standard_name: str) -> None:
    file.createDimension(name, len(values))
    variable = file.createVariable(name, "f8", (name,))
    variable.units, variable.standard_name, variable.long_name = units, standard_name, standard_name
    variable[:] = values


def write_gebco(
    path: Path, latitude: np.ndarray, longitude: np.ndarray, height: Callable[[slice], np.ndarray], seed: int
) -> None:
    """int16 ``elevation(lat, lon)``, latitude ascending, no fill value.

    ``height`` gives the rows of a slice, in m, of latitudes that descend; it is asked for strips.
    """
    count = len(latitude)
    with netCDF4.Dataset(path, "w") as file:
        file.Conventions = "CF-1.6"
        _declare(file, "GEBCO", seed)
        file.node_offset = 1.0
        _axis(file, "lat", latitude[::-1], "degrees_north", "latitude")
        _axis(file, "lon", longitude, "degrees_east", "longitude")
        strip = int(np.clip(STRIP_POINTS // len(longitude), 1, min(STRIP, count)))
        chunks = (strip, min(1200, len(longitude)))
        variable = file.createVariable(
            "elevation", "i2", ("lat", "lon"), zlib=True, complevel=1, chunksizes=chunks
        )
        variable.standard_name, variable.units = "height_above_reference_ellipsoid", "m"
        variable.long_name = "Elevation relative to sea level"
        for south in range(0, count, strip):
            part = height(slice(max(count - south - strip, 0), count - south))
            # a rounded 0 would turn low land into sea
            whole = np.where(part > 0, np.maximum(np.round(part), 1), np.minimum(np.round(part), -1))
            variable[south : south + strip] = whole[::-1].astype(np.int16)


class HildaWriter:
    """The HILDA+ netCDF series, filled tile by tile: ``LULC_states(time, latitude, longitude)``, time in
    years."""

    def __init__(self, path: Path, window: Window, first_year: int, years: int, seed: int) -> None:
        self._file = netCDF4.Dataset(path, "w")
        self._window = window
        _declare(self._file, "HILDA+ vGLOB-1.0-f", seed)
        self._file.createDimension("time", years)
        self._file.createVariable("time", "i4", ("time",))[:] = np.arange(first_year, first_year + years)
        self._file["time"].units, self._file["time"].long_name = "year", "calendar year"
        _axis(self._file, "latitude", window.latitude, "degrees_north", "latitude")
        _axis(self._file, "longitude", window.longitude, "degrees_east", "longitude")
        side = TILE * COARSE
        chunks = (1, min(side, window.rows), min(side, window.cols))
        self._states = self._file.createVariable(
            "LULC_states", "i2", ("time", "latitude", "longitude"), zlib=True, complevel=1, chunksizes=chunks
        )
        self._states.long_name = "LULC states"
        self._states.set_auto_maskandscale(False)

    def write(self, part: Window, codes: np.ndarray) -> None:
        """HILDA+ codes (years, rows, cols) of a tile."""
        rows, cols = within(part, self._window)
        self._states[:, rows, cols] = codes

    def close(self) -> None:
        """Finish the file."""
        self._file.close()


class Era5Writer:
    """Monthly means of one variable, year after year: ``(valid_time, latitude, longitude)``, NaN fill,
    latitude descending; one file per step type, as the CDS delivers them."""

    def __init__(
        self,
        path: Path,
        name: str,
        step_type: str,
        units: str,
        latitude: np.ndarray,
        longitude: np.ndarray,
        seed: int,
    ) -> None:
        self._file = file = netCDF4.Dataset(path, "w")
        file.Conventions, file.GRIB_centre = "CF-1.7", "none"
        _declare(file, "ERA5", seed)
        file.createDimension("valid_time", None)
        self._time = time = file.createVariable("valid_time", "i8", ("valid_time",))
        time.units, time.calendar = "seconds since 1970-01-01", "proleptic_gregorian"
        time.standard_name = "time"
        _axis(file, "latitude", latitude, "degrees_north", "latitude")
        _axis(file, "longitude", longitude, "degrees_east", "longitude")
        self._variable = variable = file.createVariable(
            name,
            "f4",
            ("valid_time", "latitude", "longitude"),
            zlib=True,
            complevel=1,
            fill_value=np.float32(np.nan),
            chunksizes=(1, len(latitude), len(longitude)),
        )
        variable.units = variable.GRIB_units = units
        variable.GRIB_stepType, variable.GRIB_shortName = step_type, {"t2m": "2t"}.get(name, name)

    def write(self, year: int, months: np.ndarray) -> None:
        """The twelve months of the next year, (12, lat, lon)."""
        first = self._time.shape[0]
        starts = (np.datetime64(f"{year:04d}-01", "M") + np.arange(12)).astype("datetime64[s]")
        self._time[first : first + 12] = starts.astype(np.int64)
        self._variable[first : first + 12] = months

    def close(self) -> None:
        """Finish the file."""
        self._file.close()


class Luh2Writer:
    """A LUH2 file: time in "years since 850-01-01" (scenarios: 2015) in a noleap calendar, ``missing_value``
    1e20 and the misspelt ``_Fillvalue``."""

    def __init__(
        self,
        path: Path,
        window: Window,
        first_year: int,
        years: int,
        seed: int,
        names: tuple[str, ...] = (*LUH2_STATES, *SECONDARY),
        base: int = 850,
        product: str = "LUH2 v2h",
    ) -> None:
        self._window, self._names = window, names
        self._file = netCDF4.Dataset(path, "w")
        _declare(self._file, product, seed)
        self._file.createDimension("time", years)
        time = self._file.createVariable("time", "f8", ("time",))
        time.units, time.calendar, time.axis = f"years since {base}-01-01 0:0:0", "noleap", "T"
        time[:] = np.arange(first_year, first_year + years) - base
        _axis(self._file, "lat", window.coarse_latitude, "degrees_north", "latitude")
        _axis(self._file, "lon", window.coarse_longitude, "degrees_east", "longitude")
        lat, lon = window.coarse_shape
        chunks = (min(years, 10), min(TILE, lat), min(TILE, lon))
        for name in names:
            variable = self._file.createVariable(
                name, "f4", ("time", "lat", "lon"), zlib=True, complevel=1, chunksizes=chunks
            )
            variable.setncattr("_Fillvalue", np.float32(MISSING))
            variable.missing_value = np.float32(MISSING)
            variable.units = {"secma": "years", "secmb": "kg m-2"}.get(name, "1")
            variable.set_auto_maskandscale(False)

    def write(self, part: Window, fields: list[dict[str, np.ndarray]]) -> None:
        """Variables (cells,) of a tile, one dictionary a year; NaN becomes the missing value, and what a
        dictionary lacks 0."""
        rows, cols = coarse_within(part, self._window)
        none = np.zeros(part.coarse_shape)
        for name in self._names:
            if not any(name in year for year in fields):
                self._file[name][:, rows, cols] = np.zeros((len(fields), *part.coarse_shape), np.float32)
                continue
            stack = np.stack([year.get(name, none).reshape(part.coarse_shape) for year in fields])
            self._file[name][:, rows, cols] = np.nan_to_num(stack, nan=MISSING).astype(np.float32)

    def close(self) -> None:
        """Finish the file."""
        self._file.close()


def write_luh2_static(path: Path, window: Window, icwtr: np.ndarray, seed: int) -> None:
    """``staticData_quarterdeg.nc`` with the ice and water fraction ``icwtr(lat, lon)``."""
    with netCDF4.Dataset(path, "w") as file:
        _declare(file, "LUH2 static data", seed)
        _axis(file, "lat", window.coarse_latitude, "degrees_north", "latitude")
        _axis(file, "lon", window.coarse_longitude, "degrees_east", "longitude")
        variable = file.createVariable("icwtr", "f4", ("lat", "lon"), zlib=True, complevel=1)
        variable.units, variable.long_name = "1", "ice/water fraction"
        variable[:] = icwtr
