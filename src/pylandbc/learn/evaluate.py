"""Scores of an emulator on held-out blocks, its null models beside it in one table.

Every predictor classifies the same pixels in both directions of time, with the prior fully visible and with
75 % of its patches hidden; visible and hidden pixels are scored apart, land only, weighted by area.
Persistence is given the whole prior even where it is hidden from the others. The ocean appears in one
column alone, because it flatters. Intervals come from resampling one-degree blocks, the same draws for all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pylandbc.cube.patches import visible_patches
from pylandbc.cube.splits import check_role
from pylandbc.learn.bootstrap import DRAWS, draws
from pylandbc.learn.calibration import fit_temperature, scaled
from pylandbc.learn.metrics import Array, plain
from pylandbc.learn.predictions import predict
from pylandbc.learn.region import Region, year_pairs
from pylandbc.learn.scored_steps import Step, steps_of
from pylandbc.learn.tally import draws_of, intervals, joined, pooled, short, summary, sums
from pylandbc.legend import UNKNOWN
from pylandbc.models.baselines import Emulator, Predictor
from pylandbc.models.inputs import InputSpec
from pylandbc.progress import Tell

MASK_RATIOS = (0.0, 0.75)
GROUPS = ("land", "visible land", "hidden land", "land and ocean")
PATCH = 32
CALIBRATED = ", calibrated"
"""Added to the name of a predictor whose probabilities went through temperature scaling."""

Sums = dict[str, Array]


def mask(shape: tuple[int, int], ratio: float, patch: int = PATCH, seed: int = 0) -> np.ndarray:
    """Visible pixels of a window, uint8 (rows, cols): ``ratio`` of the patches of ``patch`` pixels hidden
    at random."""
    side = -(-max(shape) // patch) * patch
    return visible_patches(np.random.default_rng(seed), side, patch, ratio)[: shape[0], : shape[1]]


def evaluate(
    predictors: Sequence[Predictor],
    regions: Sequence[Region],
    spec: InputSpec,
    role: str = "test",
    *,
    names: list[str],
    ocean: int = 0,
    ratios: Sequence[float] = MASK_RATIOS,
    pairs: Sequence[tuple[int, int]] | None = None,
    seed: int = 0,
    device: str = "cpu",
    tell: Tell | None = None,
    maps: dict[str, np.ndarray] | None = None,
) -> dict[str, Any]:
    """Score predictors on a cube, or on several as if they were one.

    Parameters
    ----------
    predictors
        Emulator and baselines, with distinct names; those that are fitted must be
        (``pylandbc.learn.fits``).
    regions, spec
        Cubes with their held-out blocks, and the inputs of the emulator. Every pixel weighs its area,
        whichever cube it is of.
    role
        Which blocks count; see ``Region.mask``. With the test blocks an emulator is scored a second time
        with its temperature fitted on the validation blocks.
    names
        Class names in code order.
    ratios
        Shares of hidden patches.
    pairs
        (prior year, target year); see ``region.year_pairs``.
    seed
        Of the hidden patches and the resampled blocks.
    device
        Where the predictors run.
    tell
        Called with a stage and the share done.
    maps
        Filled with the classes of the first predictor, region, pair and mask ratio, and with what they are
        compared with: ``before``, ``observed``, ``predicted``, uint8 (rows, cols), 255 where not scored, and
        ``scored``.

    Returns
    -------
    dict
        Ready for JSON; ``scores[predictor][mask ratio][group]`` as of ``tally.summary``, with intervals and
        each direction's headline scores; ``differences[mask ratio][group][emulator][other]``.
    """
    check_role(role)
    pairs = list(pairs or year_pairs(regions, quantity=spec.quantity))
    places = [_place(region, spec, pairs, role, ocean, len(names)) for region in regions]
    calibrating = role == "test" and any(region.split is not None for region in regions)
    blocks = sum(place.blocks for place in places)
    drawn = draws(blocks, DRAWS, seed)
    scores: dict[str, dict[str, dict[str, Any]]] = {}
    found: dict[str, dict[str, dict[str, dict[str, Array]]]] = {}
    temperatures: dict[str, dict[str, float]] = {}
    emulators = []
    for predictor in predictors:
        for ratio in ratios:
            calibrate = calibrating and isinstance(predictor, Emulator)
            stage = f"{predictor.name}, {ratio:.0%} hidden"
            groups, scale, first = _score(
                predictor, places, ratio, seed, len(names), ocean, calibrate, device, stage, tell
            )
            if maps is not None and not maps:
                shown = places[0].steps[0]
                land = shown.land
                maps |= {"before": shown.fields.prior, "observed": shown.fields.target}
                maps |= {"predicted": np.where(land, first, UNKNOWN).astype(np.uint8), "scored": land}
            if scale:
                temperatures[f"{ratio:g}"] = scale
            for name, by_group in groups.items():
                if isinstance(predictor, Emulator) and name not in emulators:
                    emulators.append(name)
                for group, parts in by_group.items():
                    total = pooled(parts)
                    drawn_scores = draws_of(total, drawn, ocean)
                    entry = summary(total, names, ocean)
                    entry["intervals"] = intervals(drawn_scores)
                    entry["directions"] = {
                        f"{a} to {b}": short(part, ocean) for (a, b), part in zip(pairs, parts, strict=True)
                    }
                    scores.setdefault(name, {}).setdefault(f"{ratio:g}", {})[group] = entry
                    place = found.setdefault(f"{ratio:g}", {}).setdefault(group, {})
                    place[name] = drawn_scores
    return {
        "quantity": spec.quantity,
        "cube": ", ".join(region.cube.path.name for region in regions),
        "regions": [
            {
                "cube": region.cube.path.name,
                "window": {k: getattr(region.cube.window, k) for k in ("west", "east", "south", "north")},
            }
            for region in regions
        ],
        "split": role,
        "held_out_blocks": None
        if regions[0].split is None
        else {"seed": regions[0].split.seed, "degrees": 1},
        "pairs": [list(pair) for pair in pairs],
        "mask_ratios": list(ratios),
        "patch": PATCH,
        "weights": "pixel area",
        "classes": names,
        "ocean": ocean,
        "bootstrap": {"blocks": blocks, "draws": DRAWS, "level": 0.95, "seed": seed},
        "temperatures": temperatures,
        "emulators": emulators,
        "scores": scores,
        "differences": {
            ratio: {
                group: _differences(scores, ratio, group, by_name, emulators) for group, by_name in g.items()
            }
            for ratio, g in found.items()
        },
    }


@dataclass(frozen=True)
class _Place:
    """The steps of a region and its number of blocks with land."""

    steps: list[Step]
    blocks: int
    shape: tuple[int, int]


def _place(
    region: Region, spec: InputSpec, pairs: Sequence[tuple[int, int]], role: str, ocean: int, classes: int
) -> _Place:
    shape = region.cube.window.shape
    calibrating = region.split is not None and role == "test"
    validation = region.mask("validation") if calibrating else np.zeros(shape, dtype=bool)
    steps, blocks = steps_of(region.cube, spec, pairs, region.mask(role), validation, ocean, classes)
    return _Place(steps, blocks, shape)


@dataclass(frozen=True)
class _Found:
    """What a predictor says of a step: classes of all its pixels and probabilities of those wanted."""

    step: Step
    predicted: np.ndarray
    share: np.ndarray
    wanted: np.ndarray
    visible: np.ndarray


def _score(
    predictor: Predictor,
    places: Sequence[_Place],
    hidden: float,
    seed: int,
    classes: int,
    ocean: int,
    calibrate: bool,
    device: str,
    stage: str,
    tell: Tell | None,
) -> tuple[dict[str, dict[str, list[Sums]]], dict[str, float], np.ndarray]:
    """Sums of each pair of years by predictor name and group, by block of all places; temperatures of
    visible and hidden pixels; the first step's classes."""
    kept: list[list[_Found]] = []
    done, count = 0, sum(len(place.steps) for place in places)
    for place in places:
        visible = mask(place.shape, hidden, seed=seed)
        kept.append([])
        for step in place.steps:

            def say(part: float, before: int = done) -> None:
                if tell is not None:
                    tell(stage, (before + part) / count)

            wanted = step.land | step.validation if calibrate else step.land
            found = predict(predictor, step.fields, visible, wanted, device, say)
            # Where no land was wanted nothing was computed; there the ocean rule alone decides.
            at_sea = (found.classes == UNKNOWN) & (step.fields.target == ocean)
            predicted = np.where(at_sea, ocean, found.classes)
            kept[-1].append(_Found(step, predicted, found.probabilities, wanted, visible))
            done += 1
    scale = _temperatures([found for founds in kept for found in founds]) if calibrate else {}
    out = {predictor.name: _by_group(kept, places, classes, {})}
    if scale:
        out[predictor.name + CALIBRATED] = _by_group(kept, places, classes, scale)
    return out, scale, kept[0][0].predicted


def _by_group(
    kept: Sequence[Sequence[_Found]], places: Sequence[_Place], classes: int, scale: dict[str, float]
) -> dict[str, list[Sums]]:
    """Sums of each pair of years by group, by block of all places. A group that one step lacks is left out
    whole."""
    found = [
        [_groups(one, place.blocks, classes, scale) for one in founds]
        for founds, place in zip(kept, places, strict=True)
    ]
    return {
        group: [joined([of_place[group] for of_place in of_pair]) for of_pair in zip(*found, strict=True)]
        for group in GROUPS
        if all(group in groups for of_place in found for groups in of_place)
    }


def _temperatures(kept: Sequence[_Found]) -> dict[str, float]:
    """Temperatures of visible and hidden pixels, fitted on the validation blocks of all steps."""
    out = {}
    for name, flag in (("visible", 1), ("hidden", 0)):
        where = [(one.step.validation & (one.visible == flag))[one.wanted] for one in kept]
        parts = [
            (one.share[w], one.step.fields.target[one.wanted][w], one.step.area[one.wanted][w])
            for one, w in zip(kept, where, strict=True)
        ]
        if any(w.any() for w in where):
            out[name] = fit_temperature(*(np.concatenate(column) for column in zip(*parts, strict=True)))
    return out


def _groups(found: _Found, blocks: int, classes: int, scale: dict[str, float]) -> dict[str, Sums]:
    """Sums of one step by group of pixels, probabilities brought to the temperatures first."""
    step = found.step
    land = step.land[step.known]
    seen = (found.visible == 1)[step.known]
    classes_of = found.predicted[step.known]
    chances = np.zeros((land.size, classes), np.float32)
    chances[land] = found.share[step.land[found.wanted]]
    for name, temperature in scale.items():
        at = land & (seen if name == "visible" else ~seen)
        chances[at] = scaled(chances[at], temperature)
    out = {}
    for group, where in zip(GROUPS, (land, land & seen, land & ~seen, np.ones_like(land)), strict=True):
        if where.any():
            given = None if group == "land and ocean" else chances[where]
            out[group] = sums(step.scored.subset(where), classes_of[where], given, blocks, classes)
    return out


def _differences(
    scores: dict[str, dict[str, dict[str, Any]]],
    ratio: str,
    group: str,
    drawn: dict[str, dict[str, Array]],
    emulators: Sequence[str],
) -> dict[str, dict[str, dict[str, Any]]]:
    """Emulator less each other predictor: the difference of each headline score and its paired interval."""
    out: dict[str, dict[str, dict[str, Any]]] = {}
    for own in (name for name in emulators if name in drawn):
        for other in (name for name in drawn if name not in emulators):
            entry = {}
            for score in drawn[own]:
                here, there = (scores[name][ratio][group].get(score) for name in (own, other))
                if here is None or there is None or score not in drawn[other]:
                    continue
                ends = intervals({score: drawn[own][score] - drawn[other][score]})
                entry[score] = {"difference": plain(here - there), "interval": ends.get(score)}
            out.setdefault(own, {})[other] = entry
    return out


def card_metrics(result: dict[str, Any]) -> dict[str, Any]:
    """The few numbers that go into the card: accuracy, mIoU, figure of merit, log loss, Brier score and
    calibration error of every predictor, visible and hidden apart."""
    kept = ("accuracy", "mean_iou_without_ocean", "figure_of_merit", "log_loss", "brier", "calibration_error")
    scores = {
        predictor: {
            ratio: {
                group: {key: entry[key] for key in kept if key in entry}
                for group, entry in groups.items()
                if group.endswith(" land")
            }
            for ratio, groups in by_ratio.items()
        }
        for predictor, by_ratio in result["scores"].items()
    }
    about = ("cube", "split", "held_out_blocks", "pairs", "mask_ratios", "patch", "weights", "temperatures")
    return {**{key: result[key] for key in about}, "scores": scores}
