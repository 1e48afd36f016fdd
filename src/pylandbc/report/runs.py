"""Figures of a coupled run: the land use at its end and what changed since its beginning.

The maps are those of a replay, so that they show what the engine held, pixel by pixel.
"""

from __future__ import annotations

from matplotlib.figure import Figure

from pylandbc.couple.replay_report import ReplayReport
from pylandbc.errors import InputError
from pylandbc.report.axes import figure_size, style
from pylandbc.report.maps import draw_change_map, draw_class_map, map_dpi


def run_maps(report: ReplayReport) -> Figure:
    """Figure with two panels: the class map at the run's end, and the change since its start.

    Raises
    ------
    InputError
        The report holds no maps: nothing was replayed.
    """
    if report.window is None or report.first_map is None or report.last_map is None:
        raise InputError(f"nothing of {report.recording} was replayed: there is no map to draw")
    window = report.window
    width, height = figure_size(
        window.east - window.west, window.north - window.south, 0.5 * (window.north + window.south), width=2.8
    )
    with style():
        figure = Figure(figsize=(2 * width + 2.6, height + 0.3), dpi=map_dpi(window), layout="constrained")
        left, right = figure.subplots(1, 2)
        draw_class_map(left, report.last_map, window)
        left.set_title(f"(a) Land use {report.last_year}", loc="left")
        share = draw_change_map(right, report.first_map, report.last_map, window)
        right.set_title(f"(b) Changed since {report.first_year}: {100 * share:.1f} % of the land", loc="left")
    return figure
