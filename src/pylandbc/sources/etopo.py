"""ETOPO5 relief (NOAA, 5 arc-minutes), for bathymetry and for land where finer data are missing.

Coarser than the 1 km grid, hence interpolated bilinearly before it is split into height and depth.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xarray as xr

from pylandbc.grid.window import Window
from pylandbc.sources.gebco import relief
from pylandbc.sources.provenance import describe
from pylandbc.sources.resample import bilinear


def read_etopo(path: Path, window: Window) -> xr.Dataset:
    """``elevation`` (m, >= 0) and ``bathymetry`` (m, depth >= 0), float32 (y, x), NaN beyond the file."""
    grid, _ = relief(path, window)
    height = bilinear(grid, window.latitude, window.longitude)
    dataset = xr.Dataset(
        {
            "elevation": (("y", "x"), np.maximum(height, 0).astype(np.float32)),
            "bathymetry": (("y", "x"), np.maximum(-height, 0).astype(np.float32)),
        },
        coords={"y": window.latitude, "x": window.longitude},
    )
    return describe(
        dataset,
        Path(path),
        product="ETOPO5",
        version="5 arc-minutes",
        licence="public domain",
        note="bilinear to 1 km",
    )
