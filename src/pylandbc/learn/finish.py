"""From a finished training run to its scores and its exported archive.

The split that a run held out travels in the card, so that whoever scores the archive later scores the same
blocks.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from pylandbc.cube.open import Cube
from pylandbc.cube.splits import Split
from pylandbc.errors import InputError
from pylandbc.learn.config import Split as SplitConfig
from pylandbc.learn.data import cube_split, opened
from pylandbc.learn.evaluate import MASK_RATIOS, card_metrics, evaluate
from pylandbc.learn.export import save
from pylandbc.learn.fits import fit_baselines
from pylandbc.learn.region import Region, year_pairs
from pylandbc.learn.run import SCORES, Run
from pylandbc.legend import EMULATED
from pylandbc.models.baselines import Emulator, Predictor, baselines
from pylandbc.models.inputs import InputSpec
from pylandbc.progress import Tell


def predictors(
    spec: InputSpec, names: list[str], network: Callable[..., Tensor], choice: str = "none"
) -> list[Predictor]:
    """The emulator and the chosen baselines, in the order of the table."""
    return [Emulator(spec, names, network), *baselines(spec, names, choice)]


def split_of(card: Mapping[str, Any], cube: Cube) -> Split:
    """The blocks of a cube that the emulator of this card was not trained on (the default split where the
    card is silent)."""
    shares = SplitConfig.model_validate(card["training"].get("split", {}))
    return cube_split(cube, shares.seed, shares.validation, shares.test)


def scores_file(run: Run, quantity: str) -> Path:
    """Where a run's scores lie; those of a second head beside the first's."""
    name = SCORES if quantity == run.config.quantity else f"scores_{quantity}.json"
    return run.path / name


def score_run(
    run: Run,
    root: Path,
    tell: Tell | None = None,
    head: str | None = None,
) -> dict[str, Any]:
    """Score a trained run, or its second head, on the test blocks of its first cube and write the
    scores."""
    config = run.config
    quantity = head or config.quantity
    spec, names = config.spec(quantity), EMULATED[quantity].names
    cube = opened(config.cube_path(config.parts[0], root), spec)
    shares = config.split
    regions = [Region(cube, cube_split(cube, shares.seed, shares.validation, shares.test))]
    emulator, _ = run.trained(quantity)
    scored, pairs = predictors(spec, names, emulator), year_pairs(regions, quantity=quantity)
    span = abs(pairs[0][1] - pairs[0][0])
    fit_baselines(scored, regions, spec, span=span, ratios=MASK_RATIOS, tell=tell)
    result = evaluate(scored, regions, spec, "test", names=names, pairs=pairs, tell=tell)
    scores_file(run, quantity).write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    return result


def export_run(
    path: Path, output: Path, head: str | None = None, precision: str = "float32"
) -> dict[str, Any]:
    """Export the last checkpoint of a run with its card, and return the card.

    Parameters
    ----------
    head
        The quantity, of a run with two heads; its first by default.
    precision
        As of ``save``.

    Raises
    ------
    InputError
        Not a run, no such head, no checkpoint, or not scored yet: a card without scores tells nobody whether
        to trust it.
    """
    run = Run.read(path)
    config = run.config
    quantity = head or config.quantity
    if quantity not in (config.quantity, config.second_head):
        raise InputError(f"run {path} has no head {quantity!r}; it predicts {config.quantity}")
    scores = scores_file(run, quantity)
    if not scores.is_file():
        raise InputError(f"run {path} has no {scores.name}; let `pylandbc train --resume` finish it")
    emulator, progress = run.trained(quantity)
    training = {
        "description": config.description,
        "cubes": run.cubes,
        "parts": [part.model_dump(mode="json") for part in config.parts],
        "split": config.split.model_dump(mode="json"),
        "sample_pixels": config.size,
        "batch_size": config.batch_size,
        "prelude": config.model_dump(mode="json")["prelude"],
        "steps": progress["steps"],
        "class_balance": config.class_balance,
        "change_weight": config.change_weight,
        "area_term": config.area_term,
        "tversky_term": config.tversky_term,
        "unroll": config.unroll,
        "favour_change": config.favour_change,
        "freeze_statistics": config.freeze_statistics,
        "average": config.average,
        "second_head": config.second_head,
        "seed": config.seed,
        "versions": run.versions,
        "precision": precision,
    }
    return save(
        emulator,
        config.spec(quantity),
        output,
        name=config.name,
        version=config.version,
        licence=config.licence,
        training=training,
        metrics=card_metrics(json.loads(scores.read_text(encoding="utf-8"))),
        precision=precision,
    )
