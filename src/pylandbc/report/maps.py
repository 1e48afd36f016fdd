"""Maps of land-use classes over a window of the 1 km grid, and of what changed between two of them.

Colours and names come from the legend. Every pixel is drawn in its class's colour and in no other: classes
are never interpolated. Pixels whose class is not known stay white.
"""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from pylandbc.errors import InputError
from pylandbc.grid.window import Window
from pylandbc.legend import LAND_USE, OCEAN, UNKNOWN, Legend
from pylandbc.report.axes import DPI, figure_size, geographic, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PERSISTENT = "#EBEBEB"
"""Colour of land that stayed what it was."""
NOT_KNOWN = Patch(facecolor="white", edgecolor="0.6", linewidth=0.4, label="Not known")


def readable(name: str) -> str:
    """A class name for a legend: ``grass_shrub`` as ``Grass/shrub``, ``other_land`` as ``Other land``.

    Names with capitals (``BWh``, ESA's) stay as they are; long ones are wrapped.
    """
    if name != name.lower():
        return "\n".join(textwrap.wrap(name, 46))
    return {"grass_shrub": "Grass/shrub"}.get(name, name.replace("_", " ").capitalize())


def colour_bytes(colour: str) -> np.ndarray:
    """Red, green and blue of a colour, uint8 (3,)."""
    return np.round(255 * np.array(to_rgb(colour))).astype(np.uint8)


def rgb(classes: np.ndarray, legend: Legend = LAND_USE) -> np.ndarray:
    """Class codes (rows, cols) as an RGB image, uint8 (rows, cols, 3); codes outside the legend are white."""
    table = np.full((256, 3), 255, dtype=np.uint8)
    for land_class in legend.classes:
        table[land_class.code] = colour_bytes(land_class.colour)
    return table[classes]


def _checked(classes: np.ndarray, window: Window) -> np.ndarray:
    if classes.shape != window.shape or classes.dtype != np.uint8:
        raise InputError(
            f"a class map over {window} must be uint8 {window.shape}, not {classes.dtype} {classes.shape}"
        )
    return classes


def _legend(axes: Axes, handles: list[Patch]) -> None:
    axes.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(1.01, 1.0),
        borderaxespad=0,
        frameon=False,
        handlelength=1.1,
        handleheight=1.1,
    )


def _image(axes: Axes, image: np.ndarray, window: Window) -> None:
    axes.imshow(
        image,
        extent=(window.west, window.east, window.south, window.north),
        origin="upper",
        interpolation="nearest",
        aspect="auto",
    )
    geographic(axes, window.west, window.east, window.south, window.north)


def draw_class_map(axes: Axes, classes: np.ndarray, window: Window, legend: Legend = LAND_USE) -> None:
    """Draw a class map (rows, cols; uint8 codes) on ``axes``, with a legend of the classes that occur."""
    _image(axes, rgb(_checked(classes, window), legend), window)
    present = np.bincount(classes.ravel(), minlength=256)
    handles = [Patch(facecolor=c.colour, label=readable(c.name)) for c in legend.classes if present[c.code]]
    if present[UNKNOWN]:
        handles.append(NOT_KNOWN)
    _legend(axes, handles)


def map_dpi(window: Window) -> int:
    """Dots per inch at which a map of single-column width shows nearly every pixel, 300 to 600."""
    return int(np.clip(window.cols / 2.5, DPI, 2 * DPI))


def _map_figure(window: Window) -> tuple[Figure, Axes]:
    width = window.east - window.west
    height = window.north - window.south
    figure = Figure(
        figsize=figure_size(width, height, 0.5 * (window.north + window.south)), dpi=map_dpi(window)
    )
    return figure, figure.add_subplot()


def class_map(classes: np.ndarray, window: Window, title: str, legend: Legend = LAND_USE) -> Figure:
    """Figure of one class map.

    Parameters
    ----------
    classes
        Class codes over the window, uint8 (rows, cols), north first; 255 is not known.
    window
        Where they lie.
    title
        Stands above the map.

    Raises
    ------
    InputError
        The map does not have the window's shape.
    """
    with style():
        figure, axes = _map_figure(window)
        draw_class_map(axes, classes, window, legend)
        axes.set_title(title, loc="left")
    return figure


def changed(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """True where both classes, uint8 of one shape, are known and differ."""
    return (before != after) & (before != UNKNOWN) & (after != UNKNOWN)


def draw_change_map(
    axes: Axes, before: np.ndarray, after: np.ndarray, window: Window, legend: Legend = LAND_USE
) -> float:
    """Draw what changed between two class maps on ``axes``; return the changed share of the land (0 ... 1).

    Persistent land is grey, changed land has the colour of its new class; the legend gives each
    class's share of the changed area.
    """
    before, after = _checked(before, window), _checked(after, window)
    moved = changed(before, after)
    known = (before != UNKNOWN) & (after != UNKNOWN)
    land = known & ~((before == OCEAN) & (after == OCEAN))
    image = rgb(np.where(known, np.uint8(OCEAN), np.uint8(UNKNOWN)), legend)
    image[land] = colour_bytes(PERSISTENT)
    image[moved] = rgb(after[moved], legend)

    area = np.broadcast_to(window.pixel_area[:, None], after.shape)
    moved_area = area[moved].sum()
    handles = [Patch(facecolor=PERSISTENT, label="Persistent")]
    for c in legend.classes:
        share = area[moved & (after == c.code)].sum() / moved_area if moved_area else 0.0
        if share:
            handles.append(
                Patch(facecolor=c.colour, label=f"To {readable(c.name).lower()} ({percent(share)})")
            )
    if not known.all():
        handles.append(NOT_KNOWN)
    _image(axes, image, window)
    _legend(axes, handles)
    return float(moved_area / area[land].sum()) if land.any() else 0.0


def percent(share: float) -> str:
    """A share as whole per cent, ``<1 %`` for what would round to nothing."""
    return "<1 %" if 0 < share < 0.005 else f"{100 * share:.0f} %"


def change_map(
    before: np.ndarray, after: np.ndarray, window: Window, title: str, legend: Legend = LAND_USE
) -> Figure:
    """Figure of what changed between two class maps, uint8 (rows, cols); raises like :func:`class_map`."""
    with style():
        figure, axes = _map_figure(window)
        share = draw_change_map(axes, before, after, window, legend)
        axes.set_title(f"{title}: {100 * share:.1f} % of the land", loc="left")
    return figure


def save(figure: Figure, path: Path) -> Path:
    """Write a figure (the suffix says the format) and return its path; folders are made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=figure.dpi, bbox_inches="tight", pad_inches=0.05)
    return path
