"""Composites of MODIS (8 or 16 days, a month) as a series on the project's grid.

A value is the area mean of the usable source pixels; the share of the pixel that they cover goes with it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import xarray as xr

from pylandbc.errors import InputError
from pylandbc.grid.window import Window
from pylandbc.sources import appeears
from pylandbc.sources.provenance import describe
from pylandbc.sources.regular_grid import RegularGrid
from pylandbc.sources.resample import area_fraction, area_mean


def composite_series(
    paths: Path | list[Path],
    window: Window,
    layers: tuple[appeears.Layer, ...],
    values: Callable[[appeears.Maps], RegularGrid],
    between: appeears.Between | None,
    *,
    name: str,
    attributes: dict[str, str],
    product: str,
    quality: str,
) -> xr.Dataset:
    """The series of one variable.

    Parameters
    ----------
    paths
        Files of AppEEARS, see :func:`pylandbc.sources.appeears.composites`.
    layers
        Layers that are read, that of the variable first, those of quality after.
    values
        Makes values (float64, NaN where there is none) of these layers.
    between
        First and last day of which composites are wanted.
    name, attributes
        Of the variable.
    product, quality
        What its provenance says.

    Returns
    -------
    xarray.Dataset
        float32 (time, y, x), ``time`` the composite's first day: ``name`` and ``valid_fraction``.

    Raises
    ------
    InputError
        As ``composites``, or there is nothing of these days.
    """
    files = [Path(p) for p in ([paths] if isinstance(paths, (str, Path)) else paths)]
    target = window.latitude, window.longitude
    maps: dict[np.datetime64, tuple[np.ndarray, np.ndarray]] = {}
    for date, layer in appeears.composites(files, window, layers, between):
        grid = values(layer)
        maps[date] = (
            area_mean(grid, *target).astype(np.float32),
            area_fraction(grid, *target).astype(np.float32),
        )
    if not maps:
        when = "only other layers" if between is None else f"nothing of {between[0]} ... {between[1]}"
        raise InputError(f"no layer {layers[0][0]!r} among {', '.join(map(str, files))}, {when}")
    dates = sorted(maps)
    dataset = xr.Dataset(
        {
            name: (("time", "y", "x"), np.stack([maps[d][0] for d in dates])),
            "valid_fraction": (("time", "y", "x"), np.stack([maps[d][1] for d in dates])),
        },
        coords={
            "time": np.array(dates, dtype="datetime64[D]").astype("datetime64[ns]"),
            "y": window.latitude,
            "x": window.longitude,
        },
    )
    dataset[name].attrs = dict(attributes)
    stated = appeears.PRODUCT.match(files[0].name)
    return describe(
        dataset,
        files[0],
        product=f"{product} {stated['product']}" if stated else product,
        version=stated["version"] if stated else "not stated",
        licence="NASA EOSDIS (no restriction; cite)",
        note=f"AppEEARS export, quality {quality}, area mean of usable source pixels",
    )
