"""Maps of a field on the host's native mesh: every cell is drawn as its polygon.

Polygons come as corners in degrees, (cell, corner), the layout of CF bounds; repeated last corners are
allowed. Longitudes are moved by whole turns so that a regional mesh across the dateline stays in one piece.
"""

from __future__ import annotations

import matplotlib
import numpy as np
from matplotlib.collections import PolyCollection
from matplotlib.colors import Colormap
from matplotlib.figure import Figure

from pylandbc.errors import InputError
from pylandbc.report.axes import DPI, figure_size, geographic, style


def unwrapped(lon: np.ndarray, lon_vertices: np.ndarray) -> np.ndarray:
    """Corner longitudes (cell, corner), moved by whole turns to within 180 degrees of the centres ``lon``."""
    return lon[:, None] + (lon_vertices - lon[:, None] + 180.0) % 360.0 - 180.0


def native_map(
    lon: np.ndarray,
    lon_vertices: np.ndarray,
    lat_vertices: np.ndarray,
    values: np.ndarray,
    title: str,
    label: str,
    colours: str | Colormap = "YlGn",
    limits: tuple[float, float] | None = None,
) -> Figure:
    """Figure of one value per native cell.

    Parameters
    ----------
    lon
        Centre longitudes (cell,), degrees.
    lon_vertices, lat_vertices
        Corners (cell, corner), degrees.
    values
        (cell,); cells that are not finite stay white.
    title, label
        Above the map, and along the colour bar.
    colours
        A matplotlib colour map.
    limits
        Ends of the colour bar; those of the values by default.

    Raises
    ------
    InputError
        Shapes do not fit, or no cell has a finite value.
    """
    if (
        lon_vertices.shape != lat_vertices.shape
        or len(lon_vertices) != len(values)
        or len(lon) != len(values)
    ):
        raise InputError(
            f"{len(values)} values, {len(lon)} centres and corners {lon_vertices.shape} and "
            f"{lat_vertices.shape} do not fit: each cell needs one value, one centre and its corners"
        )
    shown = np.isfinite(values)
    if not shown.any():
        raise InputError(f"no cell has a value to draw ({title})")
    # All cells near the first one: a regional mesh across the dateline stays in one piece.
    centre = lon[0] + (lon - lon[0] + 180.0) % 360.0 - 180.0
    x = unwrapped(centre, lon_vertices)
    y = lat_vertices
    low, high = limits or (float(values[shown].min()), float(values[shown].max()))
    with style():
        west, east = x[shown].min(), x[shown].max()
        south, north = y[shown].min(), y[shown].max()
        figure = Figure(figsize=figure_size(east - west, north - south, 0.5 * (south + north)), dpi=DPI)
        axes = figure.add_subplot()
        cells = PolyCollection(
            list(np.stack([x, y], -1)),
            array=np.ma.masked_invalid(values),
            cmap=matplotlib.colormaps.get_cmap(colours).with_extremes(bad="white"),
            edgecolors="0.75",
            linewidths=0.2,
        )
        cells.set_clim(low, high)
        axes.add_collection(cells)
        geographic(axes, west, east, south, north)
        axes.set_title(title, loc="left")
        bar = figure.colorbar(cells, ax=axes, shrink=0.8, pad=0.03, aspect=25)
        bar.set_label(label)
        bar.outline.set_linewidth(0.4)
    return figure
