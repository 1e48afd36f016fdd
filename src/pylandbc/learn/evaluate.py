"""Scores of an emulator on held-out blocks, its null models beside it in one table.

Every predictor classifies the same pixels in both directions of time, with the prior fully visible and with
75 % of its patches hidden; visible and hidden pixels are scored apart, land only, weighted by area.
Persistence is given the whole prior even where it is hidden from the others. The ocean appears in one
column alone, because it flatters. Intervals come from resampling one-degree blocks, the same draws for all.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pylandbc.cube.open import Cube
from pylandbc.cube.patches import visible_patches
from pylandbc.cube.splits import Split, check_role
from pylandbc.errors import InputError
from pylandbc.learn.bootstrap import DRAWS, draws
from pylandbc.learn.calibration import fit_temperature, scaled
from pylandbc.learn.metrics import Array, plain
from pylandbc.learn.predictions import predict
from pylandbc.learn.scored_steps import Step, steps_of
from pylandbc.learn.tally import draws_of, intervals, pooled, short, summary, sums
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


def year_pairs(cube: Cube, span: int | None = None, quantity: str = "land_use") -> list[tuple[int, int]]:
    """The last two maps of the cube that lie ``span`` years apart (neighbours by default), in both
    directions; ``InputError`` if there are none."""
    years = cube.class_years(quantity)
    pairs = [(a, b) for a in years for b in years if a < b and (span is None or b - a == span)]
    if not pairs:
        raise InputError(f"{cube.path}: no two maps lie {span} years apart (years: {years})")
    last = max(pairs, key=lambda pair: (pair[1], pair[0]))
    return [last, last[::-1]]


def mask(shape: tuple[int, int], ratio: float, patch: int = PATCH, seed: int = 0) -> np.ndarray:
    """Visible pixels of a window, uint8 (rows, cols): ``ratio`` of the patches of ``patch`` pixels hidden
    at random."""
    side = -(-max(shape) // patch) * patch
    return visible_patches(np.random.default_rng(seed), side, patch, ratio)[: shape[0], : shape[1]]


def evaluate(
    predictors: Sequence[Predictor],
    cube: Cube,
    spec: InputSpec,
    split: Split | None,
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
    """Score predictors on a cube.

    Parameters
    ----------
    predictors
        Emulator and baselines, with distinct names; those that are fitted must be
        (``pylandbc.learn.fits``).
    cube, spec
        The cube and the inputs of the emulator.
    split, role
        Held-out blocks; without a split all pixels count. With the test blocks an emulator is scored a
        second time with its temperature fitted on the validation blocks.
    names
        Class names in code order.
    ratios
        Shares of hidden patches.
    pairs
        (prior year, target year); see ``year_pairs``.
    seed
        Of the hidden patches and the resampled blocks.
    device
        Where the predictors run.
    tell
        Called with a stage and the share done.
    maps
        Filled with the first predictor's classes of the first pair under the first mask ratio, and with
        what they are compared with: ``before``, ``observed``, ``predicted``, uint8 (rows, cols), 255 where
        not scored, and ``scored``.

    Returns
    -------
    dict
        Ready for JSON; ``scores[predictor][mask ratio][group]`` as of ``tally.summary``, with intervals and
        each direction's headline scores; ``differences[mask ratio][group][emulator][other]``.
    """
    check_role(role)
    everything = np.ones(cube.window.shape, dtype=bool)
    used = everything if split is None or role == "all" else split.mask(role)
    calibrating = split is not None and role == "test"
    validation = split.mask("validation") if split is not None and calibrating else ~everything
    pairs = list(pairs or year_pairs(cube, quantity=spec.quantity))
    steps, blocks = steps_of(cube, spec, pairs, used, validation, ocean, len(names))
    drawn = draws(blocks, DRAWS, seed)
    scores: dict[str, dict[str, dict[str, Any]]] = {}
    found: dict[str, dict[str, dict[str, dict[str, Array]]]] = {}
    temperatures: dict[str, dict[str, float]] = {}
    emulators = []
    for predictor in predictors:
        for ratio in ratios:
            visible = mask(cube.window.shape, ratio, seed=seed)
            calibrate = calibrating and isinstance(predictor, Emulator)
            stage = f"{predictor.name}, {ratio:.0%} hidden"
            groups, scale, first = _score(
                predictor, steps, visible, blocks, len(names), ocean, calibrate, device, stage, tell
            )
            if maps is not None and not maps:
                land = steps[0].land
                maps |= {"before": steps[0].fields.prior, "observed": steps[0].fields.target}
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
        "cube": cube.path.name,
        "window": {k: getattr(cube.window, k) for k in ("west", "east", "south", "north")},
        "split": role,
        "held_out_blocks": None if split is None else {"seed": split.seed, "degrees": 1},
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


def _score(
    predictor: Predictor,
    steps: Sequence[Step],
    visible: np.ndarray,
    blocks: int,
    classes: int,
    ocean: int,
    calibrate: bool,
    device: str,
    stage: str,
    tell: Tell | None,
) -> tuple[dict[str, dict[str, list[Sums]]], dict[str, float], np.ndarray]:
    """Sums of each step by predictor name and group; temperatures of visible and hidden pixels; the first
    step's classes."""
    kept = []
    for number, step in enumerate(steps):

        def say(done: float, number: int = number) -> None:
            if tell is not None:
                tell(stage, (number + done) / len(steps))

        wanted = step.land | step.validation if calibrate else step.land
        found = predict(predictor, step.fields, visible, wanted, device, say)
        # Where no land was wanted nothing was computed; there the ocean rule alone decides.
        at_sea = (found.classes == UNKNOWN) & (step.fields.target == ocean)
        predicted = np.where(at_sea, ocean, found.classes)
        kept.append((step, predicted, found.probabilities, wanted))
    scale = _temperatures(kept, visible) if calibrate else {}
    out: dict[str, dict[str, list[Sums]]] = {}
    for step, predicted, share, wanted in kept:
        for group, sum_of in _groups(step, predicted, share, wanted, visible, blocks, classes, {}).items():
            out.setdefault(predictor.name, {}).setdefault(group, []).append(sum_of)
        if scale:
            again = _groups(step, predicted, share, wanted, visible, blocks, classes, scale)
            for group, sum_of in again.items():
                out.setdefault(predictor.name + CALIBRATED, {}).setdefault(group, []).append(sum_of)
    # A group that one direction of time lacks is left out whole.
    whole = {
        name: {group: parts for group, parts in groups.items() if len(parts) == len(steps)}
        for name, groups in out.items()
    }
    return whole, scale, kept[0][1]


def _temperatures(kept: Sequence[tuple[Any, ...]], visible: np.ndarray) -> dict[str, float]:
    """Temperatures of visible and hidden pixels, fitted on the validation blocks of all steps."""
    out = {}
    for name, flag in (("visible", 1), ("hidden", 0)):
        where = [(step.validation & (visible == flag))[wanted] for step, _, _, wanted in kept]
        parts = [
            (share[w], step.fields.target[wanted][w], step.area[wanted][w])
            for (step, _, share, wanted), w in zip(kept, where, strict=True)
        ]
        if any(w.any() for w in where):
            out[name] = fit_temperature(*(np.concatenate(column) for column in zip(*parts, strict=True)))
    return out


def _groups(
    step: Step,
    predicted: np.ndarray,
    share: np.ndarray,
    wanted: np.ndarray,
    visible: np.ndarray,
    blocks: int,
    classes: int,
    scale: dict[str, float],
) -> dict[str, Sums]:
    """Sums of one step by group of pixels, probabilities brought to the temperatures first."""
    land = step.land[step.known]
    seen = (visible == 1)[step.known]
    classes_of = predicted[step.known]
    chances = np.zeros((land.size, classes), np.float32)
    chances[land] = share[step.land[wanted]]
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
