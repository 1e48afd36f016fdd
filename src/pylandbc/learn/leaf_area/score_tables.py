"""Scores of a vegetation series as tables for a terminal."""

from __future__ import annotations

from typing import Any

from rich import box
from rich.table import Table

from pylandbc.learn.score_tables import number


def tables(result: dict[str, Any]) -> list[Table]:
    """The result as tables for a terminal: all pixels, seasons, and RMSE by group."""
    where = f"{result['variable']}, {', '.join(result['regions'])}: {result['split']} blocks"
    main = Table(title=where, title_justify="left", box=box.SIMPLE_HEAD)
    main.add_column("weighted by area")
    keys = ("rmse", "bias", "unbiased_rmse", "r2", "anomaly_correlation", "crps", "spread_skill")
    for key in keys:
        main.add_column(
            {"unbiased_rmse": "ubRMSE", "anomaly_correlation": "anom. r"}.get(key, key.replace("_", "-")),
            justify="right",
        )
    skills = result["skill"]
    of_skill = [key for key in ("skill", "share") if any(key in s.get("all", {}) for s in skills.values())]
    for key in of_skill:
        main.add_column(key, justify="right")
    for name, groups in result["scores"].items():
        more = [number(skills[name].get("all", {}).get(key), 2) for key in of_skill]
        main.add_row(name, *(number(groups["all"][key], 3) for key in keys), *more)
    out = [main]
    if result["seasons"]:
        phase = Table(box=box.SIMPLE_HEAD)
        phase.add_column("mean absolute error")
        for key in ("amplitude", "start", "peak", "end"):
            phase.add_column(key if key == "amplitude" else f"{key} (days)", justify="right")
        for name, s in result["seasons"].items():
            days = [s[f"{key}_absolute_error_days"] for key in ("start", "peak", "end")]
            phase.add_row(name, number(s["amplitude_absolute_error"], 2), *(number(d, 1) for d in days))
        out.append(phase)
    groups = [
        g for g in next(iter(result["scores"].values())) if g != "all" and not g.startswith("land cover")
    ]
    if groups:
        table = Table(box=box.SIMPLE_HEAD)
        table.add_column("RMSE by group")
        for group in groups:
            table.add_column(group, justify="right")
        for name, scored in result["scores"].items():
            table.add_row(name, *(number(scored.get(g, {}).get("rmse"), 3) for g in groups))
        out.append(table)
    return out
