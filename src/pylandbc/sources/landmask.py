"""Land mask of NOAA GLOBE (30 arc-seconds, GeoTIFF, 1 land, 0 ocean), by nearest neighbour.

It decides only where the land-use product says nothing: there, land without a class is unknown and the rest
is ocean.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xarray as xr

from pylandbc.errors import InputError
from pylandbc.grid.window import Window
from pylandbc.sources.opening import read_geotiff
from pylandbc.sources.provenance import describe
from pylandbc.sources.resample import nearest


def read_landmask(path: Path, window: Window) -> xr.Dataset:
    """``land_mask`` uint8 (y, x): 1 land, 0 ocean; ocean beyond the file's extent.

    Raises
    ------
    InputError
        The file holds anything else than 0 and 1.
    """
    grid, _ = read_geotiff(Path(path), window)
    found = np.unique(grid.values)
    if not np.isin(found, (0, 1)).all():
        raise InputError(f"{path}: a land mask holds 0 and 1 only, found {found[:8].tolist()}")
    mask = nearest(grid, window.latitude, window.longitude, 0).astype(np.uint8)
    dataset = xr.Dataset(
        {"land_mask": (("y", "x"), mask)}, coords={"y": window.latitude, "x": window.longitude}
    )
    return describe(
        dataset,
        Path(path),
        product="NOAA GLOBE land mask",
        version="global-land-mask",
        licence="MIT",
        note="nearest neighbour",
    )
