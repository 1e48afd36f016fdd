"""What an emulator saw and what it made of it, as in figure 2 of the paper: coarse land use, elevation,
masked prior, prediction, truth; and, beside them, where the prediction is wrong.

Takes plain arrays over a window and knows nothing of emulators or cubes. Outlines mark the blocks that were
held out of training.
"""

from __future__ import annotations

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from pylandbc.grid.window import Window
from pylandbc.legend import LAND_USE, OCEAN, UNKNOWN, Legend
from pylandbc.report.axes import DPI, geographic, style
from pylandbc.report.maps import PERSISTENT, colour_bytes, readable, rgb
from pylandbc.report.panel_fields import Panels

HIDDEN = "#3A3A3A"
"""Colour of patches whose prior the emulator did not see."""
WRONG_HIDDEN = "#EE7733"
WRONG_VISIBLE = "#CC3311"
"""Errors where the prior was hidden and where it was seen (Paul Tol's vibrant scheme)."""
OUTLINE = "#000000"
RELIEF = LinearSegmentedColormap.from_list(
    "relief", ["#2F6B4F", "#8DB27B", "#E8DFB0", "#B98D5C", "#7A5540", "#F4F1EE"]
)


def driver_of(legend: Legend) -> tuple[Legend, str]:
    """Legend and title of the panel that shows what drives the prediction."""
    if legend.name == LAND_USE.name:
        return legend, "Dominant land use at 0.25°"
    return LAND_USE, "Land use of the target year"


def draw(panels: Panels, title: str, legend: Legend = LAND_USE) -> Figure:
    """The figure: six maps, one legend.

    Parameters
    ----------
    panels
        What to draw.
    title
        Stands above all.
    legend
        Names and colours of the classes; the first is the ocean.
    """
    window = panels.window
    driver, driver_title = driver_of(legend)
    known, wrong = panels.known, panels.wrong
    accuracy = 1.0 - wrong.sum() / max(known.sum(), 1)
    hidden_share = (known & ~panels.visible).sum() / max(known.sum(), 1)
    masked = rgb(panels.prior, legend)
    masked[~panels.visible & panels.land] = colour_bytes(HIDDEN)
    errors = rgb(np.where(panels.truth == UNKNOWN, UNKNOWN, OCEAN).astype(np.uint8), legend)
    errors[known] = colour_bytes(PERSISTENT)
    errors[wrong & ~panels.visible] = colour_bytes(WRONG_HIDDEN)
    errors[wrong & panels.visible] = colour_bytes(WRONG_VISIBLE)

    with style(), matplotlib.rc_context({"axes.titlesize": 9, "xtick.labelsize": 7, "ytick.labelsize": 7}):
        figure = Figure(figsize=_size(window), dpi=DPI, layout="constrained")
        grid = figure.subplots(2, 3, sharex=True, sharey=True)
        maps = (
            (grid[0, 0], rgb(panels.coarse, driver), f"a  {driver_title}"),
            (grid[0, 2], masked, f"c  Prior map, {hidden_share:.0%} of land hidden"),
            (grid[1, 0], rgb(panels.prediction, legend), "d  Prediction"),
            (grid[1, 1], rgb(panels.truth, legend), "e  Truth"),
            (grid[1, 2], errors, f"f  Errors: {accuracy:.1%} of land is right"),
        )
        for axes, image, name in maps:
            _image(axes, image, window)
            axes.set_title(name, loc="left")
        relief = np.ma.masked_where(~panels.land, panels.elevation)
        top = max(
            float(np.percentile(panels.elevation[panels.land], 99.5)) if panels.land.any() else 1.0, 1.0
        )
        grid[0, 1].set_facecolor(legend.colours[OCEAN])
        drawn = _image(grid[0, 1], relief, window, cmap=RELIEF, vmin=0.0, vmax=top)
        grid[0, 1].set_title("b  Elevation", loc="left")
        inset = grid[0, 1].inset_axes((0.62, 0.93, 0.28, 0.025))
        bar = figure.colorbar(drawn, cax=inset, orientation="horizontal", ticks=[0.0, top])
        bar.ax.set_xticklabels(["0", f"{top:.0f} m"], fontsize=6)
        bar.ax.tick_params(length=1.5, pad=1)
        bar.outline.set_linewidth(0.4)
        for axes in (grid[1, 0], grid[1, 1], grid[1, 2]):
            _outline(axes, panels.held_out, window)
        for axes in grid.flat:
            axes.label_outer()
        figure.suptitle(title, x=0.01, ha="left", fontsize=10)
        _legend(figure, panels, legend)
    return figure


def _size(window: Window) -> tuple[float, float]:
    middle = np.deg2rad(0.5 * (window.north + window.south))
    ratio = (window.north - window.south) / ((window.east - window.west) * np.cos(middle))
    # Three maps across 9 inches less the labels; title, legend and panel titles need 1.4 inches.
    return 9.0, float(np.clip(2 * 2.8 * ratio + 1.4, 4.0, 14.0))


def _image(axes: Axes, image: np.ndarray, window: Window, **options: object):
    drawn = axes.imshow(
        image,
        extent=(window.west, window.east, window.south, window.north),
        origin="upper",
        interpolation="nearest",
        aspect="auto",
        **options,  # type: ignore[arg-type]
    )
    geographic(axes, window.west, window.east, window.south, window.north)
    return drawn


def _outline(axes: Axes, held_out: np.ndarray, window: Window) -> None:
    """Draw the edges between held-out and other pixels, exactly along pixel borders."""
    x = np.linspace(window.west, window.east, window.cols + 1)
    y = np.linspace(window.north, window.south, window.rows + 1)
    padded = np.pad(held_out, 1, constant_values=False)
    rows, cols = np.nonzero(padded[1:, 1:-1] != padded[:-1, 1:-1])
    axes.hlines(y[rows], x[cols], x[cols + 1], color=OUTLINE, linewidth=0.6, zorder=4)
    rows, cols = np.nonzero(padded[1:-1, 1:] != padded[1:-1, :-1])
    axes.vlines(x[cols], y[rows + 1], y[rows], color=OUTLINE, linewidth=0.6, zorder=4)


def _legend(figure: Figure, panels: Panels, legend: Legend) -> None:
    occurring = np.union1d(np.unique(panels.truth), np.unique(panels.prediction))
    handles = [
        Patch(facecolor=c.colour, label=readable(c.name)) for c in legend.classes if c.code in occurring
    ]
    if UNKNOWN in occurring:
        handles.append(Patch(facecolor="white", edgecolor="0.6", linewidth=0.4, label="Not known"))
    handles += [
        Patch(facecolor=HIDDEN, label="Prior hidden"),
        Patch(facecolor=PERSISTENT, label="Right"),
        Patch(facecolor=WRONG_VISIBLE, label="Wrong, prior seen"),
        Patch(facecolor=WRONG_HIDDEN, label="Wrong, prior hidden"),
    ]
    if panels.held_out.any():
        handles.append(Patch(facecolor="none", edgecolor=OUTLINE, linewidth=0.6, label="Held-out block"))
    figure.legend(
        handles=handles,
        loc="outside lower center",
        ncols=min(7, len(handles)),
        frameon=False,
        handlelength=1.1,
        handleheight=1.1,
    )
