"""Writes the planet in the official products' layouts, with their attributes and their traps.

The same readers then open synthetic and genuine files. Layouts: HILDA+ netCDF, GEBCO, ERA5 monthly means as
the CDS of 2024 and later delivers them, LUH2 ``states.nc`` and ``staticData_quarterdeg.nc``.
"""

from __future__ import annotations

from pathlib import Path

import netCDF4
import numpy as np

from pylandbc.grid.window import Window
from pylandbc.sources.luh2 import MISSING, SECONDARY, STATES

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
    path: Path, latitude: np.ndarray, longitude: np.ndarray, height: np.ndarray, seed: int
) -> None:
    """int16 ``elevation(lat, lon)``, latitude ascending, no fill value. ``height`` is (lat, lon) in m,
    north first."""
    with netCDF4.Dataset(path, "w") as file:
        file.Conventions = "CF-1.6"
        _declare(file, "GEBCO", seed)
        file.node_offset = 1.0
        _axis(file, "lat", latitude[::-1], "degrees_north", "latitude")
        _axis(file, "lon", longitude, "degrees_east", "longitude")
        variable = file.createVariable("elevation", "i2", ("lat", "lon"), zlib=True, complevel=1)
        variable.standard_name, variable.units = "height_above_reference_ellipsoid", "m"
        variable.long_name = "Elevation relative to sea level"
        # a rounded 0 would turn low land into sea
        whole = np.where(height > 0, np.maximum(np.round(height), 1), np.minimum(np.round(height), -1))
        variable[:] = whole[::-1].astype(np.int16)


class HildaWriter:
    """The HILDA+ netCDF series, one year after the other: ``LULC_states(time, latitude, longitude)``, time
    in years."""

    def __init__(self, path: Path, window: Window, first_year: int, years: int, seed: int) -> None:
        self._file = netCDF4.Dataset(path, "w")
        _declare(self._file, "HILDA+ vGLOB-1.0-f", seed)
        self._file.createDimension("time", years)
        self._file.createVariable("time", "i4", ("time",))[:] = np.arange(first_year, first_year + years)
        self._file["time"].units, self._file["time"].long_name = "year", "calendar year"
        _axis(self._file, "latitude", window.latitude, "degrees_north", "latitude")
        _axis(self._file, "longitude", window.longitude, "degrees_east", "longitude")
        chunks = (1, min(512, window.rows), min(512, window.cols))
        self._states = self._file.createVariable(
            "LULC_states", "i2", ("time", "latitude", "longitude"), zlib=True, complevel=1, chunksizes=chunks
        )
        self._states.long_name = "LULC states"

    def write(self, position: int, codes: np.ndarray) -> None:
        """HILDA+ codes (rows, cols) of the year at ``position``."""
        self._states[position] = codes

    def close(self) -> None:
        """Finish the file."""
        self._file.close()


def write_era5(
    path: Path, name: str, step_type: str, units: str, latitude: np.ndarray, longitude: np.ndarray, year: int,
    values: np.ndarray, seed: int,
) -> None:  # fmt: skip
    """Monthly means of one variable and step type, ``(valid_time, latitude, longitude)``, NaN fill,
    latitude descending."""
    with netCDF4.Dataset(path, "w") as file:
        file.Conventions, file.GRIB_centre = "CF-1.7", "none"
        _declare(file, "ERA5", seed)
        file.createDimension("valid_time", 12)
        time = file.createVariable("valid_time", "i8", ("valid_time",))
        time.units, time.calendar = "seconds since 1970-01-01", "proleptic_gregorian"
        time.standard_name = "time"
        starts = np.arange(f"{year}-01", f"{year + 1}-01", dtype="datetime64[M]").astype("datetime64[s]")
        time[:] = starts.astype(np.int64)
        _axis(file, "latitude", latitude, "degrees_north", "latitude")
        _axis(file, "longitude", longitude, "degrees_east", "longitude")
        variable = file.createVariable(
            name,
            "f4",
            ("valid_time", "latitude", "longitude"),
            zlib=True,
            complevel=1,
            fill_value=np.float32(np.nan),
        )
        variable.units = variable.GRIB_units = units
        variable.GRIB_stepType, variable.GRIB_shortName = step_type, {"t2m": "2t"}.get(name, name)
        variable[:] = values


class Luh2Writer:
    """``states.nc``: time in "years since 850-01-01" (noleap), ``missing_value`` 1e20 and the misspelt
    ``_Fillvalue``."""

    def __init__(self, path: Path, window: Window, first_year: int, years: int, seed: int) -> None:
        self._shape = window.coarse_shape
        self._file = netCDF4.Dataset(path, "w")
        _declare(self._file, "LUH2 v2h", seed)
        self._file.createDimension("time", years)
        time = self._file.createVariable("time", "f8", ("time",))
        time.units, time.calendar, time.axis = "years since 850-01-01 0:0:0", "noleap", "T"
        time[:] = np.arange(first_year, first_year + years) - 850
        _axis(self._file, "lat", window.coarse_latitude, "degrees_north", "latitude")
        _axis(self._file, "lon", window.coarse_longitude, "degrees_east", "longitude")
        for name in (*STATES, *SECONDARY):
            variable = self._file.createVariable(name, "f4", ("time", "lat", "lon"), zlib=True, complevel=1)
            variable.setncattr("_Fillvalue", np.float32(MISSING))
            variable.missing_value = np.float32(MISSING)
            variable.units = {"secma": "years", "secmb": "kg m-2"}.get(name, "1")

    def write(self, position: int, fields: dict[str, np.ndarray]) -> None:
        """All variables (cells,) of the year at ``position``; NaN becomes the missing value."""
        for name in (*STATES, *SECONDARY):
            self._file[name][position] = np.nan_to_num(fields[name], nan=MISSING).reshape(self._shape)

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
        variable[:] = icwtr.reshape(window.coarse_shape)
