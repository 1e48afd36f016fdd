"""The netCDF files of a bundle (docs/contracts.md, "Bundle (format 2)"): domain, mesh, scenario.

Each writer checks what it writes: no missing values in fields that enter the network, known class codes,
years without gaps. The C++ engine reads these files and nothing else of the preparation.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import netCDF4
import numpy as np

from pylandbc.cube.fractions import between
from pylandbc.errors import InputError
from pylandbc.grid.mesh import Mesh
from pylandbc.grid.overlap import OverlapSet
from pylandbc.grid.window import COARSE, Window
from pylandbc.legend import LAND_USE, UNKNOWN

CHUNK = 100
"""Pixels along a chunk of a map."""


def write_domain(
    path: Path,
    extended: Window,
    static: Mapping[str, np.ndarray],
    units: Mapping[str, str],
    land_use: np.ndarray,
    maps: Mapping[str, np.ndarray] | None = None,
) -> None:
    """Write ``domain.nc``: static fields and the initial state over the extended window.

    Parameters
    ----------
    path
        File to write.
    extended
        The extended window.
    static
        float32 (rows, cols) by name.
    units
        Their units.
    land_use
        Class codes of the state's year, uint8 (rows, cols).
    maps
        Further class maps by name: land cover of the state's year, climate classes.

    Raises
    ------
    InputError
        If a static field has missing values or the state a code that is no class.
    """
    codes = np.unique(land_use)
    strange = [int(c) for c in codes if c >= len(LAND_USE) and c != UNKNOWN]
    if strange:
        raise InputError(
            f"land use holds codes {strange} that are neither classes nor {UNKNOWN}; rebuild the cube"
        )
    with netCDF4.Dataset(path, "w") as file:
        file.Conventions = "CF-1.11"
        _dimension(file, "y", extended.latitude, "latitude", "degrees_north")
        _dimension(file, "x", extended.longitude, "longitude", "degrees_east")
        for name, values in static.items():
            if not np.isfinite(values).all():
                raise InputError(f"static field {name!r} has missing values in the window; rebuild the cube")
            variable = new_variable(file, name, "f4", ("y", "x"), compressed=False)
            variable.units = units.get(name, "1")
            variable[:] = values
        state = new_variable(file, "land_use", "u1", ("y", "x"))
        state.flag_values = np.array([*range(len(LAND_USE)), UNKNOWN], dtype=np.uint8)
        state.flag_meanings = " ".join([*LAND_USE.names, "unknown"])
        state[:] = land_use
        for name, codes in (maps or {}).items():
            new_variable(file, name, "u1", ("y", "x"))[:] = codes


def write_mesh(path: Path, mesh: Mesh, overlap: OverlapSet) -> None:
    """Write ``mesh.nc``: the native cells that overlap the extended window, and the overlaps.

    Parameters
    ----------
    path
        File to write.
    mesh, overlap
        Cells in ascending id, each with some overlap.
    """
    with netCDF4.Dataset(path, "w") as file:
        file.createDimension("cell", len(mesh))
        file.createDimension("corner", mesh.lon_vertices.shape[1])
        file.createDimension("overlap", len(overlap))
        write_cells(file, mesh, "cell_lon", "cell_lat")
        for name, values, dtype in (
            ("overlap_pixel", overlap.pixel, "i4"),
            ("overlap_cell", overlap.cell, "i4"),
            ("overlap_area", overlap.area, "f8"),
        ):
            new_variable(file, name, dtype, ("overlap",))[:] = values
        file["overlap_area"].units = "m2"
        file[
            "overlap_pixel"
        ].long_name = "row * columns + column in the extended window, north-west corner first"
        file["overlap_cell"].long_name = "position in dimension cell, from 0"


def write_cells(file: netCDF4.Dataset, mesh: Mesh, lon: str, lat: str) -> None:
    """Ids, centres (named as given), areas and corners of the cells; dimensions ``cell``, ``corner``."""
    for name, values, dtype, units, standard in (
        ("cell_id", mesh.cell_id, "i8", None, None),
        (lon, mesh.lon, "f8", "degrees_east", "longitude"),
        (lat, mesh.lat, "f8", "degrees_north", "latitude"),
        ("cell_area", mesh.area, "f8", "m2", "cell_area"),
    ):
        variable = file.createVariable(name, dtype, ("cell",))
        variable[:] = values
        if units:
            variable.units, variable.standard_name = units, standard
    file["cell_id"].long_name = "global id of the native cell"
    for name, values in (("lon_vertices", mesh.lon_vertices), ("lat_vertices", mesh.lat_vertices)):
        variable = file.createVariable(name, "f8", ("cell", "corner"))
        variable[:] = values
    file[lon].bounds, file[lat].bounds = "lon_vertices", "lat_vertices"


def write_scenario(
    path: Path,
    extended: Window,
    years: np.ndarray,
    fields: Mapping[str, np.ndarray],
    units: Mapping[str, str],
) -> None:
    """Write ``scenario.nc``: one series per scenario input, every year from the first to the last.

    Parameters
    ----------
    path
        File to write.
    extended
        The extended window.
    years
        Ascending, gaps allowed (years,): fields of the years between are interpolated linearly.
    fields
        float32 (years, lat, lon) by name.
    units
        Their units.

    Raises
    ------
    InputError
        If a field has missing values or the years do not ascend.
    """
    if np.any(np.diff(years) <= 0):
        raise InputError(f"scenario years do not ascend: {years.tolist()}; rebuild the cube")
    every = np.arange(years[0], years[-1] + 1)
    with netCDF4.Dataset(path, "w") as file:
        file.Conventions = "CF-1.11"
        file.createDimension("year", len(every))
        file.createVariable("year", "i4", ("year",))[:] = every
        _dimension(file, "lat", extended.coarse_latitude, "latitude", "degrees_north")
        _dimension(file, "lon", extended.coarse_longitude, "longitude", "degrees_east")
        if len(every) > len(years):
            file.comment = f"given years: {years.tolist()}; those between are interpolated linearly"
        for name, values in fields.items():
            if not np.isfinite(values).all():
                raise InputError(
                    f"scenario field {name!r} has missing values in the window; rebuild the cube"
                )
            variable = new_variable(file, name, "f4", ("year", "lat", "lon"))
            variable.units = units.get(name, "1")
            for i, year in enumerate(every):
                variable[i] = between(year, years, values)


def coarse_to_cells(field: np.ndarray, extended: Window, overlap: OverlapSet) -> np.ndarray:
    """Area means over native cells of a field that is constant on 0.25 degree cells.

    Parameters
    ----------
    field
        (..., lat, lon) on the coarse cells of the window.
    extended
        The window of the overlaps.
    overlap
        Overlaps of the native cells with the window.

    Returns
    -------
    numpy.ndarray
        Double precision (..., cells); of the part of each cell inside the window.
    """
    row, col = np.divmod(overlap.pixel, extended.cols)
    coarse = (row // COARSE).astype(np.int64) * extended.coarse_shape[1] + col // COARSE
    flat = np.asarray(field, dtype=np.float64).reshape(
        -1, extended.coarse_shape[0] * extended.coarse_shape[1]
    )
    means = [np.bincount(overlap.cell, overlap.area * f[coarse], overlap.cell_count) for f in flat]
    return (np.array(means) / overlap.cell_area).reshape(*field.shape[:-2], overlap.cell_count)


def write_series(
    path: Path,
    climatology: Mapping[str, np.ndarray],
    units: Mapping[str, str],
    extended: Window,
    overlap: OverlapSet,
    yearly: Mapping[str, tuple[np.ndarray, np.ndarray]] | None = None,
) -> None:
    """Write ``series.nc``: inputs that a host may leave to the bundle.

    Parameters
    ----------
    path
        File to write.
    climatology
        (12, lat, lon) by name, on the extended window's 0.25 degree cells; averaged over native cells.
    units
        Units of all of them.
    extended, overlap
        The extended window and its overlaps with the native cells.
    yearly
        Years without gaps and one number a year for all cells, by name (carbon dioxide, say).

    Raises
    ------
    InputError
        If a field has missing values.
    """
    with netCDF4.Dataset(path, "w") as file:
        file.Conventions = "CF-1.11"
        file.createDimension("month", 12)
        file.createDimension("cell", overlap.cell_count)
        for name, values in climatology.items():
            if values.shape[0] != 12 or not np.isfinite(values).all():
                raise InputError(
                    f"the climatology of {name!r} has no 12 months or missing values; rebuild the cube"
                )
            variable = new_variable(file, name, "f8", ("month", "cell"))
            variable.units = units.get(name, "1")
            variable.cell_methods = "area: mean time: mean within years time: mean over years"
            variable[:] = coarse_to_cells(values, extended, overlap)
        for name, (years, values) in (yearly or {}).items():
            if "year" not in file.dimensions:
                file.createDimension("year", len(years))
                file.createVariable("year", "i4", ("year",))[:] = years
            variable = new_variable(file, name, "f8", ("year",))
            variable.units = units.get(name, "1")
            variable[:] = values


def _dimension(file: netCDF4.Dataset, name: str, values: np.ndarray, standard: str, units: str) -> None:
    file.createDimension(name, len(values))
    variable = file.createVariable(name, "f8", (name,))
    variable[:] = values
    variable.standard_name, variable.units = standard, units


def new_variable(
    file: netCDF4.Dataset, name: str, dtype: str, dimensions: tuple[str, ...], compressed: bool = True
) -> netCDF4.Variable:
    """A variable without fill values, in the chunks in which the engine reads it.

    What every update reads anew is better not compressed: inflating it takes several times as long.
    """
    return file.createVariable(
        name,
        dtype,
        dimensions,
        zlib=compressed,
        complevel=1,
        shuffle=compressed,
        fill_value=False,
        chunksizes=chunks(file, dimensions),
    )


def chunks(file: netCDF4.Dataset, dimensions: tuple[str, ...]) -> tuple[int, ...] | None:
    """As updates read them: a map of pixels in chunks small beside a tile, a scenario by year."""
    if dimensions == ("year", "lat", "lon"):
        return (1, *(len(file.dimensions[name]) for name in dimensions[1:]))
    if dimensions[-2:] != ("y", "x"):
        return None
    sides = [min(CHUNK, len(file.dimensions[name])) for name in dimensions[-2:]]
    return (1,) * (len(dimensions) - 2) + tuple(sides)
