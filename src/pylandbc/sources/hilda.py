"""HILDA+ land-use states (Winkler et al. 2021, Nat. Commun. 12:2501): GeoTIFF per year, or the netCDF series.

Codes: 0 ocean, 11 urban, 22 cropland (23 and 24 in version 2), 33 pasture, 40-45 forest types, 55 grass and
shrub, 66 other land, 77 water, 99 no data. In the plain GeoTIFF product 44 stands for forest as a whole;
the netCDF product uses it for a deciduous type. Both become forest here. The product's grid (0.01 or
0.0099886 degree) is taken from the file and resampled to the window by nearest neighbour.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import xarray as xr

from pylandbc.errors import InputError
from pylandbc.grid.window import Window
from pylandbc.legend import UNKNOWN
from pylandbc.sources.opening import coordinate, open_netcdf, read_geotiff
from pylandbc.sources.provenance import describe
from pylandbc.sources.regular_grid import RegularGrid, cut
from pylandbc.sources.resample import nearest
from pylandbc.sources.time_axis import positions_of, years_of

NO_DATA = 99
"""The product's own code for "no data"."""

CONSOLIDATION = {
    0: 0,
    11: 1,
    22: 2,
    23: 2,
    24: 2,
    33: 3,
    40: 4,
    41: 4,
    42: 4,
    43: 4,
    44: 4,
    45: 4,
    55: 5,
    66: 6,
    77: 7,
    NO_DATA: UNKNOWN,
}
"""HILDA+ code to class code of :data:`pylandbc.legend.LAND_USE`."""

VARIABLE = "LULC_states"
LICENCE = "CC-BY-4.0"
PRODUCT = "HILDA+ land-use states"


def consolidate(codes: np.ndarray, path: Path) -> np.ndarray:
    """HILDA+ codes (any numeric type, NaN missing) to the eight classes.

    Returns
    -------
    numpy.ndarray
        uint8 of the same shape, 255 where missing.

    Raises
    ------
    InputError
        A code that HILDA+ does not define, or one that is not a whole number.
    """
    codes = np.asarray(codes)
    missing = ~np.isfinite(codes) if codes.dtype.kind == "f" else np.zeros(codes.shape, dtype=bool)
    whole = np.where(missing, NO_DATA, codes)
    present = np.unique(whole)
    unknown = [float(code) for code in present if code not in CONSOLIDATION]
    if unknown:
        raise InputError(
            f"{path} holds codes {unknown[:8]} that HILDA+ does not define (known: {sorted(CONSOLIDATION)}); "
            "is it a states file, not a transitions or change file?"
        )
    table = np.full(256, UNKNOWN, dtype=np.uint8)
    for code, land_class in CONSOLIDATION.items():
        table[code] = land_class
    return table[whole.astype(np.uint8)]


def version_in_name(path: Path) -> str | None:
    """``vGLOB-2.1-crop`` of ``hildap_vGLOB-2.1-crop_states.nc``."""
    match = re.search(r"vGLOB-?\d[\d.]*(-[A-Za-z]+)?", Path(path).name)
    return match.group(0) if match else None


def read_hilda(path: Path, window: Window, years: list[int]) -> xr.Dataset:
    """Land use of the given years on the window's pixels.

    Parameters
    ----------
    path
        A GeoTIFF (one year: ``years`` must name it) or a netCDF file with ``LULC_states(time, latitude,
        longitude)``.
    years
        Calendar years wanted.

    Returns
    -------
    xarray.Dataset
        ``land_use`` uint8 (year, y, x), 255 where the file has no class or does not reach.

    Raises
    ------
    InputError
        The file cannot be read as land use, or lacks one of the years.
    """
    path = Path(path)
    stated: dict[str, str] = {}
    if path.suffix.lower() in {".tif", ".tiff"}:
        if len(years) != 1:
            raise InputError(f"{path} is a GeoTIFF and holds one year; the configuration asks it for {years}")
        maps = [_from_geotiff(path, window)]
    else:
        maps, stated = _from_netcdf(path, window, years)
    dataset = xr.Dataset(
        {"land_use": (("year", "y", "x"), np.stack(maps))},
        coords={"year": list(years), "y": window.latitude, "x": window.longitude},
    )
    return describe(
        dataset,
        path,
        product=stated.get("product", PRODUCT),
        version=stated.get("title", version_in_name(path) or "vGLOB-1.0-f"),
        licence=stated.get("license", LICENCE),
        note="nearest neighbour",
    )


def _from_geotiff(path: Path, window: Window) -> np.ndarray:
    grid, no_data = read_geotiff(path, window)
    values = grid.values
    if no_data is not None and np.isfinite(no_data):
        values = np.where(values == no_data, NO_DATA, values)
    return _on_window(RegularGrid(values, grid.latitude, grid.longitude), window, path)


def _from_netcdf(path: Path, window: Window, years: list[int]) -> tuple[list[np.ndarray], dict[str, str]]:
    with open_netcdf(path, decode=False) as dataset:
        if VARIABLE not in dataset:
            raise InputError(
                f"HILDA+ variable {VARIABLE!r} missing in {path} "
                f"(found: {', '.join(map(str, dataset.data_vars))}); is this the states file?"
            )
        states = dataset[VARIABLE]
        lat = coordinate(dataset, ("latitude", "lat"), path)
        lon = coordinate(dataset, ("longitude", "lon"), path)
        if states.ndim != 3 or states.dims[1:] != (lat, lon):
            raise InputError(
                f"{path}: {VARIABLE} has dimensions {states.dims}, expected (time, {lat}, {lon})"
            )
        fill = states.attrs.get("_FillValue", states.attrs.get("missing_value"))
        index = positions_of(years, years_of(dataset[states.dims[0]], path), path)
        maps = []
        for i in index:

            def read(rows: slice, cols: slice, i: int = i) -> np.ndarray:
                values = states[i, rows, cols].values
                return values if fill is None else np.where(values == fill, NO_DATA, values)

            grid = cut(read, dataset[lat].values, dataset[lon].values, window, path)
            maps.append(_on_window(grid, window, path))
        return maps, {name: str(text) for name, text in dataset.attrs.items()}


def _on_window(grid: RegularGrid, window: Window, path: Path) -> np.ndarray:
    classes = RegularGrid(consolidate(grid.values, path), grid.latitude, grid.longitude)
    return nearest(classes, window.latitude, window.longitude, UNKNOWN)
