"""Fits the baselines that need it on training blocks, or takes the fits from a file beside the scores."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import torch

from pylandbc.errors import InputError
from pylandbc.learn.examples import training_examples
from pylandbc.learn.region import Region
from pylandbc.models.baselines import FittedPredictor, Predictor
from pylandbc.models.inputs import InputSpec
from pylandbc.progress import Tell

VERSION = 1
"""Raised when a baseline changes, so that older files are not used."""


def fit_baselines(
    predictors: Sequence[Predictor],
    regions: Sequence[Region],
    spec: InputSpec,
    *,
    span: int,
    ratios: Sequence[float],
    ocean: int = 0,
    seed: int = 0,
    file: Path | None = None,
    tell: Tell | None = None,
) -> None:
    """Fit all that can be fitted.

    Parameters
    ----------
    regions
        Only their training blocks are used.
    span
        Years between prior and target.
    ratios
        Shares of hidden patches that will be scored.
    file
        Holds the fits; read if it was made from the same cubes, blocks, years and inputs, and written
        otherwise. Trees are never kept.

    Raises
    ------
    InputError
        The training blocks have no known land, or the file cannot be read.
    """
    fitted = [p for p in predictors if isinstance(p, FittedPredictor)]
    signature = _signature(regions, spec, span, ratios, ocean, seed)
    kept = _read(file, signature) if file is not None else {}
    examples = None
    for predictor in fitted:
        if predictor.name in kept:
            predictor.restore(kept[predictor.name])
            continue
        if examples is None:
            examples = []
            for region in regions:
                found = training_examples(
                    region.cube,
                    spec,
                    region.split,
                    span=span,
                    ratios=ratios,
                    ocean=ocean,
                    seed=seed,
                    tell=tell,
                )
                if not found:
                    raise InputError(f"{region.cube.path} has no known land in the training blocks")
                examples += found
        predictor.fit(examples, seed, tell)
    if file is not None and examples is not None:
        states = {p.name: p.state() for p in fitted}
        file.parent.mkdir(parents=True, exist_ok=True)
        torch.save({"signature": signature, "states": {n: s for n, s in states.items() if s}}, file)


def _read(file: Path, signature: str) -> dict[str, dict]:
    if not file.is_file():
        return {}
    try:
        content = torch.load(file, weights_only=True)
    except Exception as error:
        raise InputError(f"{file} holds no fitted baselines ({error}); delete it to fit anew") from error
    return content["states"] if content.get("signature") == signature else {}


def _signature(
    regions: Sequence[Region],
    spec: InputSpec,
    span: int,
    ratios: Sequence[float],
    ocean: int,
    seed: int,
) -> str:
    content = [
        VERSION,
        [
            [
                region.cube.fingerprint or str(region.cube.path.resolve()),
                list(region.cube.training_years),
                hashlib.sha256(b"" if region.split is None else region.split.roles.tobytes()).hexdigest(),
            ]
            for region in regions
        ],
        spec.as_list(),
        [span, list(ratios), ocean, seed],
    ]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()
