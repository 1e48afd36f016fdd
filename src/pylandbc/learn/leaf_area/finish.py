"""From a finished run of a vegetation emulator to its scores and its exported archive."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from pylandbc.errors import InputError
from pylandbc.learn.leaf_area.config import VegetationConfig
from pylandbc.learn.leaf_area.data import VegetationData
from pylandbc.learn.leaf_area.emulator_forecast import CORE, EmulatorForecast
from pylandbc.learn.leaf_area.evaluate import evaluate
from pylandbc.learn.leaf_area.export import save
from pylandbc.learn.leaf_area.forecasts import (
    Climatology,
    Forecast,
    KnownTruth,
    LandCoverClimatology,
    Persistence,
    PreviousYear,
)
from pylandbc.learn.leaf_area.gradient_boosting import GradientBoosting
from pylandbc.learn.leaf_area.run import VegetationRun
from pylandbc.learn.run import SCORES
from pylandbc.progress import Tell

SMALL_CORE = 112
"""Core of tiles that need no halo, small enough that held-out blocks fill most of theirs."""


def wanted_of(data: VegetationData, role: str) -> dict[str, np.ndarray]:
    """The pixels of a role by region."""
    return {r.name: data.splits[r.name].mask(role) if role != "all" else r.land for r in data.regions}


def baselines(config: VegetationConfig, data: VegetationData, role: str = "test") -> list[Forecast]:
    """What the emulator must beat, in the blocks of a role.

    A series of one repeated year (``normal: land_cover``) has no year before and no climatology that is not
    the answer; there the boosted trees do not see the past either, as the emulator in an unseen block.
    """
    own = config.normal == "pixel"
    truth: list[Forecast] = [KnownTruth()] if all(r.truth is not None for r in data.scored().regions) else []
    out: list[Forecast] = [Climatology(), PreviousYear()] if own else []
    out += truth
    out += [Persistence(), LandCoverClimatology(data.splits)]
    if config.gradient_boosting:
        years = {region.name: list(region.training_years) for region in data.regions}
        out.append(
            GradientBoosting(
                config.inputs(),
                data.regions,
                data.splits,
                years,
                config.gradient_boosting,
                config.seed,
                own,
                wanted_of(data, role),
            )
        )
    return out


def emulator_forecasts(config: VegetationConfig, make: Callable[..., EmulatorForecast]) -> list[Forecast]:
    """The emulator with the past before it, with all of it hidden, and on its own forecasts."""
    out: list[Forecast] = [make(name="emulator"), make(name="emulator, past hidden", see_past=False)]
    if config.normal == "pixel":
        out.append(make(name="emulator, free-running", free_running=True))
    return out


def score_run(
    run: VegetationRun,
    data: VegetationData,
    tell: Tell | None = None,
) -> dict[str, Any]:
    """Score a trained run on the test blocks and years, and write ``scores.json``."""
    config = run.config
    network, _ = run.trained()
    scored = data.scored()

    def make(**options: Any) -> EmulatorForecast:
        state = (network.state_channels, network.state_pixels)
        core = SMALL_CORE if network.radius == 0 else CORE
        return EmulatorForecast(
            network,
            config.inputs(),
            network.radius,
            state,
            wanted=wanted_of(scored, "test"),
            core=core,
            **options,
        )

    result = evaluate(
        [*emulator_forecasts(config, make), *baselines(config, data, "test")],
        scored.regions,
        scored.splits,
        config.inputs(),
        "test",
        scored.test_years(config),
        sensor_change=config.sensor_change,
        tell=tell,
    )
    (run.path / SCORES).write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    return result


def _told(region: dict[str, Any], config: VegetationConfig) -> dict[str, Any]:
    """What a card says of a region; of one that only teaches, the hash of its provenance alone."""
    scored = {Path(source.place).name for source in config.regions if source.scored}
    return {k: v for k, v in region.items() if k != "provenance" or region["name"] in scored}


def export_run(path: Path, output: Path) -> dict[str, Any]:
    """Export the last checkpoint of a run with its card, and return the card.

    Raises
    ------
    InputError
        Not a run, no checkpoint, or not scored yet.
    """
    run = VegetationRun.read(path)
    scores = path / SCORES
    if not scores.is_file():
        raise InputError(f"run {path} has no {SCORES}; let `pylandbc train --resume` finish it")
    emulator, steps = run.trained()
    config = run.config
    result = json.loads(scores.read_text(encoding="utf-8"))
    training = {
        "description": config.description,
        "regions": [_told(region, config) for region in run.regions],
        "normal": config.normal,
        "configuration": config.model_dump(mode="json"),
        "steps": steps,
        "versions": run.versions,
    }
    metrics = {k: v for k, v in result.items() if k != "scores"}
    for key in ("scores", "skill"):
        metrics[key] = {name: groups["all"] for name, groups in result[key].items()}
    return save(
        emulator,
        run.units,
        output,
        name=config.name,
        version=config.version,
        licence=config.licence,
        training=training,
        metrics=metrics,
        co2=any(region["co2"] for region in run.regions),
    )
