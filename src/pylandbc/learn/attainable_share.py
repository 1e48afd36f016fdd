"""How much of what can be had was had: scores against the best that any forecast of a synthetic planet can
reach.

A planet's ``attainable.json`` holds the expected scores of the optimal forecaster from the true transition
probabilities (:mod:`pylandbc.planet.attainable`), for one year ahead. Accuracy and Brier score are counted
from persistence, ``(score - persistence) / (attainable - persistence)``; the figure of merit, of which
persistence has none, as a plain ratio.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pylandbc.errors import InputError

LEAST = 1e-9
"""Gains over persistence below it are rounding: there is nothing to be had."""
CASES = ("demand_known", "demand_unknown", "one_map")


def read_attainable(path: Path) -> dict[str, Any]:
    """The land-use part of an ``attainable.json``; ``InputError`` if it cannot be read, or has none."""
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read as JSON ({error}); `pylandbc planet` writes it") from error
    if "land_use" not in content:
        raise InputError(f"{path} has no key land_use; is it a planet's attainable.json?")
    return content["land_use"]


def attainable_shares(result: dict[str, Any], attainable: dict[str, Any]) -> dict[str, Any]:
    """Shares by predictor and case, of the pixels whose prior is visible.

    Parameters
    ----------
    result
        As of ``evaluate``, with the prior wholly visible among its mask ratios.
    attainable
        As of ``read_attainable``.

    Raises
    ------
    InputError
        The pairs of years are not one year apart, or the prior was never wholly visible.
    """
    if any(abs(b - a) != 1 for a, b in result["pairs"]):
        raise InputError("attainable scores are of one-year forecasts; evaluate with --span 1")
    if "0" not in result["scores"]["persistence"]:
        raise InputError("attainable scores are of visible priors; evaluate with mask ratio 0")
    null = result["scores"]["persistence"]["0"]["visible land"]
    # Persistence as a forecast of certainty, as the attainable Brier score has it.
    null_brier = 2.0 * (1.0 - null["accuracy"])
    out: dict[str, Any] = {"attainable": {case: attainable[case] for case in CASES if case in attainable}}
    shares: dict[str, Any] = {}
    for name, by_ratio in result["scores"].items():
        scores = by_ratio["0"]["visible land"]
        shares[name] = {}
        for case, best in out["attainable"].items():
            gain = best["accuracy"] - best["persistence_accuracy"]
            less = best["persistence_brier"] - best["brier"]
            merit = scores["figure_of_merit"]
            shares[name][case] = {
                "figure_of_merit": None if merit is None else round(merit / best["figure_of_merit"], 4),
                "accuracy": round((scores["accuracy"] - null["accuracy"]) / gain, 4)
                if gain > LEAST
                else None,
                "brier": round((null_brier - scores["brier"]) / less, 4) if less > LEAST else None,
            }
    return {**out, "shares": shares}
