"""One page of an evaluation of leaf area or another vegetation series: tables, seasonal curves, anomalies.

All numbers come from the file that ``pylandbc evaluate --json`` writes, the maps from the archive beside it.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from pylandbc.errors import InputError
from pylandbc.report.axes import style
from pylandbc.report.data_uri import png_uri
from pylandbc.report.sheets import Picture, Sheet, page

COLOURS = {"observed": "#222222", "emulator": "#228833", "climatology": "#BBBBBB", "known truth": "#4477AA"}
"""Of the curves; after Paul Tol's bright scheme, as in the legend."""
MONTHS = "JFMAMJJASOND"
KEYS = {
    "rmse": "RMSE",
    "bias": "bias",
    "unbiased_rmse": "unbiased RMSE",
    "r2": "R2",
    "anomaly_correlation": "anomaly r",
    "crps": "CRPS",
    "spread_skill": "spread-skill",
}


def is_vegetation(path: Path) -> bool:
    """Whether a file holds scores of a vegetation series."""
    try:
        return "variable" in json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False


def vegetation_page(scores: Path, maps: Path) -> str:
    """The HTML page of a file of scores and, where they are there, its maps.

    Raises
    ------
    InputError
        The scores come from another version.
    """
    result = json.loads(Path(scores).read_text(encoding="utf-8"))
    missing = [key for key in ("scores", "seasons", "skill", "curves", "years") if key not in result]
    if missing:
        raise InputError(f"{scores} lacks {', '.join(missing)}; evaluate again with this version")
    parts: list[Sheet | Picture] = [_all(result), _groups(result), _skill(result), _seasons(result)]
    parts.append(_curves(result))
    if maps.is_file():
        with np.load(maps) as content:
            parts.append(_maps({name: content[name] for name in content.files}, result))
    name = result.get("emulator", {}).get("name", "emulator")
    years = sorted({year for found in result["years"].values() for year in found})
    facts = (
        f"{name}: {_words(result['variable'])} by {result['step']}, {', '.join(result['regions'])}, "
        f"{result['split']} blocks in {', '.join(map(str, years))}; observed pixels, weighted by area. A "
        "forecast without quantiles has its mean absolute error as CRPS."
    )
    return page(f"{_words(result['variable']).capitalize()} by {result['step']}", facts, parts)


def _words(name: str) -> str:
    return name.replace("_", " ")


def _text(value: float | None, digits: int = 3) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def _all(result: Mapping[str, Any]) -> Sheet:
    rows = [(name, *(_text(groups["all"][key]) for key in KEYS)) for name, groups in result["scores"].items()]
    return Sheet("Scores", ("", *KEYS.values()), rows)


def _names(result: Mapping[str, Any]) -> list[str]:
    """Groups of the tables, without single land-cover classes."""
    first = next(iter(result["scores"].values()))
    return [group for group in first if group != "all" and not group.startswith("land cover")]


def _groups(result: Mapping[str, Any]) -> Sheet:
    names = _names(result)
    rows = [
        (name, *(_text(groups.get(group, {}).get("rmse")) for group in names))
        for name, groups in result["scores"].items()
    ]
    return Sheet("RMSE by climate class and sensor", ("", *names), rows)


def _skill(result: Mapping[str, Any]) -> Sheet:
    names = ["all", *_names(result)]

    def cell(found: Mapping[str, float] | None) -> str:
        if not found:
            return "-"
        share = f" ({found['share']:.0%})" if "share" in found else ""
        return f"{found['skill']:.2f}{share}"

    rows = [(name, *(cell(groups.get(group)) for group in names)) for name, groups in result["skill"].items()]
    return Sheet("Skill over the climatology (share of the attainable)", ("", *names), rows)


def _seasons(result: Mapping[str, Any]) -> Sheet:
    rows = [
        (
            name,
            _text(found["amplitude_absolute_error"], 2),
            *(_text(found[f"{key}_absolute_error_days"], 1) for key in ("start", "peak", "end")),
            *(_text(found[f"{key}_bias_days"], 1) for key in ("start", "peak", "end")),
        )
        for name, found in result["seasons"].items()
    ]
    ends = ("start", "peak", "end")
    head = ("", "amplitude", *(f"{e} (days)" for e in ends), *(f"{e}, bias" for e in ends))
    return Sheet("Seasons: mean absolute error and bias", head, rows)


def _curves(result: Mapping[str, Any]) -> Picture:
    """Mean seasonal curves by group."""
    groups = list(result["curves"])
    cols = min(3, len(groups))
    rows = -(-len(groups) // cols)
    with style():
        figure = Figure(figsize=(3.6 * cols, 2.6 * rows), layout="constrained")
        for number, group in enumerate(groups, 1):
            axes = figure.add_subplot(rows, cols, number)
            for name, colour in COLOURS.items():
                values = result["curves"][group].get(name)
                if values is None:
                    continue
                y = np.array([np.nan if v is None else v for v in values])
                month = (np.arange(y.size) + 0.5) * 12 / y.size
                axes.plot(month, y, color=colour, label=name, linewidth=2 if name == "observed" else 1.4)
            axes.set_title(group)
            axes.set_xticks(np.arange(12) + 0.5, list(MONTHS))
            axes.set_ylim(bottom=0)
            if number == 1:
                axes.legend(frameon=False, fontsize=8)
        return Picture(
            "Seasonal curves",
            "Means over the pixels that were observed, by main climate class.",
            _uri(figure),
        )


def _maps(maps: Mapping[str, np.ndarray], result: Mapping[str, Any]) -> Picture:
    """Forecast and observation, and their departures from the climatology."""
    observed, mean, forecast = (maps[n].astype(np.float64) for n in ("observed", "climatology", "forecast"))
    seen = np.isfinite(observed)
    top = float(np.nanpercentile(np.where(seen, observed, np.nan), 99)) if seen.any() else 1.0
    far = np.nanpercentile(np.abs(np.where(seen, observed - mean, np.nan)), 95) if seen.any() else 1.0
    panels = (
        ("observed", observed, "YlGn", 0.0, top),
        ("forecast", np.where(np.isfinite(mean), forecast, np.nan), "YlGn", 0.0, top),
        ("observed departure", observed - mean, "BrBG", -far, far),
        ("forecast departure", np.where(seen, forecast - mean, np.nan), "BrBG", -far, far),
    )
    with style():
        figure = Figure(figsize=(11, 2.9), layout="constrained")
        for number, (title, field, colours, low, high) in enumerate(panels, 1):
            axes = figure.add_subplot(1, 4, number)
            image = axes.imshow(field, cmap=colours, vmin=low, vmax=high, interpolation="nearest")
            axes.set_title(title)
            axes.set_xticks([])
            axes.set_yticks([])
            figure.colorbar(image, ax=axes, shrink=0.8)
        note = (
            f"{result['regions'][0]}, {result['split']} blocks, a July of the last year scored; departures "
            "are from the climatology of the training years."
        )
        return Picture("Maps and anomalies", note, _uri(figure))


def _uri(figure: Figure) -> str:
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=110)
    return png_uri(out.getvalue())
