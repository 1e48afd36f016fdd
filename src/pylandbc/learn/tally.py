"""Sums by block from which every score of a predictor follows, and the scores from the sums.

All scores but recall and the like are functions of sums over pixels. Kept by one-degree block, the sums give
the score of any resampling of the blocks; summed over pairs of years, the pooled score.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pylandbc.learn import coarse_error, objects, resolution
from pylandbc.learn.bootstrap import interval, resampled
from pylandbc.learn.metrics import (
    Array,
    accuracy_of,
    components_of,
    confusion_of,
    disagreement_of,
    f1_of,
    figure_of_merit,
    gain_merit_of,
    gross_and_net_of,
    iou_of,
    mean_of_known,
    plain,
    ratio,
    transition_merit_of,
)
from pylandbc.learn.probability_scores import binned, calibration_error_of, losses

SQUARE_KM = 1.0e6


@dataclass(frozen=True)
class Scored:
    """The pixels of one step that are scored, n of them.

    Parameters
    ----------
    before, observed
        Class codes, uint8.
    rows, cols
        Places in the window.
    weight
        Area, m2.
    block
        Number of the block of each.
    objects
        Bin of the observed object; see ``pylandbc.learn.objects``.
    """

    before: np.ndarray
    observed: np.ndarray
    rows: np.ndarray
    cols: np.ndarray
    weight: np.ndarray
    block: np.ndarray
    objects: np.ndarray

    def subset(self, where: np.ndarray) -> Scored:
        """Some of the pixels."""
        return Scored(**{name: value[where] for name, value in vars(self).items()})


def sums(
    pixels: Scored, predicted: np.ndarray, probabilities: np.ndarray | None, blocks: int, classes: int
) -> dict[str, Array]:
    """Sums by block of one step.

    Parameters
    ----------
    predicted
        Class codes of the pixels, (n,).
    probabilities
        (n, K); without them the scores of probabilities are left out.
    """
    k = classes
    before, observed, predicted = (a.astype(np.int64) for a in (pixels.before, pixels.observed, predicted))
    weight, block = pixels.weight, pixels.block.astype(np.int64)
    index = ((block * k + before) * k + observed) * k + predicted
    place = (pixels.rows, pixels.cols, weight, block, blocks, k)
    out = {
        "pixels": np.bincount(block, minlength=blocks).astype(float),
        "table": np.bincount(index, weight, blocks * k**3).reshape(blocks, k, k, k),
        "resolutions": np.stack(
            [resolution.components(before, observed, predicted, *place, n) for n in resolution.RESOLUTIONS], 1
        ),
        "objects": objects.recalled(observed, predicted, pixels.objects, weight, block, blocks, k),
        "fractions": coarse_error.cell_errors(observed, predicted, *place),
    }
    if probabilities is not None:
        log_loss, brier = losses(probabilities, observed)
        change = 1.0 - probabilities[np.arange(before.size), before].astype(np.float64)
        best = probabilities.max(1).astype(np.float64)
        right = probabilities.argmax(1) == observed
        out["losses"] = np.stack(
            [np.bincount(block, weight * part, blocks) for part in (np.ones_like(brier), log_loss, brier)], 1
        )
        out["confidence"] = binned(best, right, weight, block, blocks)
        out["change"] = binned(change.clip(0.0, 1.0), observed != before, weight, block, blocks)
    return out


def pooled(parts: list[dict[str, Array]]) -> dict[str, Array]:
    """The sums of several steps together."""
    return {name: sum(part[name] for part in parts) for name in parts[0]}  # type: ignore[misc]


def joined(parts: Sequence[Mapping[str, Array]]) -> dict[str, Array]:
    """The sums of regions that have no block in common, one after the other."""
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def headline(total: Mapping[str, Array], ocean: int) -> dict[str, Array]:
    """The scores that stand in tables and have intervals, from sums with any leading axes."""
    table = total["table"]
    iou = iou_of(table)
    land = [k for k in range(table.shape[-1]) if k != ocean]
    quantity, allocation = disagreement_of(table)
    out = {
        "accuracy": accuracy_of(table),
        "mean_iou": mean_of_known(iou),
        "mean_iou_without_ocean": mean_of_known(iou[..., land]),
        "macro_f1": mean_of_known(f1_of(table)[..., land]),
        "figure_of_merit": figure_of_merit(components_of(table)),
        "quantity_disagreement": quantity,
        "allocation_disagreement": allocation,
        "fraction_rmse": coarse_error.rmse_of(total["fractions"]),
        "fraction_mae": coarse_error.mae_of(total["fractions"]),
    }
    merit = figure_of_merit(total["resolutions"])
    for n, size in enumerate(resolution.RESOLUTIONS[1:], start=1):
        out[f"figure_of_merit_{size}"] = merit[..., n]
    if "losses" in total:
        out["log_loss"] = ratio(total["losses"][..., 1], total["losses"][..., 0])
        out["brier"] = ratio(total["losses"][..., 2], total["losses"][..., 0])
        out["calibration_error"] = calibration_error_of(total["confidence"])
        out["change_calibration_error"] = calibration_error_of(total["change"])
    return out


def whole(by_block: Mapping[str, Array]) -> dict[str, Array]:
    """Sums over all blocks."""
    return {name: value.sum(0) for name, value in by_block.items()}


def short(by_block: Mapping[str, Array], ocean: int) -> dict[str, float | None]:
    """The headline scores, ready for JSON."""
    return {name: plain(float(value)) for name, value in headline(whole(by_block), ocean).items()}


def draws_of(by_block: Mapping[str, Array], drawn: Array, ocean: int) -> dict[str, Array]:
    """The headline scores of each draw of blocks."""
    return resampled(by_block, lambda total: headline(total, ocean), drawn)


def intervals(draws: Mapping[str, Array]) -> dict[str, list[float]]:
    """95 % intervals by score, where they are defined."""
    found = {name: interval(values) for name, values in draws.items()}
    return {name: [round(v, 6) for v in ends] for name, ends in found.items() if ends is not None}


def summary(by_block: Mapping[str, Array], names: list[str], ocean: int) -> dict[str, Any]:
    """Every score, ready for JSON; areas in km2, ``names`` in code order."""
    total = whole(by_block)
    table = total["table"]
    hits, wrong, misses, alarms = (float(part) / SQUARE_KM for part in components_of(table))
    out: dict[str, Any] = {"pixels": int(total["pixels"]), **short(by_block, ocean)}
    out["iou"] = _named(iou_of(table), names)
    out["f1"] = _named(f1_of(table), names)
    out["figure_of_merit_into"] = _named(gain_merit_of(table), names)
    out["figure_of_merit_by_transition"] = {
        name: _named(row, names, skip=True)
        for name, row in zip(names, transition_merit_of(table), strict=True)
        if not np.isnan(row).all()
    }
    out |= {"hits_km2": plain(hits), "wrong_hits_km2": plain(wrong)}
    out |= {"misses_km2": plain(misses), "false_alarms_km2": plain(alarms)}
    out["confusion_km2"] = (confusion_of(table) / SQUARE_KM).round(3).tolist()
    out["transitions_km2"] = {
        what: {"from_to": (t / SQUARE_KM).round(3).tolist(), **_gross_and_net(t, names)}
        for what, t in (("observed", table.sum(-1)), ("predicted", table.sum(-2)))
    }
    recall = ratio(total["objects"][..., 1], total["objects"][..., 0])
    out["object_recall"] = {
        name: dict(zip(objects.size_names(), map(plain, row), strict=True))
        for name, row in zip(names, recall, strict=True)
        if not np.isnan(row).all()
    }
    out["fractions"] = {
        name: {"rmse": plain(float(np.sqrt(r[1]))), "mae": plain(float(r[2])), "bias": plain(float(r[3]))}
        for name, r in zip(
            names, ratio(total["fractions"], total["fractions"][..., :1].repeat(4, -1)), strict=True
        )
        if not np.isnan(r).any()
    }
    for key, part in (("reliability", "confidence"), ("change_reliability", "change")):
        if part in total:
            out[key] = _bins(total[part])
    return out


def _named(values: Array, names: list[str], skip: bool = False) -> dict[str, float | None]:
    found = {name: plain(float(value)) for name, value in zip(names, values, strict=True)}
    return {name: value for name, value in found.items() if value is not None} if skip else found


def _gross_and_net(transitions: Array, names: list[str]) -> dict[str, Any]:
    gross, net = gross_and_net_of(transitions)
    stay = np.diag(transitions)
    change = (transitions.sum(0) - stay, transitions.sum(1) - stay)
    by_class = {
        name: {"gain": plain(float(g) / SQUARE_KM), "loss": plain(float(loss) / SQUARE_KM)}
        for name, g, loss in zip(names, *change, strict=True)
        if g or loss
    }
    return {
        "gross": plain(float(gross) / SQUARE_KM),
        "net": plain(float(net) / SQUARE_KM),
        "by_class": by_class,
    }


def _bins(total: Array) -> list[dict[str, float | None]]:
    """Share of the area, mean probability and frequency of the event in each bin."""
    area = total[:, 0].sum()
    return [
        {
            "share": plain(float(w / area)) if area else None,
            "probability": plain(float(p / w)),
            "frequency": plain(float(e / w)),
        }
        for w, p, e in total
        if w > 0
    ]
