"""Longitude-latitude axes for maps: degrees with hemisphere, true proportions, a scale bar.

Maps are drawn on plain longitude-latitude axes, stretched so that a kilometre is as long eastwards as
northwards in the middle of the map.
"""

from __future__ import annotations

import math
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

import matplotlib
import numpy as np
from matplotlib.patheffects import withStroke
from matplotlib.ticker import FuncFormatter, MaxNLocator

from pylandbc.grid.window import EARTH_RADIUS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DPI = 300
NICE = (1, 2, 5)


def style() -> AbstractContextManager[None]:
    """Context in which figures get the letters and lines of a journal's column."""
    return matplotlib.rc_context(
        {
            "font.size": 8,
            "axes.titlesize": 9,
            "axes.linewidth": 0.6,
            "font.family": "sans-serif",
            "legend.fontsize": 8,
        }
    )


def longitude_text(degrees: float) -> str:
    """``-3.5`` as ``3.5°W``; longitudes beyond 180 degrees are taken round the globe."""
    degrees = (degrees + 180.0) % 360.0 - 180.0
    if degrees in (0.0, -180.0):
        return f"{abs(degrees):g}°"
    return f"{abs(degrees):g}°{'E' if degrees > 0 else 'W'}"


def latitude_text(degrees: float) -> str:
    """``51.5`` as ``51.5°N``."""
    return "0°" if degrees == 0 else f"{abs(degrees):g}°{'N' if degrees > 0 else 'S'}"


def bar_length(width_km: float) -> float:
    """Length of a scale bar in km: the largest of 1, 2, 5, 10, ... within a quarter of the map's width."""
    power = 10.0 ** math.floor(math.log10(width_km / 4))
    return max(n * power for n in NICE if n * power <= width_km / 4)


def geographic(axes: Axes, west: float, east: float, south: float, north: float) -> None:
    """Limits, proportions, ticks and scale bar of a map; edges in degrees, ``east`` may exceed 180."""
    middle = 0.5 * (south + north)
    axes.set_xlim(west, east)
    axes.set_ylim(south, north)
    axes.set_aspect(1.0 / max(math.cos(math.radians(middle)), 0.05))
    for axis, text in ((axes.xaxis, longitude_text), (axes.yaxis, latitude_text)):
        axis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
        axis.set_major_formatter(FuncFormatter(lambda value, _, text=text: text(round(value, 6))))
    axes.tick_params(direction="out", length=2.5, width=0.6)
    _scale_bar(axes, west, east, south, north)


def _scale_bar(axes: Axes, west: float, east: float, south: float, north: float) -> None:
    # The bar's length is true at the latitude at which it is drawn.
    latitude = south + 0.045 * (north - south)
    km_per_degree = EARTH_RADIUS / 1000 * math.radians(1) * math.cos(math.radians(latitude))
    length = bar_length((east - west) * km_per_degree)
    left = west + 0.04 * (east - west)
    right = left + length / km_per_degree
    axes.plot([left, right], [latitude] * 2, color="black", linewidth=1.6, solid_capstyle="butt", zorder=5)
    outline = [withStroke(linewidth=1.5, foreground="white")]
    axes.lines[-1].set_path_effects([withStroke(linewidth=3.0, foreground="white")])
    axes.annotate(
        f"{length:g} km",
        (0.5 * (left + right), latitude),
        xytext=(0, 2.5),
        textcoords="offset points",
        ha="center",
        va="bottom",
        fontsize=7,
        zorder=5,
        path_effects=outline,
    )


def figure_size(
    width_degrees: float, height_degrees: float, middle: float, width: float = 3.6
) -> tuple[float, float]:
    """Size in inches of a map ``width`` inches wide, with room for the title and ticks."""
    ratio = height_degrees / max(width_degrees * math.cos(math.radians(middle)), 1e-6)
    return width, float(np.clip(width * ratio, 1.6, 7.0)) + 0.5
