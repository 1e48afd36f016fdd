"""The samples of a training run: its cubes opened, split, mixed, and what their statistics say.

Order is a function of seed and epoch alone, so that a run which is resumed sees what an uninterrupted one
would have seen.
"""

from __future__ import annotations

from collections.abc import Iterator, Sized
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from torch.utils.data import DataLoader, Sampler

from pylandbc.cube.collate import collate
from pylandbc.cube.mixture import Mixture
from pylandbc.cube.open import Cube, open_cube
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


class EpochOrder(Sampler[int]):
    """Counts through the samples of one epoch; Lightning tells it which."""

    def __init__(self, samples: Sized) -> None:
        self.samples = samples

    def set_epoch(self, epoch: int) -> None:
        """Called by Lightning before each epoch."""
        self.samples.set_epoch(epoch)  # type: ignore[attr-defined]

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.samples)))

    def __len__(self) -> int:
        return len(self.samples)


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


def loader(samples: Mixture, config: TrainConfig, ordered_by_epoch: bool) -> DataLoader:
    """Batches of samples, in order."""
    return DataLoader(
        samples,
        batch_size=config.batch_size,
        sampler=EpochOrder(samples) if ordered_by_epoch else None,
        shuffle=False,
        drop_last=ordered_by_epoch and len(samples) >= config.batch_size,
        num_workers=config.workers,
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
