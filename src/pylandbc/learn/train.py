"""Training by one call: progress, checkpoints, resumption, curves, and a run directory that says how it was
made.

A checkpoint is written after every epoch. A run that is resumed from it ends with the weights of an
uninterrupted one (same machine and threads), because samples are a function of seed and epoch and the
optimiser's state is kept. Several processes (``devices``, ``nodes``) share each epoch's samples, and
average their gradients after every step; the first of them writes.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import lightning
import torch
from lightning.pytorch.callbacks import Callback, EarlyStopping, ModelCheckpoint
from lightning.pytorch.utilities.rank_zero import rank_zero_only

from pylandbc.errors import InputError
from pylandbc.learn import loop
from pylandbc.learn.average import MovingAverage
from pylandbc.learn.batches import Batches
from pylandbc.learn.config import TrainConfig
from pylandbc.learn.data import class_frequencies, normalisation, open_data
from pylandbc.learn.frozen_statistics import FrozenStatistics
from pylandbc.learn.leave_out import LeaveOut, silence
from pylandbc.learn.loss import class_weights
from pylandbc.learn.module import LandUseTraining
from pylandbc.learn.run import BEST, CHECKPOINT, CURVES, RECORD, Run, append_curve, describe_cube, versions
from pylandbc.legend import EMULATED
from pylandbc.models.land_use import MultiscaleLandUseEmulator

CHANGEABLE = ("device", "devices", "nodes", "precision", "workers", "threads", "favour_change", "description")
"""Settings that a resumed run may change: the hardware, and what only the export feels."""


class Curves(Callback):
    """One line of ``curves.csv`` per epoch."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.began = time.perf_counter()

    def on_train_epoch_start(self, trainer: lightning.Trainer, module: lightning.LightningModule) -> None:
        """Start the clock."""
        self.began = time.perf_counter()

    def on_train_epoch_end(self, trainer: lightning.Trainer, module: lightning.LightningModule) -> None:
        """Write the line."""
        if not trainer.is_global_zero:
            return
        row: dict[str, float] = {
            "epoch": trainer.current_epoch,
            "step": trainer.global_step,
            "learning_rate": trainer.optimizers[0].param_groups[0]["lr"],
            "seconds": round(time.perf_counter() - self.began, 1),
        }
        for name in ("train_loss", "validation_loss", "validation_accuracy", "validation_mean_iou"):
            if name in trainer.callback_metrics:
                row[name] = float(trainer.callback_metrics[name])
        append_curve(self.path, row)


def train(
    config: TrainConfig,
    output: Path,
    root: Path,
    *,
    resume: bool = False,
    progress: bool = True,
) -> Run:
    """Train an emulator.

    Parameters
    ----------
    config
        What to do.
    output
        The run directory.
    root
        Folder that relative cube paths start from.
    resume
        Continue from the last checkpoint where there is one.
    progress
        Whether to show how far it is.

    Raises
    ------
    InputError
        The device is not there; a cube is missing or lacks an input; the directory holds another run, or one
        that would be overwritten.
    SystemExit
        With status 143 on SIGTERM (a batch queue's warning); the last epoch's checkpoint is there to resume
        from.
    KeyboardInterrupt
        On Ctrl-C; likewise.
    """
    accelerator = loop.accelerator(config.device)
    if config.threads is not None:
        torch.set_num_threads(config.threads)
    checkpoint = output / CHECKPOINT
    first = getattr(rank_zero_only, "rank", 0) == 0
    if first and (output / RECORD).is_file():
        if not resume:
            raise InputError(
                f"{output} already holds a run; continue it with --resume or give another --output"
            )
        _refuse_other(Run.read(output).config, config, output)
    data = open_data(config, root)
    shares = [(data.cubes[config.cube_path(part, root)], part.share) for part in config.parts]
    run = Run(
        output,
        config,
        normalisation(config.spec(), shares),
        class_weights(
            class_frequencies(data, config, root, len(EMULATED[config.quantity])), config.class_balance
        ).tolist(),
        [describe_cube(cube, path.name) for path, cube in data.cubes.items()],
        versions(),
    )
    if first:
        run.write()

    lightning.seed_everything(config.seed, verbose=False)
    batches = Batches(data, config)
    emulator = run.emulator()
    if config.heads_first:
        assert isinstance(emulator, MultiscaleLandUseEmulator)
        emulator.begin_with_heads()
    silence(emulator, config.leave_out)
    module = LandUseTraining(emulator, run.loss(), config)

    def keep(name: Path, **more: Any) -> ModelCheckpoint:
        return ModelCheckpoint(name.parent, filename=name.stem, enable_version_counter=False, **more)

    # Without a monitored score this keeps one file, that of the last epoch.
    callbacks: list[Callback] = [
        loop.FiniteLoss(),
        keep(checkpoint, save_on_train_epoch_end=True),
        Curves(output / CURVES),
    ]
    if config.patience is not None:
        callbacks.append(keep(output / BEST, monitor="validation_loss", save_on_train_epoch_end=False))
        callbacks.append(EarlyStopping("validation_loss", patience=config.patience))
    if config.freeze_statistics < 1:
        callbacks.append(FrozenStatistics(round(config.freeze_statistics * config.steps)))
    if config.leave_out:
        callbacks.append(LeaveOut(config.leave_out))
    if config.average:
        callbacks.append(MovingAverage(config.average))
    if progress:
        callbacks.append(loop.progress())
    trainer = lightning.Trainer(
        accelerator=accelerator,
        devices=config.devices,
        num_nodes=config.nodes,
        strategy=_strategy(config),
        precision=config.precision,
        # The order of samples knows the processes.
        use_distributed_sampler=False,
        max_epochs=sum(stage.epochs for stage in config.stages),
        reload_dataloaders_every_n_epochs=1 if config.prelude is not None else 0,
        logger=False,
        callbacks=callbacks,
        enable_progress_bar=progress,
        enable_model_summary=False,
        accumulate_grad_batches=config.accumulate,
        gradient_clip_val=config.gradient_clip,
        num_sanity_val_steps=0,
    )
    loop.fit(trainer, module, batches, checkpoint if resume and checkpoint.is_file() else None)
    return run


def _strategy(config: TrainConfig) -> str:
    if config.devices * config.nodes == 1:
        return "auto"
    # A silent U-Net has no gradients, which the processes must not wait for.
    return "ddp_find_unused_parameters_true" if config.heads_first else "ddp"


def _refuse_other(before: TrainConfig, now: TrainConfig, output: Path) -> None:
    old, new = before.model_dump(), now.model_dump()
    differing = [key for key in old if old[key] != new[key] and key not in CHANGEABLE]
    if differing:
        raise InputError(
            f"{output} holds a run of another configuration ({', '.join(differing)} differ); "
            "give another --output, or the configuration it was begun with"
        )
