"""The samples of a training run: its cubes opened, split, mixed, and what their statistics say.

Order is a function of seed and epoch alone, so that a run which is resumed sees what an uninterrupted one
would have seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pylandbc.cube.mixture import Mixture
from pylandbc.cube.open import Cube, open_cube
from pylandbc.cube.samples import Samples
from pylandbc.cube.splits import Split, split_blocks
from pylandbc.learn.config import Samples as SampleConfig
from pylandbc.learn.config import TrainConfig
from pylandbc.models.inputs import InputSpec

ELAPSED_SCALE = 10.0
"""Years by which ``elapsed_years`` is divided."""


@dataclass
class TrainingData:
    """Open cubes by path, their splits, and the samples drawn from them: one mixture for each stage of
    training."""

    cubes: dict[Path, Cube]
    splits: dict[Path, Split]
    training: list[Mixture]
    validation: Mixture | None


def cube_split(cube: Cube, seed: int, validation: float, test: float) -> Split:
    """The split of a cube: dealt over the pixels that are active in any of its years."""
    active = np.zeros(cube.window.shape, dtype=bool)
    for year in cube.years:
        active |= cube.active(int(year))
    return split_blocks(cube.window, active, seed, validation, test)


def opened(path: Path, spec: InputSpec) -> Cube:
    """A cube with all that the inputs need in memory."""
    cube = open_cube(path)
    maps = {entry.name for entry in (*spec.maps, *spec.state)}
    wanted = {"land_cover"} & maps | ({"categories"} if maps - {"land_use", "land_cover"} else set())
    return cube.loaded(wanted & set(cube.arrays()))


def open_data(config: TrainConfig, root: Path) -> TrainingData:
    """Open and split every cube of a configuration; ``InputError`` where one is missing or lacks an input."""
    cubes: dict[Path, Cube] = {}
    splits: dict[Path, Split] = {}
    for part in config.parts:
        path = config.cube_path(part, root)
        if path not in cubes:
            cubes[path] = opened(path, config.spec())
            splits[path] = cube_split(
                cubes[path], config.split.seed, config.split.validation, config.split.test
            )

    def mixture(role: str, stage: SampleConfig, count: int) -> Mixture:
        samples = [
            Samples(
                cubes[path],
                config.spec().as_list(),
                split=splits[path],
                role=role,
                size=stage.size,
                count=stage.samples_per_epoch,
                # Distinct streams, but one phase for a batch: the group's draw depends on the seed alone.
                seed=config.seed,
                mask_ratio=part.mask_ratio,
                patch=config.patch,
                years=part.years,
                max_elapsed=part.max_elapsed,
                min_active=0.1 if role == "train" else 0.02,
                phase_group=stage.batch_size,
                mirror=role == "train",
                unroll=stage.unroll if role == "train" else 1,
                quantity=config.quantity,
                second=config.second_head,
            )
            for part in config.parts
            for path in [config.cube_path(part, root)]
        ]
        return Mixture(samples, [part.share for part in config.parts], count=count, seed=config.seed)

    validation = config.validation_samples
    return TrainingData(
        cubes,
        splits,
        [mixture("train", stage, stage.samples_per_epoch) for stage in config.stages],
        mixture("validation", config, validation) if validation else None,
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
    for entry in (*spec.fields, *spec.climate, *spec.scenario):
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
        for year in part.years or cube.class_training_years(config.quantity):
            pixels = used & cube.active(year, config.quantity)
            weight = np.broadcast_to(cube.window.pixel_area[:, None], pixels.shape)[pixels]
            codes = cube.class_map(config.quantity, year)[pixels]
            area += np.bincount(codes, weight, minlength=classes)[:classes]
        total += part.share * area / area.sum()
    return [float(value) for value in total]
