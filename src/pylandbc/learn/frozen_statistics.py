"""BatchNorm with its running statistics in the later part of a training.

In a batch of one sample the statistics are that sample's: of a coast or of the plain, of a hidden prior or a
visible one. In use they are averages over all of these, another network than the one that was trained. So the
last steps train the network that will be used.
"""

from __future__ import annotations

import lightning
from lightning.pytorch.callbacks import Callback
from torch import nn


class FrozenStatistics(Callback):
    """Lets every BatchNorm use, and keep, its running statistics from optimiser step ``start`` on."""

    def __init__(self, start: int) -> None:
        self.start = start

    def on_train_batch_start(
        self, trainer: lightning.Trainer, module: lightning.LightningModule, batch: object, index: int
    ) -> None:
        """Switch them; Lightning sets all parts to training before each epoch."""
        if trainer.global_step >= self.start:
            for part in module.modules():
                if isinstance(part, nn.BatchNorm2d):
                    part.eval()
