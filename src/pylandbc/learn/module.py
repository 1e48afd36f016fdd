"""The Lightning module of a training run: loss, scores on validation samples, optimiser, schedule."""

from __future__ import annotations

import math
from typing import Any

import lightning
import torch
from torch import Tensor

from pylandbc.learn.config import Prelude, TrainConfig
from pylandbc.learn.corruption import Corruption
from pylandbc.learn.loss import LandUseLoss
from pylandbc.learn.metrics import MapScores
from pylandbc.learn.unroll import later_steps, next_step
from pylandbc.models.demand_scaling import in_whole_cells
from pylandbc.models.joint import JointEmulator
from pylandbc.models.land_use import LandUseEmulator

ARGUMENTS = (
    "static",
    "climate",
    "scenario",
    "scenario_row",
    "scenario_col",
    "prior",
    "visible",
    "time",
)
"""Entries of a batch that the emulator takes, in its order."""


class LandUseTraining(lightning.LightningModule):
    """Trains a ``LandUseEmulator``, of land use, of land cover, or of both (the losses are then added).

    Parameters
    ----------
    emulator, loss
        What is trained, and by which loss.
    config
        Learning rate, schedule and the rest.
    """

    def __init__(self, emulator: LandUseEmulator, loss: LandUseLoss, config: TrainConfig) -> None:
        super().__init__()
        self.emulator = emulator.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.loss = loss
        self.config = config
        self.corruption = Corruption(emulator.classes, config.corruption, config.seed)
        self.scores = MapScores(emulator.classes)
        if isinstance(emulator, JointEmulator):
            self.second = LandUseLoss(torch.ones(emulator.cover_classes), config.change_weight)

    def _loss(self, batch: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        if isinstance(self.emulator, JointEmulator):
            return self._joint_loss(self.emulator, batch)
        if not self.config.cut_cells:
            judged = batch["weight"] * in_whole_cells(batch["scenario_row"], batch["scenario_col"])
            batch = {**batch, "weight": judged}
        logits = self.emulator(*(batch[name] for name in ARGUMENTS))
        maps = (batch[name] for name in ("target", "prior", "visible", "weight"))
        return self.loss(logits, *maps, (batch["scenario_row"], batch["scenario_col"])), logits

    def _joint_loss(self, emulator: JointEmulator, batch: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        before = emulator.other_codes(batch["static"])
        others = {name: batch[name] for name in ARGUMENTS if name != "prior"}
        logits, cover = emulator.both(use=batch["prior"], cover=before, **others)
        shared = (batch["visible"], batch["weight"])
        loss = self.loss(logits, batch["target"], batch["prior"], *shared)
        return loss + self.second(cover, batch["second_target"], before, *shared), logits

    def on_train_epoch_start(self) -> None:
        """Silence the U-Net, or let it speak."""
        stage = self.config.stages[self.config.stage(self.current_epoch)]
        self.emulator.heads_only = isinstance(stage, Prelude) and stage.heads_only

    def training_step(self, batch: dict[str, Tensor], index: int) -> Tensor:
        """One step; see Lightning."""
        if self.corruption.share > 0:
            prior = self.corruption(batch["prior"], batch["visible"], self.global_step)
            batch = {**batch, "prior": prior}
        loss, logits = self._loss(batch)
        if self.corruption.share > 0:
            self.corruption.observe(logits, batch["target"], batch["visible"], batch["weight"])
        losses, step_logits = [loss], logits
        for number in range(later_steps(batch)):
            batch = next_step(batch, step_logits, number, self.emulator.history_channel)
            further, step_logits = self._loss(batch)
            losses.append(further)
        loss = torch.stack(losses).mean()
        self.log(
            "train_loss", loss, on_step=False, on_epoch=True, prog_bar=True, batch_size=len(batch["target"])
        )
        return loss

    def on_validation_epoch_start(self) -> None:
        """Start the scores afresh."""
        self.scores = MapScores(self.emulator.classes)

    def validation_step(self, batch: dict[str, Tensor], index: int) -> None:
        """Loss and scores of one batch; hidden pixels have no prior, so only visible ones tell of change."""
        loss, logits = self._loss(batch)
        self.log("validation_loss", loss, prog_bar=True, batch_size=len(batch["target"]), sync_dist=True)
        target, weight = batch["target"].cpu().numpy(), batch["weight"].cpu().numpy()
        self.scores.update(target, target, logits.argmax(1).cpu().numpy(), weight)

    def on_validation_epoch_end(self) -> None:
        """Report accuracy and mean IoU over the validation samples."""
        self.log("validation_accuracy", self.scores.accuracy, prog_bar=True)
        self.log("validation_mean_iou", self.scores.mean_iou(without=(self.emulator.ocean_class,)))

    def configure_optimizers(self) -> Any:
        """AdamW; the rate rises linearly over ``warm_up`` of the run, then falls to a hundredth along a
        cosine."""
        rate, network = self.config.learning_rate, list(self.emulator.unet.parameters())
        inside = {id(weight) for weight in network}
        heads = [weight for weight in self.emulator.parameters() if id(weight) not in inside]
        groups: list[dict[str, Any]] = [
            {"params": network},
            {"params": heads, "lr": rate * self.config.heads_rate},
        ]
        optimiser = torch.optim.AdamW(groups, lr=rate, weight_decay=self.config.weight_decay)
        steps = self.config.steps
        warm = max(1.0, self.config.warm_up * steps)

        def factor(step: int) -> float:
            if step < warm:
                return (step + 1) / (warm + 1)
            progress = min(1.0, (step - warm) / max(1.0, steps - warm))
            return 0.01 + 0.99 * 0.5 * (1.0 + math.cos(math.pi * progress))

        schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, factor)
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}
