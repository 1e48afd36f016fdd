"""Training of a joint model or a chain: the same samples, steps, loss and optimiser for both.

The chain's parts share no weight, and its land cover and leaf area are given the true land use, so that the
sum of the losses trains three separate models.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader

from pylandbc.cube.collate import collate
from pylandbc.cube.mixture import Mixture
from pylandbc.learn.compare.config import CompareConfig
from pylandbc.learn.compare.land_years import LandYears
from pylandbc.learn.compare.samples import TaskSamples
from pylandbc.learn.leaf_area.data import VegetationData
from pylandbc.learn.leaf_area.module import leaf_loss
from pylandbc.learn.leaf_area.schedule import one_cycle
from pylandbc.models.land_tasks import LandTasks, cross_entropy, one_hot
from pylandbc.progress import Tell


@dataclass(frozen=True)
class Fitted:
    """A trained model and the seconds of processor time that its steps took, samples not counted."""

    model: LandTasks
    seconds: float


def loss_of(model: LandTasks, batch: dict[str, Tensor], scale: float) -> Tensor:
    """Sum of the three losses."""
    encoded, logits = model.year(
        batch["static"], batch["prior"], batch["scenario"], batch["climate_row"], batch["climate_col"]
    )
    uses = logits.softmax(1) if model.joint else one_hot(batch["land_use"])
    loss = cross_entropy(logits, batch["land_use"], batch["counted"])
    loss = loss + cross_entropy(model.cover(encoded, uses), batch["land_cover"], batch["counted"])
    quantiles, alone = model.leaves(batch, encoded, uses)
    return loss + leaf_loss(quantiles, alone, batch["target"], batch["weight"]) / scale


def samples_of(config: CompareConfig, data: VegetationData, maps: dict[str, LandYears], seed: int) -> Mixture:
    """The training samples of all regions."""
    parts = [
        TaskSamples(
            region,
            maps[region.name],
            config.inputs(),
            data.splits[region.name],
            role="train",
            years=list(region.training_years),
            size=config.size,
            count=config.samples_per_epoch,
            mask_ratio=config.mask_ratio,
            patch=config.patch,
            seed=seed,
            phase_group=config.batch_size,
        )
        for region in data.regions
    ]
    shares = [source.share for source in config.regions]
    return Mixture(parts, shares, count=config.samples_per_epoch * config.epochs, seed=seed)  # type: ignore[arg-type]


def fit(
    models: dict[str, LandTasks],
    samples: Mixture,
    config: CompareConfig,
    scale: float,
    tell: Tell | None = None,
) -> dict[str, Fitted]:
    """Train several models on the same batches."""
    loader = DataLoader(samples, batch_size=config.batch_size, collate_fn=collate, drop_last=True)
    steps = len(loader)
    optimisers, schedules = {}, {}
    seconds = dict.fromkeys(models, 0.0)
    for name, model in models.items():
        model.train()
        optimisers[name] = torch.optim.AdamW(
            model.parameters(), config.learning_rate, weight_decay=config.weight_decay
        )
        schedules[name] = one_cycle(optimisers[name], config.learning_rate, steps, config.warm_up)
    for number, batch in enumerate(loader):
        for name, model in models.items():
            began = time.process_time()
            loss = loss_of(model, batch, scale)
            optimisers[name].zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), config.gradient_clip)
            optimisers[name].step()
            schedules[name].step()
            seconds[name] += time.process_time() - began
        if tell is not None:
            tell("training", (number + 1) / steps)
    return {name: Fitted(model.eval(), float(np.round(seconds[name], 3))) for name, model in models.items()}
