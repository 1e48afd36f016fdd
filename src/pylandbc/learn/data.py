"""The samples of a training run: its cubes opened, split, mixed, and what their statistics say.

Order is a function of seed and epoch alone, so that a run which is resumed sees what an uninterrupted one
would have seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import lightning
import numpy as np
from torch.utils.data import DataLoader

from pylandbc.cube.collate import collate
from pylandbc.cube.mixture import Mixture
from pylandbc.cube.open import Cube, open_cube
from pylandbc.cube.order import SampleOrder
from pylandbc.cube.samples import Samples
from pylandbc.cube.splits import Split, split_blocks
from pylandbc.learn.config import TrainConfig
from pylandbc.models.inputs import InputSpec

ELAPSED_SCALE = 10.0
"""Years by which ``elapsed_years`` is divided."""


@dataclass
class TrainingData:
    """Open cubes by path, their splits, and the samples drawn from them."""

    cubes: dict[Path, Cube]
    splits: dict[Path, Split]
    training: Mixture
    validation: Mixture | None


def cube_split(cube: Cube, seed: int, validation: float, test: float) -> Split:
    """The split of a cube: dealt over the pixels that are active in any of its years."""
    active = np.zeros(cube.window.shape, dtype=bool)
    for year in cube.years:
        active |= cube.active(int(year))
    return split_blocks(cube.window, active, seed, validation, test)


def open_data(config: TrainConfig, root: Path) -> TrainingData:
    """Open and split every cube of a configuration; ``InputError`` where one is missing or lacks an input."""
    cubes: dict[Path, Cube] = {}
    splits: dict[Path, Split] = {}
    inputs = config.spec().as_list()
    mixtures = {}
    for role, count in (("train", config.samples_per_epoch), ("validation", config.validation_samples)):
        parts = []
        for _number, part in enumerate(config.parts):
            path = config.cube_path(part, root)
            if path not in cubes:
                cubes[path] = open_cube(path).loaded()
                splits[path] = cube_split(
                    cubes[path], config.split.seed, config.split.validation, config.split.test
                )
            parts.append(
                Samples(
                    cubes[path],
                    inputs,
                    split=splits[path],
                    role=role,
                    size=config.size,
                    count=config.samples_per_epoch,
                    # Distinct streams, but one phase for a batch: the group's draw depends on the seed alone.
                    seed=config.seed,
                    mask_ratio=part.mask_ratio,
                    patch=config.patch,
                    years=part.years,
                    max_elapsed=part.max_elapsed,
                    min_active=0.1 if role == "train" else 0.02,
                    phase_group=config.batch_size,
                    mirror=role == "train",
                )
            )
        if count:
            mixtures[role] = Mixture(
                parts, [part.share for part in config.parts], count=count, seed=config.seed
            )
    return TrainingData(cubes, splits, mixtures["train"], mixtures.get("validation"))


class Batches(lightning.LightningDataModule):
    """Batches of a run: the training samples dealt to the processes, the validation samples the same for all.

    Loaders are made when Lightning asks for them, when it is known which process of how many this is.
    """

    def __init__(self, data: TrainingData, config: TrainConfig) -> None:
        super().__init__()
        self.data, self.config = data, config

    def train_dataloader(self) -> DataLoader:
        """This process's share of each epoch, in an order of seed and epoch alone."""
        order = SampleOrder(len(self.data.training), self.config.batch_size)
        return self._loader(self.data.training, order)

    def val_dataloader(self) -> DataLoader | list[DataLoader]:
        """All validation samples, or none."""
        return [] if self.data.validation is None else self._loader(self.data.validation, None)

    def _loader(self, samples: Mixture, order: SampleOrder | None) -> DataLoader:
        return DataLoader(
            samples,
            batch_size=self.config.batch_size,
            sampler=order,
            num_workers=self.config.workers,
            persistent_workers=self.config.workers > 0,
            collate_fn=collate,
        )


def normalisation(spec: InputSpec, cubes: list[tuple[Cube, float]]) -> dict[str, tuple[float, float]]:
    """Offset and scale of every input with a unit: pooled mean and standard deviation; fractions stay as
    they are.

    Parameters
    ----------
    spec
        The inputs.
    cubes
        Cubes and their shares of the samples.
    """
    total = sum(share for _, share in cubes)
    out = {}
    for entry in (*spec.static, *spec.climate, *spec.scenario):
        if entry.unit == "1":
            continue
        mean = sum(c.statistics[entry.name]["mean"] * s for c, s in cubes) / total
        square = (
            sum(
                (c.statistics[entry.name]["std"] ** 2 + c.statistics[entry.name]["mean"] ** 2) * s
                for c, s in cubes
            )
            / total
        )
        out[entry.name] = (float(mean), float(np.sqrt(max(square - mean**2, 1e-20))))
    if any(entry.name == "elapsed_years" for entry in spec.time):
        out["elapsed_years"] = (0.0, ELAPSED_SCALE)
    return out


def class_frequencies(data: TrainingData, config: TrainConfig, root: Path, classes: int) -> list[float]:
    """Area of each class on the training land of all parts, weighted by their shares (K)."""
    total = np.zeros(classes)
    for part in config.parts:
        path = config.cube_path(part, root)
        cube = data.cubes[path]
        used = data.splits[path].mask("train")
        area = np.zeros(classes)
        for year in part.years or cube.training_years:
            pixels = used & cube.active(year)
            weight = np.broadcast_to(cube.window.pixel_area[:, None], pixels.shape)[pixels]
            area += np.bincount(cube.land_use_map(year)[pixels], weight, minlength=classes)[:classes]
        total += part.share * area / area.sum()
    return [float(value) for value in total]
