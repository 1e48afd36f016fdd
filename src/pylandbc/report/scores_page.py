"""One page that holds an evaluation: what was scored, on what, every table and figure, and what it does not
show.

The page is a single file: figures are inline, nothing is fetched. It follows the reader's light or dark
theme and narrows to a telephone. All numbers come from the file that ``pylandbc evaluate --json`` writes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, StrictUndefined

from pylandbc import __version__
from pylandbc.errors import InputError
from pylandbc.legend import EMULATED
from pylandbc.report import score_charts as charts
from pylandbc.report.maps import readable
from pylandbc.report.panel_fields import Panels
from pylandbc.report.score_images import panel_images, window_images
from pylandbc.report.score_sentences import facts, findings, limits, temperature
from pylandbc.report.score_words import BY_KEY, MAIN, PREDICTORS, SCORES, number, signed

VISIBLE, HIDDEN = "visible land", "hidden land"
SIZES = (1, 2, 4, 8, 16, 25)
COMPARED = 6
"""Predictors in one chart at most."""
REMOTE = ("coarse majority",)
"""So far off that the others could not be told apart beside it; it stands in the tables."""
DRIVERS = {"land_use": "coarse data of both", "land_cover": "climate and land use of the year wanted"}
OBJECTS = ("urban", "water", "forest", "other_land")
MILESTONES = (1, 5, 10, 13)


def read_scores(path: Path) -> dict[str, Any]:
    """A file of scores; ``InputError`` where it is none."""
    try:
        result = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read as JSON: {error}") from error
    missing = [key for key in ("scores", "differences", "bootstrap", "window") if key not in result]
    if missing:
        raise InputError(
            f"{path} lacks {', '.join(missing)}: it is no file of `pylandbc evaluate --json` of this "
            f"version; "
            "evaluate again"
        )
    return result


def page(
    result: Mapping[str, Any],
    maps: Mapping[str, np.ndarray],
    panels: Panels | None,
    source: str = "scores.json",
) -> str:
    """The HTML page.

    Parameters
    ----------
    result
        As of ``pylandbc.learn.evaluate``.
    maps, panels
        As of ``pylandbc.learn.score_maps``; sections without them are left out.
    source
        Name of the file of scores.
    """
    template = resources.files("pylandbc.report") / "templates" / "scores.html"
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    emulator = result.get("emulator", {"name": "emulator", "version": ""})
    cube = result["cube"].removesuffix(".zarr")
    years = sorted({year for pair in result["pairs"] for year in pair})
    shown = _chosen(result)
    clear = {name: by[f"{0:g}"][VISIBLE] for name, by in result["scores"].items() if _has(by, "0", VISIBLE)}
    if not clear:
        raise InputError(f"{source} holds no scores with the prior wholly visible; evaluate with ratio 0")
    legend = EMULATED[result.get("quantity", "land_use")]
    main = {name: clear[name] for name in shown if name in clear}
    own = _own(result)
    return environment.from_string(template.read_text(encoding="utf-8")).render(
        title=f"{emulator['name']} {emulator['version']} on {cube}, {years[0]} and {years[-1]}",
        lead=(
            f"How well the emulator maps {readable(legend.name).lower()} of a neighbouring year at 1 km, "
            f"given the map of one year and {DRIVERS[legend.name]}, in blocks that it was not trained on; "
            "and how far simple rules come."
        ),
        findings=findings(result, own),
        facts=facts(result),
        predictors=[(name, PREDICTORS.get(name, "")) for name in result["scores"]],
        words=SCORES,
        draws=result["bootstrap"]["draws"],
        blocks=result["bootstrap"]["blocks"],
        sections=_sections(result, own),
        directions=_directions(clear),
        change_charts=_change_charts(clear, main),
        transitions=_transitions(clear[own], result["classes"]),
        gross=_gross(clear),
        iou=_classes(clear, "iou"),
        confusions=[_confusion(name, clear[name], result["classes"]) for name in (own, "persistence")],
        object_charts=_objects(main),
        fractions=_fractions(clear[own]),
        temperature=temperature(result),
        reliability_charts=_reliability(clear, shown),
        drift_charts=_drift_charts(result.get("rollout")),
        drift=_drift_table(result.get("rollout")),
        attainable=_attainable(result.get("attainable")),
        window_maps=window_images(maps, result["window"], legend) if maps else [],
        panels=panel_images(panels, legend) if panels is not None else [],
        hidden=f"{max(result['mask_ratios']):.0%}",
        legend=[(readable(c.name), c.colour) for c in legend.classes],
        outcomes=[("Rightly unchanged", "#D0D0D0"), *((n.capitalize(), c) for n, _, c in charts.PARTS)],
        limits=limits(result),
        version=__version__,
        source=source,
    )


def _has(by_ratio: Mapping[str, Any], ratio: str, group: str) -> bool:
    return group in by_ratio.get(ratio, {})


def _own(result: Mapping[str, Any]) -> str:
    """The emulator's name in the table, or the first predictor's where there is no emulator."""
    return (result["emulators"] or list(result["scores"]))[0]


def _chosen(result: Mapping[str, Any]) -> list[str]:
    """Predictors of the charts: the emulator, persistence, the regression, then others."""
    first = [_own(result), "persistence", "logistic regression"]
    known = (name for name in result["scores"] if "calibrated" not in name)
    rest = [name for name in known if name not in (*first, *REMOTE)]
    return [name for name in first if name in result["scores"]] + rest[: COMPARED - len(first)]


def _sections(result: Mapping[str, Any], own: str) -> list[dict[str, Any]]:
    out = []
    for ratio in result["mask_ratios"]:
        for group in (VISIBLE, HIDDEN):
            scores = {
                name: by[f"{ratio:g}"][group]
                for name, by in result["scores"].items()
                if _has(by, f"{ratio:g}", group)
            }
            if not scores:
                continue
            title = "Prior wholly visible" if ratio == 0 else f"{ratio:.0%} of the prior hidden: {group}"
            text = (
                "The emulator sees the whole map of the other year."
                if ratio == 0
                else f"Square patches of {result['patch']} pixels of the other year’s map are hidden."
            )
            keys = [
                key
                for key in (*MAIN, "macro_f1", "fraction_rmse")
                if key != "figure_of_merit" or group == VISIBLE
            ]
            if group == HIDDEN:
                text += (
                    " Persistence alone sees them. The figure of merit says nothing where the first map is "
                    "not known, and is left out."
                )
            leads = result["differences"].get(f"{ratio:g}", {}).get(group, {})
            others = leads.get(next(reversed(leads), own), {}) if ratio == 0 else {}
            others = {name: entry for name, entry in others.items() if name not in REMOTE}
            out.append(
                {
                    "title": title,
                    "text": text,
                    "scores": _score_table(scores, keys, result["emulators"]),
                    "leads": [
                        {"svg": charts.differences(others, key), "caption": BY_KEY[key].name}
                        for key in (
                            "accuracy",
                            "mean_iou_without_ocean",
                            "figure_of_merit",
                            "log_loss",
                            "brier",
                        )
                        if others
                    ],
                }
            )
    return out


def _score_table(scores: Mapping[str, Any], keys: list[str], emulators: list[str]) -> dict[str, Any]:
    rows = []
    for name, entry in scores.items():
        cells = []
        for key in keys:
            ends = entry["intervals"].get(key)
            cells.append(
                {
                    "text": number(entry.get(key), 4),
                    "interval": f"{ends[0]:.3f} to {ends[1]:.3f}" if ends else "",
                }
            )
        rows.append({"name": name, "own": name in emulators, "cells": cells})
    return {
        "head": ["", *(f"{BY_KEY[k].name} {'↑' if BY_KEY[k].higher else '↓'}" for k in keys)],
        "rows": rows,
    }


def _directions(clear: Mapping[str, Any]) -> dict[str, Any] | None:
    names = list(next(iter(clear.values()))["directions"])
    if len(names) < 2:
        return None
    keys = ("accuracy", "mean_iou_without_ocean", "figure_of_merit", "log_loss", "brier")
    rows = [
        [predictor, direction, *(number(entry["directions"][direction].get(key), 4) for key in keys)]
        for predictor, entry in clear.items()
        for direction in names
    ]
    return {"head": ["", "Years", *(BY_KEY[key].name for key in keys)], "rows": rows}


def _change_charts(clear: Mapping[str, Any], main: Mapping[str, Any]) -> list[dict[str, str]]:
    uncalibrated = {
        name: entry for name, entry in clear.items() if "calibrated" not in name and name not in REMOTE
    }
    return [
        {
            "svg": charts.change_parts(uncalibrated),
            "caption": "Area that changed in the truth or in the prediction. Hits, wrong classes and misses "
            "are the true change; false alarms changed in the prediction alone.",
        },
        {
            "svg": charts.merit_by_resolution(main, SIZES),
            "caption": "Figure of merit when change need only be right within a cell of so many pixels: a "
            "curve that rises says that change is placed nearby, if not to the pixel.",
        },
    ]


def _transitions(entry: Mapping[str, Any], classes: list[str]) -> dict[str, Any]:
    observed, predicted = (
        np.array(entry["transitions_km2"][k]["from_to"]) for k in ("observed", "predicted")
    )
    np.fill_diagonal(observed, 0.0)
    rows = []
    for place in np.argsort(observed, axis=None)[::-1][:10]:
        i, j = np.unravel_index(place, observed.shape)
        if observed[i, j] > 0:
            merit = entry["figure_of_merit_by_transition"].get(classes[i], {}).get(classes[j])
            name = f"{readable(classes[i])} → {readable(classes[j]).lower()}"
            rows.append([name, f"{observed[i, j]:.0f}", f"{predicted[i, j]:.0f}", number(merit)])
    return {"head": ["Transition", "Observed km²", "Predicted km²", "FoM"], "rows": rows}


def _gross(clear: Mapping[str, Any]) -> dict[str, Any]:
    first = next(iter(clear.values()))["transitions_km2"]["observed"]
    rows = [["truth", f"{first['gross']:.0f}", f"{first['net']:.0f}"]]
    for name, entry in clear.items():
        if "calibrated" not in name:
            part = entry["transitions_km2"]["predicted"]
            rows.append([name, f"{part['gross']:.0f}", f"{part['net']:.0f}"])
    return {"head": ["", "Gross", "Net"], "rows": rows}


def _classes(clear: Mapping[str, Any], key: str) -> dict[str, Any]:
    first = next(iter(clear.values()))[key]
    names = [name for name, value in first.items() if value is not None]
    rows = [
        [predictor, *(number(entry[key].get(name)) for name in names)]
        for predictor, entry in clear.items()
        if "calibrated" not in predictor
    ]
    return {"head": ["", *(readable(name) for name in names)], "rows": rows}


def _confusion(name: str, entry: Mapping[str, Any], classes: list[str]) -> dict[str, Any]:
    table = np.array(entry["confusion_km2"])
    kept = [k for k in range(len(classes)) if table[k].sum() + table[:, k].sum() > 0]
    rows = []
    for i in kept:
        whole = table[i].sum()
        cells = []
        for j in kept:
            share = table[i, j] / whole if whole > 0 else 0.0
            cells.append({"text": f"{100 * share:.1f}", **_shade(share)})
        rows.append((readable(classes[i]), cells))
    return {"name": name, "names": [readable(classes[k]) for k in kept], "rows": rows}


def _shade(share: float) -> dict[str, str]:
    """Blue that deepens with the root of a share, and an ink that can be read on it."""
    depth = float(np.sqrt(share))
    mixed = [round(255 + depth * (end - 255)) for end in (8, 81, 156)]
    return {"colour": f"rgb({mixed[0]} {mixed[1]} {mixed[2]})", "ink": "#fff" if depth > 0.55 else "#111"}


def _objects(main: Mapping[str, Any]) -> list[dict[str, str]]:
    first = next(iter(main.values()))["object_recall"]
    return [
        {
            "svg": charts.object_recall(main, name, readable(name)),
            "caption": f"{readable(name)} of the truth.",
        }
        for name in OBJECTS
        if name in first
    ]


def _fractions(entry: Mapping[str, Any]) -> dict[str, Any]:
    rows = [
        [readable(name), *(number(part[key], 4) for key in ("rmse", "mae")), signed(part["bias"], 4)]
        for name, part in entry["fractions"].items()
        if part["rmse"]
    ]
    return {"head": ["Class", "RMSE", "MAE", "Bias"], "rows": rows}


def _reliability(clear: Mapping[str, Any], shown: list[str]) -> list[dict[str, str]]:
    names = [name for name in clear if name in shown[:3] or "calibrated" in name]
    scores = {name: clear[name] for name in names}
    return [
        {
            "svg": charts.reliability(scores, "reliability", "stated confidence", "share that was right"),
            "caption": "The class that is given: how sure the model is, and how often it is right. Larger "
            "markers stand for more area.",
        },
        {
            "svg": charts.reliability(
                scores, "change_reliability", "stated chance of change", "share that changed"
            ),
            "caption": "Change: the probability that a pixel does not keep its class, and how often not.",
        },
    ]


def _drift_charts(rollout: Mapping[str, Any] | None) -> list[dict[str, str]]:
    if not rollout:
        return []
    return [
        {
            "svg": charts.drift(entries, key, direction.capitalize()),
            "caption": f"{BY_KEY[key].name}, run {direction}; bands are 95 % intervals over the blocks.",
        }
        for direction, entries in rollout["directions"].items()
        for key in ("accuracy", "mean_iou_without_ocean", "figure_of_merit")
    ]


def _drift_table(rollout: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if not rollout:
        return None
    keys = ("accuracy", "mean_iou_without_ocean", "figure_of_merit", "brier")
    rows = []
    for direction, by_predictor in rollout["directions"].items():
        last = next(iter(by_predictor.values()))[-1]["years"]
        for name, entries in by_predictor.items():
            for entry in entries:
                if entry["years"] in (*MILESTONES, last):
                    cells = (number(entry.get(key), 4) for key in keys)
                    rows.append([name, direction, entry["years"], *cells])
    return {"head": ["", "Direction", "Years", *(BY_KEY[key].name for key in keys)], "rows": rows}


def _attainable(entry: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if not entry:
        return None
    rows = []
    for name, cases in entry["shares"].items():
        for case, part in cases.items():
            cells = [
                "–" if part[k] is None else f"{100 * part[k]:.0f} %"
                for k in ("figure_of_merit", "accuracy", "brier")
            ]
            rows.append([name, case.replace("_", " "), *cells])
    return {"head": ["", "Case", "FoM", "Accuracy", "Brier"], "rows": rows}
