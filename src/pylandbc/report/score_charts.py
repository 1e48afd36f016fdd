"""Charts of the report as SVG that takes the page's colours: text and lines follow the theme.

Colours tell predictors apart for colour-blind readers too (Okabe & Ito 2008), and each has its own marker.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from pylandbc.report.score_words import BY_KEY

INK = "#010203"
"""Stands for the page's text colour until the SVG is written."""
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
MARKERS = ("o", "s", "^", "D", "v", "P")
PARTS = (
    ("hits", "hits_km2", "#009E73"),
    ("wrong class", "wrong_hits_km2", "#E69F00"),
    ("missed", "misses_km2", "#0072B2"),
    ("false alarm", "false_alarms_km2", "#D55E00"),
)
WIDTH = 4.3


def svg(figure: Figure, name: str) -> str:
    """The figure as an ``<svg>`` element whose ink is ``currentColor``."""
    out = io.StringIO()
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": name}):
        figure.savefig(out, format="svg", transparent=True, metadata={"Date": None})
    text = out.getvalue()
    text = text[text.index("<svg") :].replace(INK, "currentColor")
    # Identifiers are local to a file in matplotlib, but the page holds many.
    tag = re.sub(r"\W+", "-", name)
    text = re.sub(r'(id="|url\(#|xlink:href="#)', lambda m: f"{m[1]}{tag}-", text)
    text = re.sub(r'<svg ([^>]*?)width="[^"]*" height="[^"]*"', r"<svg \1", text, count=1)
    text = re.sub(r'<svg ([^>]*?)height="[^"]*"([^>]*?)width="[^"]*"', r"<svg \1\2", text, count=1)
    text = re.sub(r"font: ?([^;\"']*?)'[^']*'(, *'[^']*')*(, *[\w-]+)?", r"font: \1inherit", text)
    return re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)


def _figure(height: float = 3.0) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    axes = figure.subplots()
    _ink(axes)
    return figure, axes


def _ink(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    for spine in axes.spines.values():
        spine.set_color(INK)
    axes.tick_params(colors=INK, labelsize=9)
    axes.xaxis.label.set_color(INK)
    axes.yaxis.label.set_color(INK)
    axes.grid(color=INK, alpha=0.15, linewidth=0.6)
    axes.set_axisbelow(True)


def _legend(axes: Axes, columns: int = 2) -> None:
    axes.figure.legend(loc="outside lower center", ncols=columns, frameon=False, fontsize=9, labelcolor=INK)


def differences(others: Mapping[str, Mapping[str, Any]], key: str) -> str:
    """The emulator's lead over each null model with its interval."""
    names = [name for name in others if others[name].get(key, {}).get("difference") is not None]
    figure, axes = _figure(0.9 + 0.32 * len(names))
    for place, name in enumerate(names):
        entry = others[name][key]
        ends = entry["interval"] or (entry["difference"], entry["difference"])
        better = (ends[0] > 0 and BY_KEY[key].higher) or (ends[1] < 0 and not BY_KEY[key].higher)
        sure = ends[0] > 0 or ends[1] < 0
        colour = COLOURS[2] if better else COLOURS[1] if sure else INK
        axes.plot(ends, (place, place), color=colour, linewidth=2)
        axes.plot(entry["difference"], place, marker="o" if sure else "|", color=colour, markersize=7)
    axes.axvline(0.0, color=INK, linewidth=1)
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.5)
    score = BY_KEY[key]
    axes.set_xlabel(f"emulator less the other; {'more' if score.higher else 'less'} is better")
    axes.xaxis.label.set_fontsize(9)
    axes.locator_params(axis="x", nbins=5)
    return svg(figure, f"lead {key}")


def change_parts(scores: Mapping[str, Mapping[str, Any]]) -> str:
    """Hits, wrong classes, misses and false alarms of each predictor as stacked bars."""
    names = list(scores)
    figure, axes = _figure(1.2 + 0.32 * len(names))
    left = np.zeros(len(names))
    for label, key, colour in PARTS:
        values = np.array([scores[name][key] or 0.0 for name in names])
        axes.barh(range(len(names)), values, left=left, color=colour, label=label, height=0.7)
        left += values
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.grid(axis="y", visible=False)
    axes.set_xlabel("km²")
    axes.locator_params(axis="x", nbins=5)
    _legend(axes, 2)
    return svg(figure, "change parts")


def merit_by_resolution(scores: Mapping[str, Mapping[str, Any]], sizes: Sequence[int]) -> str:
    """Figure of merit against the size of the cells in which change is compared."""
    figure, axes = _figure(3.2)
    keys = ["figure_of_merit" if size == 1 else f"figure_of_merit_{size}" for size in sizes]
    for name, style in _styled(scores):
        axes.plot(sizes, [_defined(scores[name].get(key)) for key in keys], label=name, **style)
    axes.set_xscale("log", base=2)
    axes.set_xticks(sizes, [str(size) for size in sizes])
    axes.minorticks_off()
    axes.set_xlabel("pixels along a cell")
    axes.set_ylabel("figure of merit")
    axes.set_ylim(bottom=0)
    _legend(axes)
    return svg(figure, "resolution")


def object_recall(scores: Mapping[str, Mapping[str, Any]], name: str, title: str) -> str:
    """Recall of one class's objects by their size."""
    figure, axes = _figure(2.7)
    for predictor, style in _styled(scores):
        recall = scores[predictor]["object_recall"].get(name)
        if recall:
            values = [_defined(v) for v in recall.values()]
            axes.plot(list(recall), values, label=predictor, **style)
    axes.set_ylim(0, 1.02)
    axes.set_xlabel("pixels of the object")
    axes.set_ylabel("recall")
    axes.set_title(title, color=INK, fontsize=10, loc="left")
    _legend(axes)
    return svg(figure, f"objects {name}")


def reliability(scores: Mapping[str, Mapping[str, Any]], key: str, x: str, y: str) -> str:
    """Observed frequency against stated probability; larger markers hold more area."""
    figure, axes = _figure(3.7)
    axes.plot((0, 1), (0, 1), color=INK, linewidth=1, linestyle=":")
    for name, style in _styled(scores):
        bins = [b for b in scores[name].get(key, []) if b["share"] and b["share"] > 1e-4]
        if bins:
            chance, event = ([b[k] for b in bins] for k in ("probability", "frequency"))
            axes.plot(chance, event, label=name, **{**style, "markersize": 0})
            size = [8 + 120 * np.sqrt(b["share"]) for b in bins]
            axes.scatter(chance, event, s=size, color=style["color"], marker=style["marker"], alpha=0.85)
    axes.set_xlim(-0.02, 1.02)
    axes.set_ylim(-0.02, 1.02)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    _legend(axes)
    return svg(figure, key)


def drift(entries: Mapping[str, Sequence[Mapping[str, Any]]], key: str, title: str) -> str:
    """A score of the free-running roll-out against the years since its start, with intervals."""
    figure, axes = _figure(2.9)
    for name, style in _styled(entries):
        years = [entry["years"] for entry in entries[name]]
        axes.plot(years, [_defined(entry.get(key)) for entry in entries[name]], label=name, **style)
        band = [entry["intervals"].get(key) for entry in entries[name]]
        if all(band):
            low, high = zip(*band, strict=True)
            axes.fill_between(years, low, high, color=style["color"], alpha=0.15, linewidth=0)
    axes.set_xlabel("years since the start")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_ylabel(BY_KEY[key].name)
    axes.set_title(title, color=INK, fontsize=10, loc="left")
    _legend(axes)
    return svg(figure, f"drift {title} {key}")


def _styled(names: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [
        (
            name,
            {
                "color": COLOURS[n % len(COLOURS)],
                "marker": MARKERS[n % len(MARKERS)],
                "linewidth": 1.6,
                "markersize": 5,
            },
        )
        for n, name in enumerate(names)
    ]


def _defined(value: float | None) -> float:
    return float("nan") if value is None else value
