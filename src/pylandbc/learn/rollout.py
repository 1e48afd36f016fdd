"""Free-running roll-out: from one map through many years on the coarse data alone, forwards and backwards.

Each step's prior is the last step's map, wholly visible; the truth of the first year alone is seen. What is
scored against the truth of each year is compared with the map of the first year (persistence over the whole
span), so that a model which drifts shows it. Unknown pixels stay unknown. With conservation each year's map
is the most probable one that has the scenario's pixels of each class in each cell, as in predictions and
coupled runs; the probabilities that are scored stay the emulator's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from pylandbc.cube.history import advance
from pylandbc.cube.open import Cube
from pylandbc.errors import InputError
from pylandbc.grid.quota import Quota, allocate, count_classes
from pylandbc.learn.blocks import block_numbers
from pylandbc.learn.bootstrap import draws
from pylandbc.learn.inference import scene
from pylandbc.learn.metrics import Array, plain
from pylandbc.learn.predictions import Prediction, predict
from pylandbc.learn.region import Region
from pylandbc.learn.tally import Scored, draws_of, intervals, joined, short, sums
from pylandbc.legend import UNKNOWN
from pylandbc.models.baselines import Predictor
from pylandbc.models.demand import Demand
from pylandbc.models.inputs import InputSpec
from pylandbc.progress import Tell

PERSISTENCE = "persistence"


def rollout_years(regions: Sequence[Region], span: int, quantity: str = "land_use") -> list[int]:
    """The last years with maps that reach ``span`` years back, ascending.

    Raises
    ------
    InputError
        A cube has none, or another cube has maps of other years.
    """
    found = []
    for region in regions:
        years = sorted(region.cube.class_years(quantity))
        found.append([year for year in years if year >= years[-1] - span])
        if len(found[-1]) < 2 or found[-1][-1] - found[-1][0] < span:
            raise InputError(
                f"{region.cube.path} has maps of {years[0]} to {years[-1]}: no roll-out over {span} years; "
                f"ask for at most {years[-1] - years[0]}"
            )
        if found[-1] != found[0]:
            raise InputError(
                f"{region.cube.path} has maps of other years than {regions[0].cube.path}: run them one by one"
            )
    return found[0]


def rollout(
    predictors: Sequence[Predictor],
    regions: Sequence[Region],
    spec: InputSpec,
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
    """Run predictors freely over the last ``span`` years and score every year, all regions as one.

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
    years = rollout_years(regions, span, spec.quantity)
    out: dict[str, Any] = {"split": role, "conservation": conservation, "directions": {}}
    keep = None if conservation == "off" else (conservation, demand or {})
    for direction, order in (("forwards", years), ("backwards", years[::-1])):
        courses = [
            _Course(
                region.cube,
                spec.quantity,
                order,
                region.cube.class_map(spec.quantity, order[0]),
                region.mask(role),
                names,
                ocean,
            )
            for region in regions
        ]
        stays = [[course.sums(year, course.start) for year in order[1:]] for course in courses]
        null = _entries(order, stays, ocean, seed)
        out["directions"][direction] = {}
        for predictor in predictors:
            runs = []
            for number, course in enumerate(courses):
                stage = f"roll-out {direction}, {predictor.name}"

                def say(done: float, number: int = number, stage: str = stage) -> None:
                    if tell is not None:
                        tell(stage, (number + done) / len(regions))

                runs.append(_run(predictor, course, spec, device, keep, say))
            entries = _entries(order, runs, ocean, seed)
            for (entry, drawn), (kept, kept_drawn) in zip(entries, null, strict=True):
                ends = intervals({"accuracy": drawn["accuracy"] - kept_drawn["accuracy"]})
                entry["lead"] = {
                    "difference": plain(entry["accuracy"] - kept["accuracy"]),
                    "interval": ends.get("accuracy"),
                }
            out["directions"][direction][predictor.name] = [entry for entry, _ in entries]
        out["directions"][direction][PERSISTENCE] = [entry for entry, _ in null]
    return out


def _entries(
    order: Sequence[int], runs: Sequence[Sequence[dict[str, Array]]], ocean: int, seed: int
) -> list[tuple[dict[str, Any], dict[str, Array]]]:
    """Scores and their draws for each year after the first, from the sums of each region and year."""
    out = []
    for year, parts in zip(order[1:], zip(*runs, strict=True), strict=True):
        by_block = joined(parts)
        drawn = draws_of(by_block, draws(len(by_block["pixels"]), seed=seed), ocean)
        about = {"year": year, "years": abs(year - order[0])}
        out.append(({**about, **short(by_block, ocean), "intervals": intervals(drawn)}, drawn))
    return out


@dataclass(frozen=True)
class _Course:
    """A region that is run in one direction: the years in order, its first map, and the pixels of the blocks
    that are scored."""

    cube: Cube
    quantity: str
    order: Sequence[int]
    start: np.ndarray
    used: np.ndarray
    names: list[str]
    ocean: int

    def sums(
        self,
        year: int,
        state: np.ndarray,
        land: np.ndarray | None = None,
        probabilities: np.ndarray | None = None,
    ) -> dict[str, Array]:
        """Sums by block of a map of a year; probabilities of land (n, K), certainty elsewhere or without."""
        target = self.cube.class_map(self.quantity, year)
        scored = self.used & (self.start != UNKNOWN) & (target != UNKNOWN) & (target != self.ocean)
        if not scored.any():
            raise InputError(f"{self.cube.path} has no known land in the blocks to be scored in {year}")
        classes = len(self.names)
        share = np.eye(classes, dtype=np.float32)[np.minimum(state[scored], classes - 1)]
        if land is not None and probabilities is not None:
            share[land[scored]] = probabilities[scored[land]]
        block, count = block_numbers(self.cube.window, scored)
        area = np.broadcast_to(self.cube.window.pixel_area[:, None], scored.shape)
        rows, cols = np.nonzero(scored)
        objects = np.zeros(rows.size, np.int8)
        pixels = Scored(self.start[scored], target[scored], rows, cols, area[scored], block[scored], objects)
        return sums(pixels, state[scored], share, count, classes)


def _run(
    predictor: Predictor,
    course: _Course,
    spec: InputSpec,
    device: str,
    keep: tuple[str, Demand] | None,
    tell: Callable[[float], None],
) -> list[dict[str, Array]]:
    """Sums by block of each year after the first."""
    cube, start, order = course.cube, course.start, course.order
    state, history = start, None
    land = (cube.static_field("land_mask") == 1) & (start != UNKNOWN)
    first = np.where(land, start, UNKNOWN)
    quota = None if keep is None else _quota(*keep, cube, course.names, first, order[0])
    out = []
    for number, (before, after) in enumerate(pairwise(order)):
        fields = replace(scene(cube, spec, before, after), prior=state).with_history(spec, history)

        def say(done: float, number: int = number) -> None:
            tell((number + done) / (len(order) - 1))

        found = predict(predictor, fields, np.ones_like(state), land, device, say)
        if quota is not None:
            _hold(found, land, quota.counts(after))
        came = np.where((found.classes == UNKNOWN) | (start == UNKNOWN), state, found.classes)
        known = fields.history(spec)
        if known is not None:
            history = advance(known, state, came, abs(after - before))
        state = came
        out.append(course.sums(after, state, land, found.probabilities))
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
