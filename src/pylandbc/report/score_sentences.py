"""Sentences of the report that depend on the numbers: what was found, on what, and what it does not show."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from markupsafe import escape

from pylandbc.report.score_words import BY_KEY, number, signed, verdict

VISIBLE = "visible land"
COMPARED = ("persistence", "cross-walk", "logistic regression")


def findings(result: Mapping[str, Any], own: str) -> list[str]:
    """What the emulator does better or worse than the nulls, in words; HTML."""
    leads = result["differences"].get("0", {}).get(VISIBLE, {})
    scores = result["scores"][own]["0"][VISIBLE]
    out = [
        f"The emulator gives {100 * scores['accuracy']:.1f} % of the land its true class; of all "
        f"change, true or "
        f"claimed, it gets {100 * (scores['figure_of_merit'] or 0):.1f} % right (figure of merit)."
    ]
    best = list(leads)[-1] if leads else own
    for other in COMPARED:
        entries = leads.get(best, {}).get(other)
        if not entries:
            continue
        out.append(f"Against {escape(other)}: {_comparison(entries)}.")
    error = result["scores"][best]["0"][VISIBLE].get("calibration_error")
    if error is not None:
        points = f"{100 * error:.{max(1, _leading(100 * error))}f}"
        out.append(
            f"Its stated confidence misses the share that is right by {points} points on average"
            f"{' after temperature scaling' if best != own else ''}."
        )
    hidden = _hidden(result, own)
    return [*out, hidden] if hidden else out


def _comparison(entries: Mapping[str, Any]) -> str:
    """In which scores the difference is borne out, with its interval, and in which it is not; HTML."""
    found: dict[str, list[str]] = {"better": [], "worse": [], "not distinguishable": []}
    for key in ("accuracy", "mean_iou_without_ocean", "figure_of_merit", "log_loss", "brier"):
        entry = entries.get(key)
        if entry is None or entry["difference"] is None:
            continue
        word, name = verdict(key, entry), str(escape(BY_KEY[key].name))
        if word in ("better", "worse"):
            numbers = (entry["difference"], *entry["interval"])
            digits = max(3, *map(_leading, numbers))
            difference, low, high = (signed(value, digits) for value in numbers)
            name += f" ({difference}, 95 % interval {low} to {high})"
        found[word].append(name)
    return "; ".join(
        f'<span class="{word}">{word}</span> in {", ".join(names)}' for word, names in found.items() if names
    )


def _leading(value: float) -> int:
    """Decimals up to the first that is not 0, six at most."""
    return min(6, -math.floor(math.log10(abs(value)))) if value else 0


def _hidden(result: Mapping[str, Any], own: str) -> str:
    ratio = f"{max(result['mask_ratios']):g}"
    fills = ("nearest fill", "Gaussian fill", "coarse majority", "cross-walk")
    found = {
        name: by[ratio]["hidden land"]["accuracy"]
        for name, by in result["scores"].items()
        if name in (own, *fills) and "hidden land" in by.get(ratio, {})
    }
    if own not in found or len(found) < 2:
        return ""
    best = max((name for name in found if name != own), key=lambda name: found[name])
    return (
        f"Where the prior is hidden the emulator is right on {100 * found[own]:.1f} % of the land; the "
        f"best simple fill ({escape(best)}) on {100 * found[best]:.1f} %."
    )


def facts(result: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Name and value of what was scored and how."""
    data = "; ".join(f"{region['cube']}, {_place(region['window'])}" for region in result["regions"])
    emulator = result.get("emulator")
    first = next(iter(result["scores"].values()))["0"][VISIBLE]
    held = result["held_out_blocks"]
    out = []
    if emulator:
        digest = emulator["weights_sha256"][:12]
        out.append(("Emulator", f"{emulator['name']} {emulator['version']} (weights {digest}…)"))
    out += [
        ("Data", data),
        ("Years", "; ".join(f"from {a} to {b}" for a, b in result["pairs"])),
        (
            "Pixels",
            f"{first['pixels']:_} land pixels of 0.01° (about 1 km) over all pairs of years in "
            f"{result['bootstrap']['blocks']} blocks of one degree".replace("_", "\N{NARROW NO-BREAK SPACE}"),
        ),
        (
            "Held out",
            f"{result['split']} blocks, dealt with seed {held['seed']}"
            if held
            else "nothing: all pixels count",
        ),
        ("Hidden prior", ", ".join(f"{r:.0%}" for r in result["mask_ratios"]) + " of its patches"),
    ]
    return out


def _place(window: Mapping[str, float]) -> str:
    def text(value: float, positive: str, negative: str) -> str:
        return f"{abs(value):g}°{positive if value >= 0 else negative}"

    south, north = (text(window[k], "N", "S") for k in ("south", "north"))
    west, east = (text(window[k], "E", "W") for k in ("west", "east"))
    return f"{south} to {north}, {west} to {east}"


def temperature(result: Mapping[str, Any]) -> str:
    """What temperature scaling found."""
    found = result["temperatures"].get("0", {}).get("visible")
    if found is None:
        return "The probabilities are shown as they are."
    kind = "about as sure as it may be"
    if abs(found - 1.0) > 0.02:
        kind = "too sure of itself" if found > 1.0 else "not sure enough"
    return (
        f"Temperature scaling on the validation blocks found T = {number(found, 2)} for visible pixels: "
        f"the raw emulator was {kind} there."
    )


def limits(result: Mapping[str, Any]) -> list[str]:
    """What a reader must not conclude."""
    blocks = result["bootstrap"]["blocks"]
    span = abs(result["pairs"][0][1] - result["pairs"][0][0])
    longer = "given above" if result.get("rollout") else "which was not asked for here"
    driver = (
        "Where the coarse data are aggregated from the truth, they tell the model the net change of each "
        "cell. Real scenario data will not agree so well, and scores with them will be lower."
    )
    if result.get("quantity") == "land_cover" and "land_use" not in result:
        driver = (
            "The land use of the year wanted is given, and is the truth: it says where most change is. "
            "With a predicted land use (pylandbc evaluate --land-use) scores are lower."
        )
    elif result.get("quantity") == "land_cover":
        driver = "The land use of the year wanted is an emulator’s prediction from the year before."
    out = [
        f"One place, one split, {blocks} blocks. Another region or another split may order the models "
        "otherwise; the intervals speak of these blocks alone.",
        f"Steps of {span} year{'s' if span > 1 else ''}. Skill over longer spans needs a roll-out, {longer}.",
        "The truth is itself a map made from satellites and statistics. Part of its change is flicker "
        "between similar classes, which no model should be praised for predicting.",
        driver,
        "Persistence is given the whole prior even where it is hidden from the others: there it is a bound "
        "and no competitor.",
    ]
    if not result.get("attainable"):
        out.append(
            "How good a forecast could be at all is not known for real data; only the synthetic planet tells."
        )
    return out
