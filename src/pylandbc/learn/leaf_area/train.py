"""Training of a vegetation emulator by one call, as :mod:`pylandbc.learn.train` does for land use."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import lightning
import torch
from lightning.pytorch.callbacks import Callback, ModelCheckpoint
from lightning.pytorch.utilities.rank_zero import rank_zero_only

from pylandbc.errors import InputError
from pylandbc.learn import loop
from pylandbc.learn.average import MovingAverage
from pylandbc.learn.frozen_statistics import FrozenStatistics
from pylandbc.learn.leaf_area.batches import VegetationBatches
from pylandbc.learn.leaf_area.config import VegetationConfig
from pylandbc.learn.leaf_area.data import VegetationData, normalisation, open_regions
from pylandbc.learn.leaf_area.module import VegetationTraining
from pylandbc.learn.leaf_area.region import Region
from pylandbc.learn.leaf_area.run import VegetationRun
from pylandbc.learn.run import CHECKPOINT, CURVES, RECORD, versions
from pylandbc.learn.train import Curves
from pylandbc.models.leaf_area.emulator import VegetationEmulator


def train(
    config: VegetationConfig,
    output: Path,
    root: Path,
    *,
    resume: bool = False,
    progress: bool = True,
) -> tuple[VegetationRun, VegetationData]:
    """Train an emulator; its run, and the regions it was trained on.

    Parameters
    ----------
    config, output, root
        What to do, the run directory, the folder that relative paths start from.
    resume
        Continue from the last checkpoint where there is one.

    Raises
    ------
    InputError
        The device is not there; a region is missing or lacks an input; the directory holds another run, or
        one that would be overwritten.
    SystemExit, KeyboardInterrupt
        As :func:`pylandbc.learn.loop.fit`.
    """
    accelerator = loop.accelerator(config.device)
    if config.threads is not None:
        torch.set_num_threads(config.threads)
    first = getattr(rank_zero_only, "rank", 0) == 0
    if first and (output / RECORD).is_file():
        if not resume:
            raise InputError(
                f"{output} already holds a run; continue it with --resume or give another --output"
            )
        if VegetationRun.read(output).config != config:
            raise InputError(f"{output} holds a run of another configuration; give another --output")
    data = open_regions(config, root)
    run = VegetationRun(
        output,
        config,
        normalisation(data, config),
        {name: unit for region in data.regions for name, unit in region.units.items()},
        [describe(region) for region in data.regions],
        versions(),
    )
    if first:
        run.write()
    lightning.seed_everything(config.seed, verbose=False)
    emulator = run.emulator()
    if config.start is not None:
        begin_with(emulator, VegetationRun.read(config.below(config.start, root)))
    module = VegetationTraining(emulator, config, run.normalisation[config.quantity][1])
    checkpoint = output / CHECKPOINT
    callbacks: list[Callback] = [
        loop.FiniteLoss(),
        ModelCheckpoint(
            checkpoint.parent,
            filename=checkpoint.stem,
            enable_version_counter=False,
            save_on_train_epoch_end=True,
        ),
        Curves(output / CURVES),
    ]
    if config.freeze_statistics < 1:
        callbacks.append(FrozenStatistics(round(config.freeze_statistics * config.steps)))
    if config.average:
        callbacks.append(MovingAverage(config.average))
    if progress:
        callbacks.append(loop.progress())
    trainer = lightning.Trainer(
        accelerator=accelerator,
        devices=config.devices,
        strategy="ddp" if config.devices > 1 else "auto",
        precision=config.precision,
        use_distributed_sampler=False,
        max_epochs=config.epochs,
        logger=False,
        callbacks=callbacks,
        enable_progress_bar=progress,
        enable_model_summary=False,
        gradient_clip_val=config.gradient_clip,
        num_sanity_val_steps=0,
    )
    batches = VegetationBatches(data, config)
    loop.fit(trainer, module, batches, checkpoint if resume and checkpoint.is_file() else None)
    return run, data


def begin_with(emulator: VegetationEmulator, earlier: VegetationRun) -> None:
    """Give an emulator the weights of an earlier run that have the same name and shape; ``InputError`` where
    there are none, or the runs differ in their inputs."""
    if earlier.config.inputs() != emulator.inputs:
        raise InputError(f"the run {earlier.path} to start from has other inputs; give it the same")
    own = emulator.state_dict()
    found = {
        name: value
        for name, value in earlier.trained()[0].state_dict().items()
        if name in own and own[name].shape == value.shape
    }
    if not found:
        raise InputError(f"no weight of the run {earlier.path} fits {type(emulator).__name__}")
    emulator.load_state_dict(found, strict=False)


def describe(region: Region) -> dict[str, Any]:
    """What the run and the card say of a region, with the SHA-256 of its provenance."""
    text = json.dumps(region.provenance, sort_keys=True)
    window = region.window
    return {
        "name": region.name,
        "window": None if window is None else [window.row, window.col, window.rows, window.cols],
        "shape": list(region.shape),
        "steps": [str(region.series.times[0]), str(region.series.times[-1])],
        "training_years": list(region.training_years),
        "co2": bool(region.co2.any()),
        "provenance_sha256": hashlib.sha256(text.encode()).hexdigest(),
        "provenance": region.provenance,
    }
