"""MODIS vegetation indices (MOD13, MYD13: A2 and A3 at 1 km, A1 at 500 m, Q1 at 250 m; Collection 6.1), as
exported by NASA's AppEEARS.

Signed 16-bit numbers times 0.0001: the indices -2000 ... 10000, fill -3000; the surface reflectances that
they were made of 0 ... 10000, fill -1000. NDVI and EVI are the product's layers, of 16 days or a month; SAVI
is computed of its red and near-infrared reflectances by Huete (1988, doi:10.1016/0034-4257(88)90106-X), on
the product's own pixels. Quality: MODIS Vegetation Index User's Guide (Collection 6.1), tables of pixel
reliability and of VI Quality.
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

SCALE = 1e-4
INDEX_RANGE, REFLECTANCE_RANGE = (-2000, 10000), (0, 10000)
"""Smallest and largest digital number that is a value."""
SOIL = 0.5
"""Huete's adjustment L for intermediate cover."""
QUALITIES = ("good", "marginal")
"""Good data alone; or also marginal ones, which the guide calls useful with regard to the other bits."""


def _layer(name: str) -> appeears.Layer:
    return tuple(
        f"_{size}_{step}_{name}" for step in ("16_days", "monthly") for size in ("1_km", "500m", "250m")
    )


RELIABILITY, VI_QUALITY = _layer("pixel_reliability"), _layer("VI_Quality")
INDICES = {
    "ndvi": (_layer("NDVI"),),
    "evi": (_layer("EVI"),),
    "savi": (_layer("red_reflectance"), _layer("NIR_reflectance")),
}
"""Layers that each index is read from or computed of."""
LAYERS = tuple(name for layers in INDICES.values() for layer in layers for name in layer)
ATTRIBUTES = {
    "ndvi": {"units": "1", "standard_name": "normalized_difference_vegetation_index"},
    "evi": {"units": "1", "long_name": "enhanced vegetation index"},
    "savi": {"units": "1", "long_name": "soil-adjusted vegetation index, L = 0.5"},
}
LEAST_USEFUL = 0b1100
"""Largest VI usefulness index of data that are of use; 1101 to 1111 say why others are not."""


def usable(reliability: np.ndarray, vi_quality: np.ndarray, quality: str) -> np.ndarray:
    """Where the quality layers allow a value.

    Pixel reliability: 0 good, 1 marginal, 2 snow or ice, 3 cloudy, -1 (255) fill. VI Quality: bits 0-1
    MODLAND (0 good, 1 look at the other bits, 2 and 3 cloudy or not produced), 2-5 usefulness. Snow and ice
    are no vegetation, so that neither choice takes them.
    """
    flags = np.asarray(vi_quality).astype(np.int64) & 0xFFFF
    useful = ((flags & 3) <= 1) & (((flags >> 2) & 15) <= LEAST_USEFUL)
    reliable = np.asarray(reliability).astype(np.int64) & 0xFF
    return useful & (reliable <= (0 if quality == "good" else 1))


def soil_adjusted(red: np.ndarray, near_infrared: np.ndarray) -> np.ndarray:
    """SAVI of two reflectances (1): ``(1 + L) (nir - red) / (nir + red + L)``, L = 0.5."""
    return (1 + SOIL) * (near_infrared - red) / (near_infrared + red + SOIL)


def read_modis_vegetation(
    paths: Path | list[Path],
    window: Window,
    index: str = "ndvi",
    quality: str = "marginal",
    between: appeears.Between | None = None,
) -> xr.Dataset:
    """A vegetation index of 16-day or monthly composites on the window's pixels.

    Parameters
    ----------
    paths
        One AppEEARS netCDF file, or GeoTIFFs ``..._1_km_16_days_NDVI_doyYYYYDDD_...tif`` (for SAVI of the
        red reflectance), each with those of its other layers beside it: pixel reliability, VI Quality, and
        for SAVI the near infrared.
    index
        ``"ndvi"``, ``"evi"`` or ``"savi"``.
    quality
        ``"good"`` or ``"marginal"``, see :func:`usable`.
    between
        Read only composites that begin on these days or between them.

    Returns
    -------
    xarray.Dataset
        float32 (time, y, x), ``time`` the composite's first day: the index (1, area mean of the usable source
        pixels) and ``valid_fraction``.

    Raises
    ------
    InputError
        HDF4, an unknown index or quality, a layer is missing, or no overlap.
    """
    if index not in INDICES:
        raise InputError(f"no vegetation index {index!r} (known: {', '.join(INDICES)})")
    if quality not in QUALITIES:
        raise InputError(f"MODIS quality {quality!r} is unknown (known: {', '.join(QUALITIES)})")

    def values(maps: appeears.Maps) -> RegularGrid:
        *given, reliability, flags = maps
        lowest, highest = REFLECTANCE_RANGE if index == "savi" else INDEX_RANGE
        valid = usable(reliability.values, flags.values, quality)
        for grid in given:
            valid &= (grid.values >= lowest) & (grid.values <= highest)
        numbers = [grid.values * SCALE for grid in given]
        found = soil_adjusted(*numbers) if index == "savi" else numbers[0]
        return RegularGrid(np.where(valid, found, np.nan), given[0].latitude, given[0].longitude)

    return composite_series(
        paths, window, (*INDICES[index], RELIABILITY, VI_QUALITY), values, between,
        name=index, attributes=ATTRIBUTES[index], product="MODIS vegetation indices", quality=quality,
    )  # fmt: skip


def dates_of(path: Path, index: str) -> np.ndarray:
    """First day of each composite in a file, datetime64[D]; none in a GeoTIFF of another layer."""
    return appeears.dates_of(path, INDICES[index][0])


def index_of(layer: str) -> str | None:
    """The index whose first layer this is: ``"savi"`` for a red reflectance; ``None`` for a quality layer."""
    return next((index for index, layers in INDICES.items() if layer in layers[0]), None)
