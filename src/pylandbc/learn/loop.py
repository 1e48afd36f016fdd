"""Lightning's loop as a terminal, a log and a batch queue need it.

The device is looked for before anything is written, progress is a bar or a line per epoch, and a run that is
stopped does not end as if it were done.
"""

from __future__ import annotations

import logging
import signal
import sys
import time
import warnings
from datetime import timedelta
from pathlib import Path
from typing import Any

import lightning
import torch
from lightning.pytorch.callbacks import Callback, ProgressBar, TQDMProgressBar
from lightning.pytorch.utilities.exceptions import SIGTERMException

from pylandbc.errors import InputError

UNTOLD = (
    "does not have many workers",
    "exists and is not empty",
    "treespec, LeafSpec",
    "across ranks is zero",
)
"""Lightning's warnings of what is as it should be."""


def accelerator(device: str) -> str:
    """Lightning's name of ``auto``, ``cpu`` or ``cuda``; ``InputError`` where there is no such device."""
    if device == "cuda" and not torch.cuda.is_available():
        raise InputError(
            "device cuda: torch finds no GPU on this machine; set `device: cpu` (or auto, which takes what "
            "there is), or install a torch with CUDA"
        )
    # Lightning otherwise tells on every start which hardware is absent and what else one might install.
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    return {"cuda": "gpu"}.get(device, device)


def progress() -> ProgressBar:
    """A bar where standard error is a terminal, else one line per epoch."""
    return TQDMProgressBar(refresh_rate=5) if sys.stderr.isatty() else EpochLines()


class EpochLines(ProgressBar):
    """One line per epoch on standard error, with the scores and the time left.

    A progress bar to Lightning, which would otherwise draw its own.
    """

    def disable(self) -> None:
        """Nothing: processes that are not the first are silent as it is."""

    def on_train_start(self, trainer: lightning.Trainer, module: lightning.LightningModule) -> None:
        """Start the clock."""
        self.began, self.first = time.monotonic(), trainer.current_epoch

    def on_train_epoch_end(self, trainer: lightning.Trainer, module: lightning.LightningModule) -> None:
        """Write the line."""
        if not trainer.is_global_zero:
            return
        done, epochs = trainer.current_epoch + 1, trainer.max_epochs or 0
        left = (time.monotonic() - self.began) / (done - self.first) * (epochs - done)
        scores = [
            f", {name.replace('_', ' ')} {float(trainer.callback_metrics[name]):.4g}"
            for name in ("train_loss", "validation_loss", "validation_accuracy")
            if name in trainer.callback_metrics
        ]
        print(
            f"epoch {done} of {epochs}{''.join(scores)}, {timedelta(seconds=round(left))} left",
            file=sys.stderr,
            flush=True,
        )


class FiniteLoss(Callback):
    """Stops a training whose loss is no number any more, before the epoch's checkpoint is written.

    A GPU would have to wait for a look at every step: there every ``EVERY`` steps are looked at, and an
    epoch's last.
    """

    EVERY = 50

    def on_train_batch_end(
        self,
        trainer: lightning.Trainer,
        module: lightning.LightningModule,
        outputs: Any,
        batch: Any,
        index: int,
    ) -> None:
        """Look at the loss."""
        loss = outputs["loss"] if isinstance(outputs, dict) else outputs
        last = trainer.is_last_batch or (index + 1) % self.EVERY == 0
        if loss is None or not (last or loss.device.type == "cpu") or bool(torch.isfinite(loss)):
            return
        raise InputError(
            f"the loss is {float(loss)} in epoch {trainer.current_epoch + 1}, step {index + 1}: lower "
            "learning_rate (and heads_rate), or set gradient_clip; the checkpoint of the epoch before, if "
            "there is one, is untouched"
        )


def fit(
    trainer: lightning.Trainer,
    module: lightning.LightningModule,
    data: lightning.LightningDataModule,
    checkpoint: Path | None,
) -> None:
    """Train, from a checkpoint where one is given.

    Raises
    ------
    SystemExit
        With status 143 on SIGTERM (a batch queue's warning); the last epoch's checkpoint is there to resume
        from.
    KeyboardInterrupt
        On Ctrl-C; likewise.
    """
    resumed: dict[str, Any] = {}
    if checkpoint is not None:
        resumed = {"ckpt_path": str(checkpoint), "weights_only": False}
    with warnings.catch_warnings():
        for words in UNTOLD:
            warnings.filterwarnings("ignore", message=f".*{words}.*")
        try:
            trainer.fit(module, datamodule=data, **resumed)
        except SIGTERMException as stop:
            # Lightning's own exit would say success, and a script would go on to export half a training.
            raise SystemExit(128 + signal.SIGTERM) from stop
        except SystemExit as stop:
            if not isinstance(stop.__context__, KeyboardInterrupt):
                raise
            # Lightning has turned Ctrl-C off and ends with a status that says nothing.
            signal.signal(signal.SIGINT, signal.default_int_handler)
            raise KeyboardInterrupt from stop
