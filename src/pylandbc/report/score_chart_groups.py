"""The charts of the page of an evaluation, in groups, each with its caption, from a file of scores."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pylandbc.report import score_charts as charts
from pylandbc.report.maps import readable
from pylandbc.report.score_words import BY_KEY

REMOTE = ("coarse majority",)
"""So far off that the others could not be told apart beside it; it stands in the tables."""
SIZES = (1, 2, 4, 8, 16, 25)
OBJECTS = ("urban", "water", "forest", "other_land")


def change_charts(clear: Mapping[str, Any], main: Mapping[str, Any]) -> list[dict[str, str]]:
    """What changed, and where it need not be right to the pixel."""
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


def object_charts(main: Mapping[str, Any]) -> list[dict[str, str]]:
    """Recall of small objects, one chart a class."""
    first = next(iter(main.values()))["object_recall"]
    return [
        {
            "svg": charts.object_recall(main, name, readable(name)),
            "caption": f"{readable(name)} of the truth.",
        }
        for name in OBJECTS
        if name in first
    ]


def reliability_charts(clear: Mapping[str, Any], shown: list[str]) -> list[dict[str, str]]:
    """Stated against observed, of the class and of change."""
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


def drift_charts(rollout: Mapping[str, Any] | None) -> list[dict[str, str]]:
    """Drift of a roll-out, one chart a direction and score."""
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
