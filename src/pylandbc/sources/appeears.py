"""Files as NASA's AppEEARS delivers them: layers of MODIS products in geographic coordinates.

The archive's own HDF4 tiles in sinusoidal projection are not read: HDF4 is missing from most netCDF
libraries. AppEEARS (https://appeears.earthdatacloud.nasa.gov) delivers the same layers as one netCDF file
``PRODUCT.VERSION_RESOLUTION_aidNNNN.nc`` of all dates, or as a GeoTIFF for each layer and date,
``PRODUCT.VERSION_LAYER_doyYYYYDDD_aidNNNN.tif``. Layout as AppEEARS documents it; no genuine file was at
hand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import cftime
import numpy as np
import xarray as xr

from pylandbc.errors import InputError
from pylandbc.grid.window import Window
from pylandbc.sources.opening import coordinate, open_netcdf, read_geotiff
from pylandbc.sources.regular_grid import RegularGrid, cut

RASTERS = {".tif", ".tiff"}
PRODUCT = re.compile(r"(?P<product>M[COY]D\d\d[A-Z]\w{1,2})\.(?P<version>\d{3})_")
FILE_NAME = re.compile(PRODUCT.pattern + r"(?P<layer>\w+?)_doy(?P<date>\d{7})")

Between = tuple[np.datetime64, np.datetime64]
"""First and last day wanted."""
Layer = tuple[str, ...]
"""Names that a layer has in one product or another, the commonest first."""
Maps = tuple[RegularGrid, ...]
"""Digital numbers (int64) of each layer on the part of the source's grid that covers a window."""


def named(path: Path) -> re.Match[str]:
    """Product, version, layer and date of a GeoTIFF's name; ``InputError`` if it is named otherwise."""
    match = FILE_NAME.search(path.name)
    if not match:
        raise InputError(f"{path} is not named as AppEEARS does (PRODUCT.VERSION_LAYER_doyYYYYDDD_...tif)")
    return match


def dates_of(path: Path, layer: Layer) -> np.ndarray:
    """First day of each composite in a file, datetime64[D]; none in a GeoTIFF of another layer."""
    path = Path(path)
    if path.suffix.lower() in RASTERS:
        match = named(path)
        date = _day_of_year(match["date"])
        return np.array([date] if match["layer"] in layer else [], dtype="datetime64[D]")
    with open_netcdf(path, decode=False) as dataset:
        return _days(dataset, path)


def composites(
    paths: list[Path], window: Window, layers: tuple[Layer, ...], between: Between | None = None
) -> Iterator[tuple[np.datetime64, Maps]]:
    """First day and layers of every composite, in the files' order.

    Parameters
    ----------
    paths
        netCDF files, and GeoTIFFs: those of the first layer have the others beside them, and those of the
        others are passed over.
    layers
        Those wanted; all must be there.
    between
        Only composites that begin on these days or between them.

    Raises
    ------
    InputError
        HDF4, a layer is missing, layers lie on different grids, or no overlap.
    """
    for path in paths:
        if path.suffix.lower() not in RASTERS:
            yield from _of_netcdf(path, window, layers, between)
        else:
            for date in dates_of(path, layers[0]):
                if between is None or between[0] <= date <= between[1]:
                    yield date, _of_geotiffs(path, window, layers)


def _day_of_year(text: str) -> np.datetime64:
    return np.datetime64(f"{text[:4]}-01-01", "D") + (int(text[4:]) - 1)


def _days(dataset: xr.Dataset, path: Path) -> np.ndarray:
    """AppEEARS counts in the Julian calendar from a date of it; year, month and day are meant as they are."""
    time = dataset[coordinate(dataset, ("time",), path)]
    when = cftime.num2date(
        np.ravel(time.values), time.attrs["units"], str(time.attrs.get("calendar", "standard"))
    )
    return np.array([f"{d.year:04d}-{d.month:02d}-{d.day:02d}" for d in when], dtype="datetime64[D]")


def _of_geotiffs(path: Path, window: Window, layers: tuple[Layer, ...]) -> Maps:
    match = named(path)
    before, after = path.name[: match.start("layer")], path.name[match.end("layer") :]
    maps: list[RegularGrid] = []
    for layer in layers:
        beside = [path.with_name(before + name + after) for name in layer]
        file = next((one for one in beside if one.is_file()), None)
        if file is None:
            raise InputError(f"{path} lacks a layer; fetch {beside[0].name} too")
        grid, _ = read_geotiff(file, window)
        if maps and grid.values.shape != maps[0].values.shape:
            raise InputError(f"{file} and {path} lie on different grids")
        maps.append(RegularGrid(grid.values.astype(np.int64), grid.latitude, grid.longitude))
    return tuple(maps)


def _of_netcdf(
    path: Path, window: Window, layers: tuple[Layer, ...], between: Between | None
) -> Iterator[tuple[np.datetime64, Maps]]:
    with open_netcdf(path, decode=False) as dataset:
        lat = coordinate(dataset, ("lat", "latitude"), path)
        lon = coordinate(dataset, ("lon", "longitude"), path)
        variables = [dataset[_name_of(layer, dataset, path)] for layer in layers]
        for variable in variables:
            if variable.dims[1:] != (lat, lon):
                raise InputError(
                    f"{path}: {variable.name} has dimensions {variable.dims}, expected (time, lat, lon)"
                )

        def read(variable: xr.DataArray, i: int) -> RegularGrid:
            def block(rows: slice, cols: slice) -> np.ndarray:
                return variable[i, rows, cols].values.astype(np.int64)

            return cut(block, dataset[lat].values, dataset[lon].values, window, path)

        for i, date in enumerate(_days(dataset, path)):
            if between is None or between[0] <= date <= between[1]:
                yield date, tuple(read(variable, i) for variable in variables)


def _name_of(layer: Layer, dataset: xr.Dataset, path: Path) -> str:
    name = next((name for name in layer if name in dataset), None)
    if name is None:
        found = ", ".join(map(str, dataset.data_vars))
        raise InputError(f"layer {layer[0]!r} missing in {path} (found: {found}); order it too")
    return name
