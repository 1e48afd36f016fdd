"""Areas of the land-use classes over time: absolute, and their change since the first year.

Areas come from fractions on native cells times the area that they cover. Ocean takes no part.
"""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from pylandbc.errors import InputError
from pylandbc.legend import LAND_USE, Legend
from pylandbc.report.axes import DPI, style
from pylandbc.report.maps import readable


def fraction_areas(fraction: np.ndarray, coverage: np.ndarray, cell_area: np.ndarray) -> np.ndarray:
    """Area of every class from fractions on native cells.

    Parameters
    ----------
    fraction
        (time, class, cell), of the covered part of each cell.
    coverage
        (time, cell), the covered part.
    cell_area
        (cell,), m2.

    Returns
    -------
    numpy.ndarray
        (time, class), m2.
    """
    known = np.where(coverage > 0, coverage, 0.0) * cell_area
    return np.einsum("tkc,tc->tk", np.where(coverage[:, None] > 0, fraction, 0.0), known)


def class_areas(years: np.ndarray, areas: np.ndarray, title: str, legend: Legend = LAND_USE) -> Figure:
    """Figure of class areas (time, class) in m2 over ``years``, beside their change since the first year.

    Raises
    ------
    InputError
        Fewer than two years, or shapes that do not fit.
    """
    if areas.shape != (len(years), len(legend)) or len(years) < 2:
        raise InputError(
            f"areas {areas.shape} do not fit {len(years)} years and {len(legend)} classes: "
            "a time series needs two years or more"
        )
    thousand_km2 = areas / 1e9
    with style():
        figure = Figure(figsize=(6.6, 2.6), dpi=DPI, layout="constrained")
        left, right = figure.subplots(1, 2)
        for c in legend.classes:
            if c.name == "ocean" or not areas[:, c.code].any():
                continue
            for axes, values in (
                (left, thousand_km2[:, c.code]),
                (right, thousand_km2[:, c.code] - thousand_km2[0, c.code]),
            ):
                axes.plot(
                    years,
                    values,
                    color=c.colour,
                    marker="o",
                    markersize=2.5,
                    linewidth=1.2,
                    label=readable(c.name),
                )
        left.set_ylim(bottom=0)
        left.set_ylabel("Area (10³ km²)")
        right.set_ylabel(f"Change since {years[0]} (10³ km²)")
        right.axhline(0, color="0.5", linewidth=0.5, zorder=0)
        for axes in (left, right):
            axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
            axes.set_xlabel("Year")
            axes.spines[["top", "right"]].set_visible(False)
        left.set_title(title, loc="left")
        right.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), borderaxespad=0, frameon=False)
    return figure
