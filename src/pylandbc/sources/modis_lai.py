"""MODIS leaf area index (MCD15A2H, MOD15A2H, MYD15A2H, MCD15A3H; 500 m), as exported by NASA's AppEEARS.

Bytes times 0.1; 249 ... 255 say why there is no value (255 fill, 254 water, 253 barren, 252 snow, 251
wetland, 250 urban, 249 unclassified). Quality bits: MODIS LAI/FPAR User's Guide, Collection 6.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xarray as xr

from pylandbc.errors import InputError
from pylandbc.grid.window import Window
from pylandbc.sources import appeears
from pylandbc.sources.composites import composite_series
from pylandbc.sources.regular_grid import RegularGrid

SCALE = 0.1
LARGEST = 100
"""Largest digital number that is a leaf area index (10 m2 m-2)."""
QUALITIES = ("best", "main", "all")
LAYERS = ("Lai_500m", "Lai")
QC_LAYER = "FparLai_QC"


def usable(qc: np.ndarray, quality: str) -> np.ndarray:
    """Where ``FparLai_QC`` allows a value.

    ``"best"``: main algorithm, no clouds, detectors fine; ``"main"``: main algorithm, saturated or not;
    ``"all"``: also the empirical back-up. Bits 0 MODLAND, 1 sensor, 2 dead detector, 3-4 clouds, 5-7 method.
    """
    qc = np.asarray(qc).astype(np.int64)
    method, clouds, dead = (qc >> 5) & 7, (qc >> 3) & 3, (qc >> 2) & 1
    if quality == "best":
        return (method <= 1) & (clouds == 0) & (dead == 0) & (qc != 255)
    if quality == "main":
        return (method <= 1) & (qc != 255)
    return (method <= 3) & (qc != 255)


def read_modis_lai(
    paths: Path | list[Path], window: Window, quality: str = "main", between: appeears.Between | None = None
) -> xr.Dataset:
    """Leaf area index of 8-day (4-day) composites on the window's pixels.

    Parameters
    ----------
    paths
        One AppEEARS netCDF file, or GeoTIFFs ``..._Lai_500m_doyYYYYDDD_...tif``, each with its
        ``..._FparLai_QC_doyYYYYDDD_...tif`` beside it.
    quality
        ``"best"``, ``"main"`` or ``"all"``, see :func:`usable`.
    between
        Read only composites that begin on these days or between them.

    Returns
    -------
    xarray.Dataset
        float32 (time, y, x), ``time`` the composite's first day: ``leaf_area_index`` (m2 m-2, area mean of
        the usable source pixels) and ``valid_fraction``. Water, bare, built-up and ice have no value.

    Raises
    ------
    InputError
        HDF4, no LAI or quality layer, or no overlap.
    """
    if quality not in QUALITIES:
        raise InputError(f"MODIS quality {quality!r} is unknown (known: {', '.join(QUALITIES)})")

    def values(maps: appeears.Maps) -> RegularGrid:
        numbers, flags = maps
        valid = ((numbers.values & 0xFF) <= LARGEST) & usable(flags.values & 0xFF, quality)
        lai = np.where(valid, (numbers.values & 0xFF) * SCALE, np.nan)
        return RegularGrid(lai, numbers.latitude, numbers.longitude)

    return composite_series(
        paths, window, (LAYERS, (QC_LAYER,)), values, between,
        name="leaf_area_index", attributes={"units": "m2 m-2", "standard_name": "leaf_area_index"},
        product="MODIS LAI", quality=quality,
    )  # fmt: skip


def dates_of(path: Path) -> np.ndarray:
    """First day of each composite in a file, datetime64[D]; none in a GeoTIFF of the quality layer."""
    return appeears.dates_of(path, LAYERS)
