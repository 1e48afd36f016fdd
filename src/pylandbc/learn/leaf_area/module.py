"""The Lightning module of a vegetation emulator: pinball loss, validation, optimiser, schedule."""

from __future__ import annotations

from typing import Any

import lightning
import torch
from torch import Tensor

from pylandbc.learn.leaf_area.arguments import ARGUMENTS, UNBATCHED
from pylandbc.learn.leaf_area.config import VegetationConfig
from pylandbc.learn.leaf_area.schedule import one_cycle
from pylandbc.models.leaf_area.bounded_quantiles import LEVELS
from pylandbc.models.leaf_area.emulator import VegetationEmulator


def pinball(quantiles: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """Weighted mean pinball loss over the levels (Koenker & Bassett 1978, Econometrica 46, 33).

    Parameters
    ----------
    quantiles
        (B, Q, H, W).
    target, weight
        (B, H, W).
    """
    level = torch.tensor(LEVELS, device=quantiles.device)[:, None, None]
    error = target[:, None] - quantiles
    loss = torch.maximum(level * error, (level - 1.0) * error).mean(1)
    return (loss * weight).sum() / weight.sum().clamp_min(1e-6)


RESPONSE = 0.2
"""Weight of the absolute error of the climate's response alone."""


def leaf_loss(quantiles: Tensor, alone: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """Pinball loss of the quantiles, and the weighted mean absolute error of the response (B, H, W)."""
    error = ((alone - target).abs() * weight).sum() / weight.sum().clamp_min(1e-6)
    return pinball(quantiles, target, weight) + RESPONSE * error


class VegetationTraining(lightning.LightningModule):
    """Trains a vegetation emulator.

    Parameters
    ----------
    emulator, config
        What is trained, and how.
    scale
        Spread of the variable, by which the loss is divided.
    """

    def __init__(self, emulator: VegetationEmulator, config: VegetationConfig, scale: float) -> None:
        super().__init__()
        self.emulator, self.config, self.scale = emulator, config, scale

    def _loss(self, batch: dict[str, Tensor]) -> Tensor:
        """Mean loss over the steps of the samples, the state carried from each to the next."""
        batches, unroll, rows, cols = batch["target"].shape
        state = self.emulator.first_state(batches, rows, cols).to(batch["target"])
        loss = torch.zeros((), device=self.device)
        for k in range(unroll):
            arguments = [batch[n] if n in UNBATCHED else batch[n][:, k] for n in ARGUMENTS]
            quantiles, state, alone = self.emulator.explained(*[*arguments, state])
            loss = loss + leaf_loss(quantiles, alone, batch["target"][:, k], batch["weight"][:, k])
        return loss / (unroll * self.scale)

    def training_step(self, batch: dict[str, Tensor], index: int) -> Tensor:
        """One step; see Lightning."""
        loss = self._loss(batch)
        size = len(batch["target"])
        self.log("train_loss", loss, on_step=False, on_epoch=True, prog_bar=True, batch_size=size)
        return loss

    def validation_step(self, batch: dict[str, Tensor], index: int) -> None:
        """The loss of one batch."""
        size = len(batch["target"])
        self.log("validation_loss", self._loss(batch), prog_bar=True, batch_size=size, sync_dist=True)

    def configure_optimizers(self) -> Any:
        """AdamW, its rate rising over ``warm_up`` of the run and falling along a cosine."""
        optimiser = torch.optim.AdamW(
            self.emulator.parameters(), lr=self.config.learning_rate, weight_decay=self.config.weight_decay
        )
        schedule = one_cycle(optimiser, self.config.learning_rate, self.config.steps, self.config.warm_up)
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}
