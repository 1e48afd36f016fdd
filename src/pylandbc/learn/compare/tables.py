"""The four tables of a comparison."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from pylandbc.learn.compare.score import UNDER, WRONG
from pylandbc.report.sheets import Sheet

NAMES = ("joint", "chain")
Read = Callable[[dict[str, Any]], float | None]


def sheets(result: dict[str, Any]) -> list[Sheet]:
    """Accuracy, cost, error propagation, uncertainty."""
    return [_accuracy(result), _cost(result), _propagation(result), _uncertainty(result)]


def _values(result: dict[str, Any], name: str, read: Read) -> list[float]:
    found = [read(scores) for scores in result["models"][name]["scores"].values()]
    return [value for value in found if value is not None and np.isfinite(value)]


def _cell(values: list[float], digits: int = 3) -> str:
    """Mean over the seeds, with the range where there are several."""
    if not values:
        return "-"
    text = f"{np.mean(values):.{digits}f}"
    if len(values) > 1:
        text += f" ({min(values):.{digits}f} ... {max(values):.{digits}f})"
    return text


def _row(
    result: dict[str, Any], label: str, read: Read, null: Read | None = None, digits: int = 3
) -> tuple[str, ...]:
    row = (label, *(_cell(_values(result, name, read), digits) for name in NAMES))
    if null is None:
        return row
    return (*row, _cell(_values(result, "joint", null)[:1], digits))


def _leaf(group: str, key: str) -> Read:
    return lambda scores: scores["leaf_area"].get(group, {}).get(key)


def _task(task: str, key: str) -> Read:
    return lambda scores: scores[task][key]


def _accuracy(result: dict[str, Any]) -> Sheet:
    def none(_: dict[str, Any]) -> None:
        return None

    use, own, null = "land_use", UNDER[1], "climatology"
    rows = [
        _row(result, "land use: accuracy", _task(use, "accuracy"), _task(use, "persistence_accuracy"), 4),
        _row(result, "land use: figure of merit", _task(use, "figure_of_merit"), none),
        _row(result, "land use: mean IoU", _task(use, "mean_iou"), none),
        _row(result, "land use: log loss", _task(use, "log_loss"), none),
        _row(result, "land cover: accuracy", _task("land_cover", "accuracy"), none),
        _row(result, "land cover: mean IoU", _task("land_cover", "mean_iou"), none),
        _row(result, "leaf area: RMSE", _leaf(own, "rmse"), _leaf(null, "rmse")),
        _row(result, "leaf area: R2", _leaf(own, "r2"), _leaf(null, "r2")),
        _row(result, "leaf area: anomaly correlation", _leaf(own, "anomaly_correlation"), none),
        _row(result, "leaf area: skill over climatology", lambda s: s["skill"][own], none),
    ]
    return Sheet(
        "Accuracy (leaf area under predicted land use, past hidden; null: persistence, climatology)",
        ("", *NAMES, "null"),
        rows,
    )


def _cost(result: dict[str, Any]) -> Sheet:
    def each(key: str, digits: int = 0) -> tuple[str, ...]:
        return tuple(f"{result['models'][name]['cost'][key]:,.{digits}f}" for name in NAMES)

    steps = result["steps"]
    rows = [
        ("parameters", *each("parameters")),
        ("channels of an encoder", *each("encoder_width")),
        ("operations per pixel, once a year", *each("operations_per_pixel_year")),
        ("operations per pixel and step of leaf area", *each("operations_per_pixel_step")),
        _row(result, "training, ms per step", lambda s: s["training_seconds"] / steps * 1e3, digits=1),
        _row(result, "inference, s per million pixels", lambda s: s["seconds_per_million_pixels"], digits=2),
    ]
    return Sheet("Cost (one thread; processor time)", ("", *NAMES), rows)


def _propagation(result: dict[str, Any]) -> Sheet:
    rows = [_row(result, f"RMSE under {name} land use", _leaf(name, "rmse"), digits=4) for name in UNDER] + [
        _row(result, f"RMSE under {name} land use, {WRONG}", _leaf(f"{name}, {WRONG}", "rmse"))
        for name in UNDER
    ]
    rows += [
        _row(
            result,
            f"land use after {result['rollout']} years alone: accuracy",
            _task("land_use", "rolled_out_accuracy"),
            digits=4,
        ),
        _row(
            result,
            "persistence over these years",
            _task("land_use", "rolled_out_persistence_accuracy"),
            digits=4,
        ),
    ]
    return Sheet("Error propagation: leaf area under the land use that it is given", ("", *NAMES), rows)


def _uncertainty(result: dict[str, Any]) -> Sheet:
    own = UNDER[1]

    def coverage(share: str) -> Read:
        return lambda scores: scores["leaf_area"][own]["coverage"].get(share)

    rows = [
        _row(result, "leaf area: CRPS", _leaf(own, "crps")),
        _row(result, "leaf area: spread-skill (1 is right)", _leaf(own, "spread_skill"), digits=2),
        *(
            _row(result, f"leaf area: inside the {float(share):.0%} interval", coverage(share), digits=2)
            for share in ("0.5", "0.8", "0.9")
        ),
        _row(result, "leaf area under rolled-out land use: CRPS", _leaf(UNDER[2], "crps")),
        _row(result, "land use: Brier score", _task("land_use", "brier"), digits=4),
        _row(result, "land use: calibration error", _task("land_use", "calibration_error"), digits=4),
    ]
    return Sheet("Uncertainty (leaf area under predicted land use)", ("", *NAMES), rows)


def facts(result: dict[str, Any]) -> str:
    """What was scored, in a sentence."""
    return (
        f"{', '.join(result['regions'])}: held-out blocks in {', '.join(map(str, result['test_years']))} "
        f"(land cover: the last year that has a map); {result['steps']} training steps each, seeds "
        f"{', '.join(map(str, result['seeds']))}; mean over the seeds, and range."
    )
