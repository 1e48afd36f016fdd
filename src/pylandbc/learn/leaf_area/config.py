"""What a training run of a vegetation emulator is made of: a YAML file, checked before any data are read."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from pylandbc.configuration import checked, load, read_yaml
from pylandbc.errors import InputError
from pylandbc.learn.config import Samples, Split
from pylandbc.models.leaf_area.inputs import VegetationInputs
from pylandbc.models.leaf_area.networks import NETWORKS
from pylandbc.models.leaf_area.variables import variable


class RegionSource(BaseModel):
    """Where a region comes from: a cube, or one of the small real sets."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    cube: str | None = None
    piave: str | None = None
    lisflood: str | None = None
    share: float = Field(default=1.0, gt=0)
    """Share of all samples."""
    scored: bool = True
    """Whether blocks are held out and scored; else the whole region teaches and counts in no score."""
    truth: str | None = None
    """A cube of the same window that holds the series without noise (a planet's ``lai_truth``)."""

    @model_validator(mode="after")
    def _one(self) -> RegionSource:
        if sum(value is not None for value in (self.cube, self.piave, self.lisflood)) != 1:
            raise ValueError("a region is one of cube, piave, lisflood")
        if self.truth is not None and self.cube is None:
            raise ValueError("only a cube has a truth beside it")
        if not self.scored and (self.cube is None or self.truth is not None):
            raise ValueError("scored: false is for a cube without a truth beside it")
        return self

    @property
    def place(self) -> str:
        """The path as written."""
        return str(self.cube or self.piave or self.lisflood)


class VegetationConfig(Samples):
    """A training run of a vegetation emulator."""

    quantity: str
    """The variable, by which commands know what kind of run this is."""
    size: int = Field(default=512, ge=16)
    name: str
    version: str = "0.1.0"
    licence: str
    description: str = ""
    step: Literal["month", "dekad"] = "month"
    network: str = "anomaly_unet"
    base: int = Field(default=16, ge=1)
    """Channels at full resolution."""
    static: list[str] = Field(default=["elevation", "land_mask", "land_use"])
    climate: list[str] = Field(default=[])
    climate_steps: int = Field(default=12, ge=1)
    """Steps of the climate that are seen, the target's own included."""
    lags: list[int] = Field(default=[1, 2, 3])
    """How many steps back the past is seen."""
    normal: Literal["pixel", "land_cover"] = "pixel"
    """The climatology: each pixel's, or, for a series of one year, its land cover's."""
    regions: list[RegionSource] = Field(min_length=1)
    """Those that are scored first."""
    test_years: list[int] = Field(default=[])
    """Years that are scored; by default those after the training years, or these."""
    split: Split = Split()
    mask_ratio: float | tuple[float, float] = (0.0, 1.0)
    """Share of the past's patches that are hidden, or a range to draw from."""
    patch: int = Field(default=32, ge=1)
    scattered: bool = False
    """Random rows and columns, ``size`` of each, in place of tiles: for networks without neighbours."""
    start: str | None = None
    """A run whose weights this one begins with, where they have the same name and shape."""
    unroll: int = Field(default=1, ge=1)
    """Consecutive steps of a sample, over which a hidden state is carried."""
    validation_samples: int = Field(default=8, ge=0)
    learning_rate: float = Field(default=2e-3, gt=0)
    weight_decay: float = Field(default=1e-2, ge=0)
    warm_up: float = Field(default=0.05, gt=0, lt=1)
    gradient_clip: float = Field(default=1.0, gt=0)
    freeze_statistics: float = Field(default=0.8, ge=0, le=1)
    average: float = Field(default=0.99, ge=0, lt=1)
    sensor_change: int = 2014
    gradient_boosting: int = Field(default=20_000, ge=0)
    """Pixels that the baseline of boosted trees learns from; 0 leaves it out."""
    seed: int = 0
    devices: int = Field(default=1, ge=1)
    precision: Literal["32-true", "bf16-mixed"] = "32-true"
    threads: int | None = Field(default=None, ge=1)
    workers: int = Field(default=0, ge=0)
    device: Literal["auto", "cpu", "cuda"] = "auto"

    @field_validator("network")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in NETWORKS:
            raise ValueError(f"no network {value!r}; there are {', '.join(NETWORKS)}")
        return value

    @model_validator(mode="after")
    def _fits(self) -> VegetationConfig:
        try:
            variable(self.quantity)
            self.inputs()
        except InputError as error:
            raise ValueError(str(error)) from error
        if self.scattered and NETWORKS[self.network].radius:
            raise ValueError(f"scattered samples have no neighbours, which {self.network} needs")
        return self

    def inputs(self) -> VegetationInputs:
        """The inputs in channel order."""
        return VegetationInputs(
            self.quantity,
            self.step,
            tuple(self.static),
            tuple(self.climate),
            self.climate_steps if self.climate else 0,
            tuple(self.lags),
        )

    @property
    def steps(self) -> int:
        """Optimiser steps of the whole run."""
        return self.epochs * (self.samples_per_epoch // (self.batch_size * self.devices))

    def path(self, source: RegionSource, root: Path) -> Path:
        """Where a region lies: ``${NAME}`` and ``~`` expanded, relative paths below ``root``."""
        return self.below(source.place, root)

    @staticmethod
    def below(place: str, root: Path) -> Path:
        """A path as written, ``${NAME}`` and ``~`` expanded, below ``root`` where it is relative."""
        path = Path(os.path.expandvars(place)).expanduser()
        return path if path.is_absolute() else root / path


def parse(content: Any, where: str) -> VegetationConfig:
    """A checked configuration; ``InputError`` names every key at fault."""
    return checked(VegetationConfig, content, where)


def quantity_of(path: Path) -> str:
    """What a YAML configuration trains: its key ``quantity``, by default ``land_use``.

    What cannot be read is left to the reader of the quantity to complain of.
    """
    try:
        content = read_yaml(path)
    except InputError:
        return "land_use"
    return str(content.get("quantity", "land_use")) if isinstance(content, dict) else "land_use"


def load_config(path: Path) -> VegetationConfig:
    """Read and check a YAML configuration; ``InputError`` names every key at fault."""
    return load(VegetationConfig, path)
