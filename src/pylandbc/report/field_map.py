"""Maps of continuous fields over a window, and curves in time: any variable of a source or planet file.

The colours of a variable are chosen by what it is, its limits are the 2nd and 98th percentile rounded
outwards unless its range is natural (fractions: 0 ... 1). Missing values stay grey.
"""

from __future__ import annotations

import numpy as np
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from pylandbc.errors import InputError
from pylandbc.grid.window import Window
from pylandbc.report.axes import geographic, style
from pylandbc.report.maps import _map_figure

MISSING = "#E4E4E4"
COLOURS = {
    "leaf_area_index": "YlGn",
    "elevation": "gist_earth",
    "bathymetry": "Blues",
    "air_temperature": "RdYlBu_r",
    "precipitation_flux": "YlGnBu",
    "soil_moisture_layer_1": "YlGnBu",
    "population": "magma_r",
    "population_density": "magma_r",
    "sand_fraction": "YlOrBr",
}
"""Colour map by variable; fractions of land are green, all else viridis."""


def limits(values: np.ndarray, units: str) -> tuple[float, float]:
    """Ends of the colour bar: 0 ... 1 for fractions, else percentiles on two digits."""
    known = values[np.isfinite(values)]
    if known.size == 0:
        return 0.0, 1.0
    if units in {"1", ""} and known.min() >= 0 and known.max() <= 1.0 + 1e-5:
        return 0.0, 1.0
    low, high = np.percentile(known, [2, 98])
    if high <= low:
        low, high = float(known.min()), float(known.max())
    if high <= low:
        return low - 0.5, high + 0.5
    step = 10.0 ** np.floor(np.log10(high - low) - 1)
    return float(np.floor(low / step) * step), float(np.ceil(high / step) * step)


def field_map(values: np.ndarray, window: Window, title: str, name: str, units: str) -> Figure:
    """Figure of one field.

    Parameters
    ----------
    values
        (rows, cols), north first, filling the window at whatever spacing; NaN is missing.
    name
        Variable, which decides the colours.

    Raises
    ------
    InputError
        The field has not two dimensions.
    """
    if values.ndim != 2:
        raise InputError(f"a map needs a field of two dimensions; {name} has {values.ndim}")
    low, high = limits(values, units)
    usual = "YlGn" if units == "1" and (low, high) == (0.0, 1.0) else "viridis"
    with style():
        from matplotlib import colormaps

        figure, axes = _map_figure(window)
        colours = colormaps[COLOURS.get(name, usual)].with_extremes(bad=MISSING)
        image = axes.imshow(
            np.ma.masked_invalid(values),
            extent=(window.west, window.east, window.south, window.north),
            origin="upper",
            interpolation="nearest",
            aspect="auto",
            cmap=colours,
            norm=Normalize(low, high),
        )
        geographic(axes, window.west, window.east, window.south, window.north)
        known = values[np.isfinite(values)]
        below, above = bool((known < low).any()), bool((known > high).any())
        extend = {(0, 0): "neither", (1, 0): "min", (0, 1): "max", (1, 1): "both"}[int(below), int(above)]
        bar = figure.colorbar(image, ax=axes, shrink=0.8, pad=0.03, extend=extend)
        label = name.replace("_", " ").capitalize()
        bar.set_label(f"{label} ({units})" if units not in {"1", ""} else label)
        axes.set_title(title, loc="left")
    return figure


def time_curve(times: np.ndarray, values: np.ndarray, title: str, label: str) -> Figure:
    """Figure of one series; gaps stay gaps."""
    with style():
        figure = Figure(figsize=(3.5, 2.4), dpi=300)
        axes = figure.add_subplot()
        axes.plot(times, values, color="#4477AA", linewidth=0.9)
        axes.set_ylabel(label)
        axes.set_title(title, loc="left")
        axes.spines[["top", "right"]].set_visible(False)
    return figure
