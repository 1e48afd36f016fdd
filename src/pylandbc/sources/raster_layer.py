"""Any further GeoTIFF in degrees as a layer on the 1 km grid: a continuous field, or class codes.

For maps that have no reader of their own (an NDVI maximum, biomes, IGBP classes): the file's no-data value
and NaN are missing, nothing else is assumed.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import rasterio
import xarray as xr

from pylandbc.errors import InputError
from pylandbc.grid.window import Window
from pylandbc.sources.opening import read_geotiff
from pylandbc.sources.provenance import describe
from pylandbc.sources.regular_grid import RegularGrid
from pylandbc.sources.resample import area_mean, bilinear, nearest

METHODS = {"bilinear": bilinear, "area_mean": area_mean}


def read_field(path: Path, window: Window, method: str = "bilinear") -> xr.Dataset:
    """``field`` float32 (y, x), NaN where the file has no value.

    Parameters
    ----------
    method
        ``bilinear`` for cells larger than a pixel, ``area_mean`` for smaller ones.

    Raises
    ------
    InputError
        As :func:`pylandbc.sources.opening.read_geotiff`.
    """
    grid, no_data = read_geotiff(Path(path), window)
    values = grid.values.astype(np.float64)
    if no_data is not None:
        values = np.where(values == no_data, np.nan, values)
    filled = RegularGrid(values, grid.latitude, grid.longitude)
    field = METHODS[method](filled, window.latitude, window.longitude).astype(np.float32)
    return _layer("field", field, Path(path), window, method.replace("_", " "))


def read_classes(path: Path, window: Window, known: tuple[int, ...]) -> xr.Dataset:
    """``classes`` uint8 (y, x) by nearest neighbour, 0 where there is none.

    Raises
    ------
    InputError
        Codes besides ``known``, 0 and the file's no-data value.
    """
    path = Path(path)
    grid, no_data = read_geotiff(path, window)
    values = grid.values
    empty = ~np.isfinite(values) if values.dtype.kind == "f" else np.zeros(values.shape, dtype=bool)
    if no_data is not None:
        empty |= values == no_data
    values = np.where(empty, 0, values)
    strange = sorted(set(np.unique(values).tolist()) - {0, *known})
    if strange:
        raise InputError(
            f"{path} holds codes {strange[:8]} that the configuration does not name "
            f"(it names {list(known)}); add them to classes"
        )
    codes = RegularGrid(values.astype(np.uint8), grid.latitude, grid.longitude)
    return _layer(
        "classes", nearest(codes, window.latitude, window.longitude, 0), path, window, "nearest neighbour"
    )


def _layer(name: str, values: np.ndarray, path: Path, window: Window, how: str) -> xr.Dataset:
    dataset = xr.Dataset({name: (("y", "x"), values)}, coords={"y": window.latitude, "x": window.longitude})
    with rasterio.open(path) as raster:
        tags = {key.lower(): str(text) for key, text in raster.tags().items()}
    return describe(
        dataset,
        path,
        product=tags.get("product", path.stem),
        version=tags.get("version", "not stated"),
        licence=tags.get("license", tags.get("licence", "not stated")),
        note=how,
    )
