"""The tables of the page of an evaluation: heads and rows, from a file of scores."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from pylandbc.report.maps import readable
from pylandbc.report.score_words import BY_KEY, number, signed

MILESTONES = (1, 5, 10, 13)


def score_table(scores: Mapping[str, Any], keys: list[str], emulators: list[str]) -> dict[str, Any]:
    """Scores with their intervals, one row a predictor."""
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


def directions(clear: Mapping[str, Any]) -> dict[str, Any] | None:
    """Scores of each direction in time alone; None where there is one."""
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


def transitions(entry: Mapping[str, Any], classes: list[str]) -> dict[str, Any]:
    """The ten largest observed transitions."""
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


def gross_and_net(clear: Mapping[str, Any]) -> dict[str, Any]:
    """Gross and net change of the truth and of every predictor, km2."""
    first = next(iter(clear.values()))["transitions_km2"]["observed"]
    rows = [["truth", f"{first['gross']:.0f}", f"{first['net']:.0f}"]]
    for name, entry in clear.items():
        if "calibrated" not in name:
            part = entry["transitions_km2"]["predicted"]
            rows.append([name, f"{part['gross']:.0f}", f"{part['net']:.0f}"])
    return {"head": ["", "Gross", "Net"], "rows": rows}


def by_class(clear: Mapping[str, Any], key: str) -> dict[str, Any]:
    """A score of every class, one row a predictor."""
    first = next(iter(clear.values()))[key]
    names = [name for name, value in first.items() if value is not None]
    rows = [
        [predictor, *(number(entry[key].get(name)) for name in names)]
        for predictor, entry in clear.items()
        if "calibrated" not in predictor
    ]
    return {"head": ["", *(readable(name) for name in names)], "rows": rows}


def confusion(name: str, entry: Mapping[str, Any], classes: list[str]) -> dict[str, Any]:
    """A confusion matrix in per cent of the true class, with the colours of its cells."""
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


def fractions(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Errors of class fractions in 0.25 degree cells."""
    rows = [
        [readable(name), *(number(part[key], 4) for key in ("rmse", "mae")), signed(part["bias"], 4)]
        for name, part in entry["fractions"].items()
        if part["rmse"]
    ]
    return {"head": ["Class", "RMSE", "MAE", "Bias"], "rows": rows}


def drift_rows(rollout: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Scores of a free-running roll-out after some years; None without one."""
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
    head = ["", "Direction", "Years", *(BY_KEY[key].name for key in keys)]
    return {"head": head, "rows": rows, "conservation": rollout.get("conservation", "off")}


def attainable(entry: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Shares of the attainable; None where the attainable is not known."""
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
