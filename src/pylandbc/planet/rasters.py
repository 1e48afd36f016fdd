"""GeoTIFFs over a window at a spacing of its own, written strip by strip: climate classes, soil, land mask.

All of them divide 0.25 degree evenly, hence their edges are the window's.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import rasterio
from rasterio.transform import from_origin
from rasterio.windows import Window as RasterWindow

from pylandbc.grid.window import Window

STRIP_ROWS = 120
"""Most rows that are made at once."""
STRIP_CELLS = 1_000_000
"""Most cells that are made at once."""


def axes(window: Window, per_cell: int) -> tuple[np.ndarray, np.ndarray]:
    """Latitudes (descending) and longitudes of the centres of cells of 0.25 / ``per_cell`` degree."""
    lat, lon = (n * per_cell for n in window.coarse_shape)
    step = 0.25 / per_cell
    return window.north - (np.arange(lat) + 0.5) * step, window.west + (np.arange(lon) + 0.5) * step


def write_raster(
    paths: list[Path],
    window: Window,
    per_cell: int,
    strip: Callable[[np.ndarray, np.ndarray], list[np.ndarray]],
    dtype: str,
    nodata: float | None,
    product: str,
) -> None:
    """Write one single-band file per array that ``strip(latitude, longitude)`` gives."""
    latitude, longitude = axes(window, per_cell)
    step = 0.25 / per_cell
    options = {
        "driver": "GTiff",
        "height": latitude.size,
        "width": longitude.size,
        "count": 1,
        "dtype": dtype,
        "crs": "EPSG:4326",
        "transform": from_origin(window.west, window.north, step, step),
        "nodata": nodata,
        "compress": "deflate",
        "zlevel": 1,
    }
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
    files = [rasterio.open(path, "w", **options) for path in paths]
    try:
        for file in files:
            file.update_tags(product=product)
        height = int(np.clip(STRIP_CELLS // longitude.size, 1, STRIP_ROWS))
        for first in range(0, latitude.size, height):
            rows = slice(first, min(first + height, latitude.size))
            at = RasterWindow(0, first, longitude.size, rows.stop - first)
            for file, values in zip(files, strip(latitude[rows], longitude), strict=True):
                file.write(values.astype(dtype), 1, window=at)
    finally:
        for file in files:
            file.close()
