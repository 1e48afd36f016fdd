"""SoilGrids 2.0 (ISRIC, 250 m): sand, silt and clay of the fine earth, in g/kg, GeoTIFF or VRT.

The global files are in the interrupted Goode homolosine projection and are warped while reading; subsets in
degrees (from the WCS) are read as they are. Files are named ``sand_0-5cm_mean``. Fractions are normalised,
because the three are predicted apart and miss 1 by some per cent. Layout: docs.isric.org (mapped units
g/kg, int16); Poggio et al. 2021 (SOIL 7, 217); no genuine file was at hand.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import xarray as xr

from pylandbc.errors import InputError
from pylandbc.grid.window import Window
from pylandbc.sources.opening import read_geotiff
from pylandbc.sources.provenance import describe
from pylandbc.sources.regular_grid import RegularGrid
from pylandbc.sources.resample import area_mean
from pylandbc.sources.soil_texture import usda_texture

PARTS = ("sand", "silt", "clay")
FILE_NAME = re.compile(r"(?P<part>sand|silt|clay)_(?P<top>\d+)-(?P<bottom>\d+)cm_mean")
WARP = 0.0025
"""Cells to which the homolosine files are warped, degrees (a quarter of a pixel)."""
TOLERANCE = 0.1
"""Largest deviation of sand + silt + clay from 1 that is prediction error, not a wrong file."""


def read_soilgrids(paths: list[Path], window: Window) -> xr.Dataset:
    """Soil texture on the window's pixels.

    Parameters
    ----------
    paths
        Sand, silt and clay of one depth or more; depths are averaged by their thickness (0-5, 5-15 and
        15-30 cm give the topsoil).

    Returns
    -------
    xarray.Dataset
        ``sand_fraction``, ``silt_fraction``, ``clay_fraction`` float32 (y, x), summing to 1, NaN without
        soil; ``soil_texture_class`` uint8, codes of :data:`pylandbc.sources.soil_texture.TEXTURES`, 0 none.

    Raises
    ------
    InputError
        A part or depth is missing, a name says neither, or the three do not sum to 1000 g/kg.
    """
    layers: dict[tuple[int, int], dict[str, Path]] = {}
    for path in map(Path, paths):
        match = FILE_NAME.search(path.name)
        if not match:
            raise InputError(f"{path} is not named as SoilGrids does (sand_0-5cm_mean.tif)")
        depth = int(match.group("top")), int(match.group("bottom"))
        layers.setdefault(depth, {})[match.group("part")] = path
    if not layers:
        raise InputError("no SoilGrids files given; sand, silt and clay of at least one depth are needed")
    total, weight = np.zeros((3, *window.shape)), 0.0
    for depth, files in sorted(layers.items()):
        missing = [part for part in PARTS if part not in files]
        if missing:
            name = next(iter(files.values())).name
            raise InputError(f"SoilGrids {depth[0]}-{depth[1]} cm lacks {', '.join(missing)} beside {name}")
        thickness = float(depth[1] - depth[0])
        total = total + thickness * _fractions(files, window)
        weight += thickness
    fractions = total / weight
    dataset = xr.Dataset(
        {
            f"{part}_fraction": (("y", "x"), fractions[i].astype(np.float32), {"units": "1"})
            for i, part in enumerate(PARTS)
        },
        coords={"y": window.latitude, "x": window.longitude},
    )
    dataset["soil_texture_class"] = (("y", "x"), usda_texture(*fractions))
    return describe(
        dataset,
        Path(paths[0]),
        product="SoilGrids",
        version="2.0, " + ", ".join(f"{top}-{bottom} cm" for top, bottom in sorted(layers)),
        licence="CC-BY-4.0 (ISRIC)",
        note="area mean to 1 km, normalised",
    )


def _fractions(files: dict[str, Path], window: Window) -> np.ndarray:
    """(sand, silt, clay; y; x), summing to 1, NaN without soil."""
    parts = []
    for part in PARTS:
        grid, no_data = read_geotiff(files[part], window, warp=WARP)
        values = grid.values.astype(np.float64)
        values[(values < 0) | (values == no_data)] = np.nan
        parts.append(RegularGrid(values, grid.latitude, grid.longitude))
    together = np.stack([p.values for p in parts]) if len({p.values.shape for p in parts}) == 1 else None
    if together is None:
        raise InputError(f"{', '.join(str(f) for f in files.values())} lie on different grids")
    total = together.sum(axis=0)
    # exports without a no-data value write 0 outside the soil mask
    total[total == 0] = np.nan
    middle = float(np.nanmedian(total)) if np.isfinite(total).any() else 1000.0
    if abs(middle / 1000.0 - 1.0) > TOLERANCE:
        raise InputError(
            f"{files['sand']}: sand + silt + clay is about {middle:g}, not 1000 g/kg; "
            "are these the mapped units of SoilGrids?"
        )
    fractions = [
        area_mean(RegularGrid(p / total, g.latitude, g.longitude), window.latitude, window.longitude)
        for p, g in zip(together, parts, strict=True)
    ]
    return np.stack(fractions)
