"""Free-running roll-out: from one map through many years on the coarse data alone, forwards and backwards.

Each step's prior is the last step's map, wholly visible; the truth of the first year alone is seen. What is
scored against the truth of each year is compared with the map of the first year (persistence over the whole
span), so that a model which drifts shows it. Unknown pixels stay unknown. With conservation each year's map
is the most probable one that has the scenario's pixels of each class in each cell, as in predictions and
coupled runs; the probabilities that are scored stay the emulator's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np

from pylandbc.cube.history import advance
from pylandbc.cube.open import Cube
from pylandbc.cube.splits import Split
from pylandbc.errors import InputError
from pylandbc.grid.quota import Quota, allocate, count_classes
from pylandbc.learn.blocks import block_numbers
from pylandbc.learn.bootstrap import draws
from pylandbc.learn.inference import scene
from pylandbc.learn.metrics import Array, plain
from pylandbc.learn.predictions import Prediction, predict
from pylandbc.learn.tally import Scored, draws_of, intervals, short, sums
from pylandbc.legend import UNKNOWN
from pylandbc.models.baselines import Predictor
from pylandbc.models.demand import Demand
from pylandbc.models.inputs import InputSpec
from pylandbc.progress import Tell

PERSISTENCE = "persistence"


def rollout_years(cube: Cube, span: int, quantity: str = "land_use") -> list[int]:
    """The cube's last years with maps that reach ``span`` years back, ascending; ``InputError`` if there are
    none."""
    years = sorted(cube.class_years(quantity))
    chosen = [year for year in years if year >= years[-1] - span]
    if len(chosen) < 2 or chosen[-1] - chosen[0] < span:
        raise InputError(
            f"{cube.path} has maps of {years[0]} to {years[-1]}: no roll-out over {span} years; "
            f"ask for at most {years[-1] - years[0]}"
        )
    return chosen


def rollout(
    predictors: Sequence[Predictor],
    cube: Cube,
    spec: InputSpec,
    split: Split | None,
    role: str = "test",
    *,
    span: int,
    names: list[str],
    ocean: int = 0,
    seed: int = 0,
    device: str = "cpu",
    conservation: str = "off",
    demand: Demand | None = None,
    tell: Tell | None = None,
) -> dict[str, Any]:
    """Run predictors freely over the last ``span`` years of a cube and score every year.

    Parameters
    ----------
    conservation
        ``off``, ``delta`` or ``absolute``; with the last two ``demand`` says which scenario inputs make up
        which class.

    Returns
    -------
    dict
        ``split``, ``conservation``, and ``directions[forwards | backwards][predictor]``: a list of entries
        with ``year``, ``years`` since the start, the headline scores and, against persistence, ``lead`` in
        accuracy with its interval.
    """
    years = rollout_years(cube, span, spec.quantity)
    used = np.ones(cube.window.shape, bool) if split is None or role == "all" else split.mask(role)
    out: dict[str, Any] = {"split": role, "conservation": conservation, "directions": {}}
    keep = None if conservation == "off" else (conservation, demand or {})
    for direction, order in (("forwards", years), ("backwards", years[::-1])):
        kept = _persisted(cube, spec.quantity, order, used, names, ocean, seed)
        found = {
            predictor.name: _run(
                predictor,
                cube,
                spec,
                order,
                used,
                names,
                ocean,
                seed,
                device,
                keep,
                f"roll-out {direction}",
                tell,
            )
            for predictor in predictors
        }
        for entries in found.values():
            for (entry, drawn), (null, null_drawn) in zip(entries, kept, strict=True):
                ends = intervals({"accuracy": drawn["accuracy"] - null_drawn["accuracy"]})
                entry["lead"] = {
                    "difference": plain(entry["accuracy"] - null["accuracy"]),
                    "interval": ends.get("accuracy"),
                }
        found[PERSISTENCE] = kept
        out["directions"][direction] = {
            name: [entry for entry, _ in entries] for name, entries in found.items()
        }
    return out


def _run(
    predictor: Predictor,
    cube: Cube,
    spec: InputSpec,
    order: Sequence[int],
    used: np.ndarray,
    names: list[str],
    ocean: int,
    seed: int,
    device: str,
    keep: tuple[str, Demand] | None,
    stage: str,
    tell: Tell | None,
) -> list[tuple[dict[str, Any], dict[str, Array]]]:
    start = cube.class_map(spec.quantity, order[0])
    state, history = start, None
    land = (cube.static_field("land_mask") == 1) & (start != UNKNOWN)
    quota = None if keep is None else _quota(*keep, cube, names, np.where(land, start, UNKNOWN), order[0])
    out = []
    for number, (before, after) in enumerate(pairwise(order)):
        fields = replace(scene(cube, spec, before, after), prior=state).with_history(spec, history)

        def say(done: float, number: int = number) -> None:
            if tell is not None:
                tell(f"{stage}, {predictor.name}", (number + done) / (len(order) - 1))

        found = predict(predictor, fields, np.ones_like(state), land, device, say)
        if quota is not None:
            _hold(found, land, quota.counts(after))
        came = np.where((found.classes == UNKNOWN) | (start == UNKNOWN), state, found.classes)
        known = fields.history(spec)
        if known is not None:
            history = advance(known, state, came, abs(after - before))
        state = came
        scored = used & (start != UNKNOWN) & (fields.target != UNKNOWN) & (fields.target != ocean)
        share = np.zeros((int(scored.sum()), len(names)), np.float32)
        share[np.arange(share.shape[0]), np.minimum(state[scored], len(names) - 1)] = 1.0
        share[land[scored]] = found.probabilities[scored[land]]
        out.append(
            _entry(cube, order[0], after, start, fields.target, state, share, scored, names, ocean, seed)
        )
    return out


def _quota(mode: str, demand: Demand, cube: Cube, names: list[str], start: np.ndarray, year: int) -> Quota:
    """The demand of a roll-out from a map whose pixels that do not take part are unknown."""

    def fields(year: int) -> dict[str, np.ndarray]:
        values = np.asarray(cube.scenario[cube.scenario_index(year)])
        return dict(zip(cube.scenario_variables, values, strict=True))

    return Quota(mode, demand, names, fields, count_classes(start, len(names)), year)


def _hold(found: Prediction, active: np.ndarray, counts: np.ndarray) -> None:
    """Move a prediction's classes to these counts of each cell, in place."""
    scores = np.zeros((counts.shape[2], *active.shape), np.float32)
    scores[:, active] = np.log(np.maximum(found.probabilities, np.finfo(np.float32).tiny)).T
    allocate(scores, active, found.classes, counts)


def _persisted(
    cube: Cube,
    quantity: str,
    order: Sequence[int],
    used: np.ndarray,
    names: list[str],
    ocean: int,
    seed: int,
) -> list[tuple[dict[str, Any], dict[str, Array]]]:
    start = cube.class_map(quantity, order[0])
    out = []
    for after in order[1:]:
        target = cube.class_map(quantity, after)
        scored = used & (start != UNKNOWN) & (target != UNKNOWN) & (target != ocean)
        share = np.eye(len(names), dtype=np.float32)[start[scored]]
        out.append(_entry(cube, order[0], after, start, target, start, share, scored, names, ocean, seed))
    return out


def _entry(
    cube: Cube,
    first: int,
    year: int,
    start: np.ndarray,
    target: np.ndarray,
    state: np.ndarray,
    share: np.ndarray,
    scored: np.ndarray,
    names: list[str],
    ocean: int,
    seed: int,
) -> tuple[dict[str, Any], dict[str, Array]]:
    if not scored.any():
        raise InputError(f"{cube.path} has no known land in the blocks to be scored in {year}")
    block, count = block_numbers(cube.window, scored)
    area = np.broadcast_to(cube.window.pixel_area[:, None], scored.shape)
    rows, cols = np.nonzero(scored)
    pixels = Scored(
        start[scored], target[scored], rows, cols, area[scored], block[scored], np.zeros(rows.size, np.int8)
    )
    by_block = sums(pixels, state[scored], share, count, len(names))
    drawn = draws_of(by_block, draws(count, seed=seed), ocean)
    entry = {
        "year": year,
        "years": abs(year - first),
        **short(by_block, ocean),
        "intervals": intervals(drawn),
    }
    return entry, drawn
