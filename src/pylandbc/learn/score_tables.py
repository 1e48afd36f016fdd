"""Scores as tables for a terminal of 80 columns, null models in the same table as the emulator."""

from __future__ import annotations

from typing import Any

from rich import box
from rich.table import Table

SCORED_GROUPS = ("visible land", "hidden land")
MOST_COLUMNS = 9
"""More classes than this are rows of their table, not columns."""
COLUMNS = {
    "accuracy": "accuracy",
    "mean_iou_without_ocean": "mIoU",
    "figure_of_merit": "FoM",
    "log_loss": "log loss",
    "brier": "Brier",
    "calibration_error": "ECE",
}


def tables(result: dict[str, Any]) -> list[Table]:
    """For each group of pixels the scores of all predictors with the emulator's lead, then their IoU by
    class; the roll-out where there is one."""
    out = []
    for ratio in result["mask_ratios"]:
        for group in SCORED_GROUPS:
            scored = {p: s[f"{ratio:g}"] for p, s in result["scores"].items() if group in s[f"{ratio:g}"]}
            if scored:
                where = (
                    f"{result['cube']}, {result['split']} blocks, {ratio:.0%} of the prior hidden: {group}"
                )
                out += [_score_table(where, group, scored), _class_table(group, scored)]
                leads = result.get("differences", {}).get(f"{ratio:g}", {}).get(group, {})
                out += [_lead_table(name, others, group) for name, others in list(leads.items())[-1:]]
    out += [_drift_table(result["rollout"])] if result.get("rollout") else []
    return out


def _score_table(title: str, group: str, scored: dict[str, dict[str, Any]]) -> Table:
    table = _table(title)
    if group == "hidden land" and "persistence" in scored:
        table.caption, table.caption_justify = "persistence sees the hidden patches, too", "left"
    table.add_column("weighted by area", no_wrap=True)
    # Fills score on change where the prior is hidden, without knowing it: the figure says nothing there.
    columns = {k: h for k, h in COLUMNS.items() if k != "figure_of_merit" or group == "visible land"}
    for heading in (*columns.values(), "mIoU with ocean"):
        table.add_column(heading, justify="right", no_wrap=heading == "accuracy")
    for predictor, groups in scored.items():
        ocean = groups["land and ocean"]["mean_iou"]
        table.add_row(predictor, *(number(groups[group].get(key)) for key in columns), number(ocean))
    return table


def _class_table(group: str, scored: dict[str, dict[str, Any]]) -> Table:
    table = _table()
    first = next(iter(scored.values()))[group]["iou"]
    names = [name for name, value in first.items() if value is not None]
    table.add_column("IoU by class", no_wrap=len(names) <= MOST_COLUMNS)
    if len(names) > MOST_COLUMNS:
        for predictor in scored:
            table.add_column(predictor, justify="right")
        for name in names:
            values = (groups[group]["iou"].get(name) for groups in scored.values())
            table.add_row(name.replace("_", " "), *(number(value, 3) for value in values))
        return table
    for name in names:
        table.add_column(name.replace("_", " "), justify="right")
    for predictor, groups in scored.items():
        table.add_row(predictor, *(number(groups[group]["iou"].get(name), 3) for name in names))
    return table


def _lead_table(name: str, others: dict[str, dict[str, Any]], group: str) -> Table:
    """The difference to each null model, with an asterisk where its 95 % interval excludes zero."""
    table = _table(f"{name} less null model (* 95 % interval without 0)")
    table.add_column("difference", no_wrap=True)
    columns = {key: heading for key, heading in COLUMNS.items() if key != "calibration_error"}
    if group != "visible land":
        del columns["figure_of_merit"]
    for heading in columns.values():
        table.add_column(heading, justify="right")
    for other, scores in others.items():
        table.add_row(other, *(_signed(scores.get(key)) for key in columns))
    return table


def _drift_table(rollout: dict[str, Any]) -> Table:
    held = rollout["conservation"]
    table = _table("Free-running roll-out" + ("" if held == "off" else f", conservation {held}"))
    for heading in ("direction", "years", "predictor"):
        table.add_column(heading)
    for heading in ("accuracy", "mIoU", "FoM", "Brier"):
        table.add_column(heading, justify="right")
    keys = ("accuracy", "mean_iou_without_ocean", "figure_of_merit", "brier")
    for direction, by_predictor in rollout["directions"].items():
        chosen = milestones([entry["years"] for entry in next(iter(by_predictor.values()))])
        for years in chosen:
            for predictor, entries in by_predictor.items():
                entry = next(e for e in entries if e["years"] == years)
                table.add_row(direction, str(years), predictor, *(number(entry.get(key)) for key in keys))
    return table


def milestones(years: list[int]) -> list[int]:
    """Of the years since the start those at 1, 5, 10 and 13, and the last."""
    return [y for y in years if y in (1, 5, 10, 13) or y == years[-1]]


def _table(title: str | None = None) -> Table:
    return Table(
        title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True
    )


def _signed(entry: dict[str, Any] | None) -> str:
    if entry is None or entry["difference"] is None:
        return "-"
    ends = entry["interval"]
    sure = ends is not None and (ends[0] > 0 or ends[1] < 0)
    return f"{entry['difference']:+.4f}{'*' if sure else ' '}"


def number(value: float | None, digits: int = 4) -> str:
    """A score as text; a hyphen where it is undefined."""
    return "-" if value is None else f"{value:.{digits}f}"
