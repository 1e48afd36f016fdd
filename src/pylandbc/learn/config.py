"""What a training run is made of: a YAML file, checked before any data are read.

Paths of cubes are relative to the folder given with ``--data`` (by default that of the configuration).
Unknown keys are refused, so that a misspelt one does not pass in silence.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from pylandbc.configuration import checked, load
from pylandbc.models.inputs import CONFIGURATIONS, InputSpec, joint_inputs, with_history
from pylandbc.models.scenario_change import changing

DEFAULT_INPUTS = {"land_use": "hilda_fractions", "land_cover": "land_cover"}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Part(_Strict):
    """One stream of samples: a cube, its years, how much of the prior is hidden, and its share of all
    samples."""

    cube: str
    share: float = Field(default=1.0, gt=0)
    mask_ratio: float | tuple[float, float] = 0.75
    """Share of hidden patches (0.75 in the paper), or a range to draw from."""
    years: list[int] | None = None
    """Years of maps to learn from; the cube's training years by default."""
    max_elapsed: int = Field(default=3, ge=1)
    """Longest span between the two maps of a sample, years."""


class Split(_Strict):
    """Blocks of one degree that are held out (``pylandbc.cube.splits``)."""

    seed: int = 0
    validation: float = Field(default=0.1, ge=0, lt=1)
    test: float = Field(default=0.2, ge=0, lt=1)


class Samples(_Strict):
    """How samples are drawn."""

    size: int = Field(default=512, ge=32)
    """Pixels along a sample (paper: 512)."""
    batch_size: int = Field(default=2, ge=1)
    samples_per_epoch: int = Field(default=512, ge=1)
    epochs: int = Field(default=20, ge=1)
    unroll: int = Field(default=1, ge=1, le=4)
    """Steps of a sample: each after the first has the map that the emulator itself made as its prior, so that
    it learns to go on from there in a roll-out. Their losses are averaged; no gradient passes from one to
    another."""

    @field_validator("size")
    @classmethod
    def _multiple(cls, value: int) -> int:
        if value % 16:
            raise ValueError("must be a multiple of 16 (four poolings)")
        return value


class Prelude(Samples):
    """A stage that goes before the last one."""

    heads_only: bool = False
    """The U-Net is silent and not trained: persistence, transitions, neighbours and the scaling to the demand
    first say what they can, in a tenth of the time, and the U-Net then learns what is left. The multiscale
    network."""


class TrainConfig(Samples):
    """A training run; defaults are the paper's where the paper says so."""

    name: str
    version: str = "0.1.0"
    licence: str
    description: str = ""
    """One or two sentences on the data, for the card."""
    quantity: Literal["land_use", "land_cover"] = "land_use"
    """What is predicted."""
    second_head: Literal["land_cover"] | None = None
    """Land cover from the same encoder as land use (``pylandbc.models.joint``)."""
    inputs: Literal["hilda_fractions", "hilda_transitions", "luh2", "land_cover"] | None = None
    """Where the coarse inputs come from: by default ``hilda_fractions``; land cover has no choice.
    ``hilda_transitions`` are the same and each cell's transitions, for the multiscale network."""
    network: Literal["paper", "multiscale"] = "paper"
    """The paper's U-Net, or the project's (``pylandbc.models.multiscale_unet``)."""
    base: int = Field(default=16, ge=1)
    """Channels at full resolution (paper: 16)."""
    residual: bool = True
    """The persistence-residual head (false: the paper's plain head)."""
    demand_rounds: int = Field(default=0, ge=0)
    """Rounds in which the network scales each cell's class probabilities towards the scenario's fractions
    (``pylandbc.models.demand_scaling``); 0 leaves it out."""
    demand_by: Literal["shares", "changes", "transitions"] = "shares"
    """What the rounds adjust: all of a class (good where much is uncertain), what of it may change
    (``pylandbc.models.change_scaling``; good where little changes), or each transition by itself
    (``pylandbc.models.transition_scaling``; inputs ``hilda_transitions``)."""
    neighbours: bool = False
    """A direct way from the shares of the classes nearby to the logits (``pylandbc.models.neighbours``; the
    multiscale network)."""
    neighbours_by_direction: bool = False
    """Whether their weights are others backwards in time than forwards."""
    scenario_change: bool = False
    """Give the network also what each class gains and loses in a coarse cell, in pixels
    (``pylandbc.models.scenario_change``): where maps are a year apart, fractions hardly tell. The multiscale
    network, and inputs with fractions of both years."""
    history: bool = False
    """Give the network also how long each pixel has kept its class, from the earlier maps of a cube or a run
    (``pylandbc.models.history``). The multiscale network."""
    leave_out: list[Literal["transitions", "coarse_level", "shortcut", "change_head"]] = []
    """Parts of the multiscale network that are kept silent, to see what they are worth
    (``pylandbc.learn.leave_out``)."""
    parts: list[Part] = Field(min_length=1)
    split: Split = Split()
    prelude: Prelude | list[Prelude] | None = None
    """Epochs that go before the others, or several such stages in order. With smaller samples and larger
    batches a step sees many places, and learns sooner what the neighbourhood decides."""
    patch: int = Field(default=32, ge=1)
    """Pixels along a hidden patch (paper: 32)."""
    cut_cells: bool = True
    """Whether pixels are learned from whose coarse cell the sample's edge cuts. Such cells are not scaled to
    their demand; in use there are none. Without them less is learned from a sample, but nothing wrong: of 128
    pixels along a sample two thirds remain, of 64 four tenths."""
    accumulate: int = Field(default=1, ge=1)
    """Batches whose gradients are averaged into one step."""
    validation_samples: int = Field(default=8, ge=0)
    learning_rate: float = Field(default=2e-3, gt=0)
    heads_rate: float = Field(default=1.0, gt=0)
    """Learning rate of the parts that are not the U-Net, as a multiple of ``learning_rate``: they are few
    numbers, each of which all pixels agree on."""
    weight_decay: float = Field(default=1e-2, ge=0)
    warm_up: float = Field(default=0.05, ge=0, lt=1)
    """Share of the steps over which the learning rate rises; it then falls along a cosine."""
    gradient_clip: float = Field(default=1.0, gt=0)
    class_balance: float = Field(default=0.0, ge=0, le=1)
    """Exponent of the inverse class frequency in the loss."""
    change_weight: float = Field(default=1.0, gt=0)
    """Weight in the loss of pixels that changed against their visible prior."""
    area_term: float = Field(default=0.0, ge=0)
    """Weight in the loss of the error of the coarse cells' class fractions
    (``pylandbc.learn.change_terms``)."""
    tversky_term: float = Field(default=0.0, ge=0)
    """Weight in the loss of the overlap of predicted and observed change, beside the same."""
    favour_change: float = Field(default=0.0, ge=0)
    """Log-odds by which the exported logits favour change over the visible prior's class. Where accuracy
    hardly feels it the figure of merit gains much; choose it on validation blocks. Needs the residual
    head."""
    freeze_statistics: float = Field(default=1.0, ge=0, le=1)
    """Share of the steps after which BatchNorm uses its running statistics, as in evaluation; 1 never."""
    average: float = Field(default=0.0, ge=0, lt=1)
    """Decay of the moving average of the weights that is kept and scored; 0 keeps the last step's."""
    corruption: float = Field(default=0.0, ge=0, le=1)
    """Share of samples whose prior gets the emulator's own confusions (``pylandbc.learn.corruption``)."""
    patience: int | None = Field(default=None, ge=1)
    """Epochs without a lower validation loss after which training stops; the best epoch's weights are kept.
    None: all epochs, and the last one's weights."""
    seed: int = 0
    devices: int = Field(default=1, ge=1)
    """Processes of this machine, each with its own GPU (or its share of the CPU)."""
    nodes: int = Field(default=1, ge=1)
    """Machines; a batch queue starts the processes (Lightning reads SLURM, PBS, torchrun)."""
    precision: Literal["32-true", "bf16-mixed"] = "32-true"
    threads: int | None = Field(default=None, ge=1)
    """Threads of torch; None leaves its setting."""
    workers: int = Field(default=0, ge=0)
    device: Literal["auto", "cpu", "cuda"] = "auto"

    @model_validator(mode="after")
    def _patience_needs_validation(self) -> TrainConfig:
        if self.patience is not None and not self.validation_samples:
            raise ValueError("patience needs validation_samples")
        return self

    @model_validator(mode="after")
    def _favour_needs_residual(self) -> TrainConfig:
        if self.favour_change and not self.residual:
            raise ValueError("favour_change needs the residual head")
        return self

    @model_validator(mode="after")
    def _parts_to_leave_out(self) -> TrainConfig:
        if self.neighbours and self.network != "multiscale":
            raise ValueError("neighbours: only the network multiscale has them")
        if self.neighbours_by_direction and not self.neighbours:
            raise ValueError("neighbours_by_direction: needs neighbours: true")
        if self.leave_out and self.network != "multiscale":
            raise ValueError(
                f"leave_out {', '.join(self.leave_out)}: only the network multiscale has these parts"
            )
        if self.inputs == "hilda_transitions" and self.network != "multiscale":
            raise ValueError("inputs hilda_transitions: only the network multiscale can take them")
        if self.demand_by == "transitions" and self.inputs != "hilda_transitions":
            raise ValueError("demand_by transitions: needs inputs that tell them (hilda_transitions)")
        if self.scenario_change and (self.network != "multiscale" or not changing(self.spec())):
            raise ValueError(
                "scenario_change: needs the network multiscale and inputs with fractions of both years "
                "(hilda_fractions)"
            )
        if self.history and self.network != "multiscale":
            raise ValueError("history: only the network multiscale can take it")
        if self.heads_first and self.network != "multiscale":
            raise ValueError("prelude.heads_only: only the network multiscale has such heads")
        if not self.cut_cells and min(stage.size for stage in self.stages) < 64:
            raise ValueError("cut_cells: false needs samples of 64 pixels or more, which hold whole cells")
        if "change_head" in self.leave_out and not self.residual:
            raise ValueError("leave_out change_head: without the residual head there is none")
        return self

    @model_validator(mode="after")
    def _land_use_alone(self) -> TrainConfig:
        if self.quantity == "land_use" and not self.second_head:
            return self
        unrolled = any(stage.unroll > 1 for stage in self.stages)
        for name, used in (
            ("unroll", unrolled),
            ("neighbours", self.neighbours),
            ("leave_out", self.leave_out),
            ("prelude.heads_only", self.heads_first),
            ("scenario_change", self.scenario_change),
            ("history", self.history),
        ):
            if used:
                raise ValueError(f"{name} belongs to land use alone, without a second head")
        return self

    @model_validator(mode="after")
    def _land_cover(self) -> TrainConfig:
        cover = self.quantity == "land_cover"
        if self.inputs is not None and (self.inputs == "land_cover") != cover:
            raise ValueError(f"inputs {self.inputs} do not belong to quantity {self.quantity}")
        if (cover or self.second_head) and self.network != "multiscale":
            raise ValueError("land cover needs network: multiscale")
        if (cover or self.second_head) and self.demand_rounds:
            raise ValueError("demand_rounds scales land use alone")
        if self.second_head:
            if cover or self.inputs in ("luh2", "hilda_transitions"):
                raise ValueError("second_head belongs to quantity land_use with inputs hilda_fractions")
            if self.class_balance or self.corruption:
                raise ValueError("second_head goes without class_balance and corruption")
        return self

    @property
    def stages(self) -> tuple[Samples, ...]:
        """Those of the prelude, if there are any, and the rest."""
        if self.prelude is None:
            return (self,)
        return (*([self.prelude] if isinstance(self.prelude, Prelude) else self.prelude), self)

    @property
    def heads_first(self) -> bool:
        """Whether the U-Net is silent in a stage."""
        return any(isinstance(stage, Prelude) and stage.heads_only for stage in self.stages)

    def stage(self, epoch: int) -> int:
        """Which of the stages an epoch belongs to; the last one's where it is beyond all."""
        before = 0
        for number, stage in enumerate(self.stages):
            before += stage.epochs
            if epoch < before:
                return number
        return len(self.stages) - 1

    @property
    def steps(self) -> int:
        """Steps of the whole run."""
        turn = self.devices * self.nodes
        return sum(
            s.epochs * -(-(s.samples_per_epoch // (s.batch_size * turn)) // self.accumulate)
            for s in self.stages
        )

    def spec(self, head: str | None = None) -> InputSpec:
        """The inputs in channel order; with a second head those of the one that is named."""
        if self.second_head:
            return joint_inputs(head or self.quantity)
        spec = CONFIGURATIONS[self.inputs or DEFAULT_INPUTS[self.quantity]]()
        return with_history(spec) if self.history else spec

    def cube_path(self, part: Part, root: Path) -> Path:
        """The part's cube: ``${NAME}`` and ``~`` expanded, relative ones below ``root``."""
        path = Path(os.path.expandvars(part.cube)).expanduser()
        return path if path.is_absolute() else root / path


def parse(content: Any, where: str) -> TrainConfig:
    """A checked configuration of a land-use or land-cover emulator."""
    return checked(TrainConfig, content, where)


def load_config(path: Path) -> TrainConfig:
    """Read and check a YAML configuration; ``InputError`` names every key at fault."""
    return load(TrainConfig, path)
