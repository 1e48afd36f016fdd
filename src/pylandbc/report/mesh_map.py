"""Map of a mesh: the outline of every cell over a graticule, or over land and sea of a relief file.

Edges are drawn as what they are, great circles or parallels, in pieces of at most a degree, and twice where
they leave one side of the map for the other; cells around a pole or across the dateline need no special care.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from pylandbc.errors import InputError
from pylandbc.grid.formats.parallels import has_parallels
from pylandbc.grid.sphere import lon_lat
from pylandbc.report.axes import DPI, figure_size, geographic, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from pylandbc.grid.mesh import Mesh
    from pylandbc.sources.regular_grid import RegularGrid

MOST_CELLS = 200_000
"""More cells than this are a grey sheet."""
_PIECE = np.deg2rad(1.0)
_LAND, _SEA = "#e8e2d0", "#dbe8f1"


def mesh_map(
    mesh: Mesh, box: tuple[float, float, float, float], title: str, relief: RegularGrid | None = None
) -> Figure:
    """Figure of a mesh.

    Parameters
    ----------
    mesh
        Mesh.
    box
        West, south, east, north of the map, degrees (``east`` > ``west``, may exceed 180).
    title
        Above the map.
    relief
        Heights (m) around the box: what lies above 0 is drawn as land.

    Raises
    ------
    InputError
        The mesh has more cells than can be told apart.
    """
    if len(mesh) > MOST_CELLS:
        raise InputError(f"{len(mesh)} cells cannot be told apart on a map; choose a part with --window")
    west, south, east, north = box
    with style():
        figure = Figure(figsize=figure_size(east - west, north - south, 0.5 * (south + north), 5.0), dpi=DPI)
        axes = figure.add_subplot()
        if relief is not None:
            _draw_relief(axes, relief, west)
        else:
            axes.grid(color="0.85", linewidth=0.4)
        width = float(np.clip(20.0 / np.sqrt(len(mesh)), 0.15, 0.8))
        axes.add_collection(
            LineCollection(_lines(mesh, west, east), colors="#1f3b57", linewidths=width, zorder=3)
        )
        geographic(axes, west, east, south, north)
        axes.set_title(title)
    return figure


def _lines(mesh: Mesh, west: float, east: float) -> list[np.ndarray]:
    """Edges as lines (points, 2) in degrees, as often as they are seen between ``west`` and ``east``."""
    position = np.arange(mesh.lon_vertices.shape[1])
    used = position < mesh.corner_count[:, None]
    following = np.where(position + 1 < mesh.corner_count[:, None], position + 1, 0)
    start = mesh.corners[used]
    end = np.take_along_axis(mesh.corners, following[:, :, None], axis=1)[used]
    step = np.linalg.norm(end - start, axis=1)
    pieces = max(int(np.ceil(step.max() / _PIECE)), 2)
    share = np.linspace(0.0, 1.0, pieces + 1)[None, :, None]
    if has_parallels(mesh):
        lon, lat = _straight(mesh, used, following, share[..., 0])
    else:
        # equal chords are near enough to equal arcs for drawing
        lon, lat = lon_lat(start[:, None] * (1 - share) + end[:, None] * share)
    # a pole has its neighbour's longitude, so that an edge reaches it along a meridian
    at_pole = np.abs(lat) > 90.0 - 1e-7
    lon[:, 0] = np.where(at_pole[:, 0], lon[:, 1], lon[:, 0])
    lon[:, -1] = np.where(at_pole[:, -1], lon[:, -2], lon[:, -1])
    lon = np.unwrap(lon, period=360.0, axis=1)
    lines: list[np.ndarray] = []
    first = np.ceil((west - lon.max(axis=1)) / 360.0)
    for turn in (0, 1):
        shifted = lon + 360.0 * (first + turn)[:, None]
        seen = shifted.min(axis=1) <= east
        lines.extend(np.stack([shifted[seen], lat[seen]], axis=2))
    return lines


def _straight(
    mesh: Mesh, used: np.ndarray, following: np.ndarray, share: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Edges along parallels and meridians, which are straight in longitude and latitude."""
    lon, lat = mesh.lon_vertices, mesh.lat_vertices
    # an edge to the pole is the meridian of its other end
    end_lon, end_lat = (
        np.take_along_axis(lon, following, 1)[used],
        np.take_along_axis(lat, following, 1)[used],
    )
    lon, lat = lon[used], lat[used]
    from_lon = np.where(np.abs(lat) == 90.0, end_lon, lon)
    to_lon = np.where(np.abs(end_lat) == 90.0, lon, end_lon)
    mix = from_lon[:, None] * (1 - share) + to_lon[:, None] * share
    return mix, lat[:, None] * (1 - share) + end_lat[:, None] * share


def _draw_relief(axes: Axes, relief: RegularGrid, west: float) -> None:
    axes.set_facecolor(_SEA)
    lon = west + (relief.longitude - west) % 360.0
    order = np.argsort(lon)
    every = max(int(np.ceil(relief.values.shape[1] / 1500)), 1)
    heights = relief.values[::every, order[::every]]
    axes.contourf(
        lon[order[::every]], relief.latitude[::every], heights, [0.0, 1e5], colors=[_LAND], zorder=1
    )
    axes.contour(
        lon[order[::every]],
        relief.latitude[::every],
        heights,
        [0.0],
        colors="0.45",
        linewidths=0.3,
        zorder=2,
    )
