"""Scores of an emulator on held-out blocks, its null models beside it in one table.

Every predictor classifies the same pixels in both directions of time, with the prior fully visible and with
75 % of its patches hidden; visible and hidden pixels are scored apart, land only, weighted by area.
Persistence is given the whole prior even where it is hidden from the others. The ocean appears in one
column alone, because it flatters.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from rich import box
from rich.table import Table

from pylandbc.cube.open import Cube
from pylandbc.cube.patches import visible_patches
from pylandbc.cube.splits import ROLES, Split
from pylandbc.errors import InputError
from pylandbc.learn.inference import Scene, classify, scene
from pylandbc.learn.metrics import MapScores
from pylandbc.legend import UNKNOWN
from pylandbc.models.baselines import Predictor
from pylandbc.models.inputs import InputSpec

MASK_RATIOS = (0.0, 0.75)
GROUPS = ("land", "visible land", "hidden land", "land and ocean")


def year_pairs(cube: Cube, span: int | None = None) -> list[tuple[int, int]]:
    """The last two maps of the cube that lie ``span`` years apart (neighbours by default), in both
    directions."""
    years = [int(year) for year in cube.years]
    pairs = [(a, b) for a in years for b in years if a < b and (span is None or b - a == span)]
    if not pairs:
        raise InputError(f"{cube.path}: no two maps lie {span} years apart (years: {years})")
    last = max(pairs, key=lambda pair: (pair[1], pair[0]))
    return [last, last[::-1]]


def mask(shape: tuple[int, int], ratio: float, patch: int = 32, seed: int = 0) -> np.ndarray:
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
    tell: Callable[[str, float], None] | None = None,
) -> dict[str, Any]:
    """Score predictors on a cube.

    Parameters
    ----------
    predictors
        Emulator and baselines, with distinct names.
    cube, spec
        The cube and the inputs of the emulator.
    split, role
        Held-out blocks; without a split all pixels count.
    names
        Class names in code order.
    ratios
        Shares of hidden patches.
    pairs
        (prior year, target year); see ``year_pairs``.
    seed
        Of the hidden patches.
    device
        Where the predictors run.
    tell
        Called with a stage and the share done.

    Returns
    -------
    dict
        Ready for JSON; ``scores[predictor][mask ratio][group]`` as of ``MapScores.summary``.
    """
    if role not in (*ROLES, "all"):
        raise InputError(f"no split {role!r}; there are {', '.join((*ROLES, 'all'))}")
    whole = np.ones(cube.window.shape, dtype=bool)
    used = whole if split is None or role == "all" else split.mask(role)
    pairs = list(pairs or year_pairs(cube))
    scenes = [scene(cube, spec, *pair) for pair in pairs]
    total, done = len(predictors) * len(ratios) * len(scenes), 0
    scores: dict[str, dict[str, dict[str, Any]]] = {}
    for predictor in predictors:
        scores[predictor.name] = {}
        for ratio in ratios:
            visible = mask(cube.window.shape, ratio, seed=seed)
            groups = {group: MapScores(len(names)) for group in GROUPS}
            for fields in scenes:
                if tell is not None:
                    tell(f"{predictor.name}, {ratio:.0%} hidden", done / total)
                _score(groups, predictor, fields, visible, used, cube, ocean, device)
                done += 1
            scores[predictor.name][f"{ratio:g}"] = {
                group: s.summary(names, ocean) for group, s in groups.items() if s.pixels
            }
    return {
        "cube": cube.path.name,
        "split": role,
        "held_out_blocks": None if split is None else {"seed": split.seed, "degrees": 1},
        "pairs": [list(pair) for pair in pairs],
        "mask_ratios": list(ratios),
        "patch": 32,
        "weights": "pixel area",
        "scores": scores,
    }


def _score(
    groups: dict[str, MapScores],
    predictor: Predictor,
    fields: Scene,
    visible: np.ndarray,
    used: np.ndarray,
    cube: Cube,
    ocean: int,
    device: str,
) -> None:
    known = used & (fields.prior != UNKNOWN) & (fields.target != UNKNOWN)
    land = known & (fields.target != ocean)
    if not land.any():
        raise InputError(f"{cube.path} has no known land in the blocks to be scored")
    area = np.broadcast_to(cube.window.pixel_area[:, None], known.shape)
    predicted = classify(predictor, fields, visible, land, device=device)
    # Where no land was wanted nothing was computed; there the ocean rule alone decides.
    predicted = np.where((predicted == UNKNOWN) & (fields.target == ocean), ocean, predicted)
    chosen = {
        "land": land,
        "visible land": land & (visible == 1),
        "hidden land": land & (visible == 0),
        "land and ocean": known,
    }
    for group, where in chosen.items():
        groups[group].update(fields.prior[where], fields.target[where], predicted[where], area[where])


def tables(result: dict[str, Any]) -> list[Table]:
    """The result as tables for a terminal of 80 columns: for each group of pixels the scores of all
    predictors, then their IoU by class."""
    out = []
    for ratio in result["mask_ratios"]:
        for group in ("visible land", "hidden land"):
            scored = {p: s[f"{ratio:g}"] for p, s in result["scores"].items() if group in s[f"{ratio:g}"]}
            if scored:
                where = (
                    f"{result['cube']}, {result['split']} blocks, {ratio:.0%} of the prior hidden: {group}"
                )
                out += [_score_table(where, group, scored), _class_table(group, scored)]
    return out


def _score_table(title: str, group: str, scored: dict[str, dict[str, Any]]) -> Table:
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column("weighted by area")
    for heading in ("accuracy", "mIoU", "FoM", "mIoU with ocean"):
        table.add_column(heading, justify="right")
    for predictor, groups in scored.items():
        keys = ("accuracy", "mean_iou_without_ocean", "figure_of_merit")
        ocean = groups["land and ocean"]["mean_iou"]
        table.add_row(predictor, *(_number(groups[group][key]) for key in keys), _number(ocean))
    return table


def _class_table(group: str, scored: dict[str, dict[str, Any]]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, collapse_padding=True, pad_edge=False)
    table.add_column("IoU by class", min_width=11)
    first = next(iter(scored.values()))[group]["iou"]
    names = [name for name, value in first.items() if value is not None]
    for name in names:
        table.add_column(name.replace("_", " "), justify="right")
    for predictor, groups in scored.items():
        table.add_row(predictor, *(_number(groups[group]["iou"].get(name), 3) for name in names))
    return table


def _number(value: float | None, digits: int = 4) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def card_metrics(result: dict[str, Any]) -> dict[str, Any]:
    """The few numbers that go into the card: accuracy, mIoU and figure of merit of every predictor, visible
    and hidden apart."""
    kept = ("accuracy", "mean_iou_without_ocean", "figure_of_merit")
    scores = {
        predictor: {
            ratio: {group: {k: v[k] for k in kept} for group, v in groups.items() if group.endswith(" land")}
            for ratio, groups in by_ratio.items()
        }
        for predictor, by_ratio in result["scores"].items()
    }
    return {**{k: v for k, v in result.items() if k != "scores"}, "scores": scores}
