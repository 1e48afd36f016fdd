"""The directory of a training run: what it holds, and the emulator that comes out of it.

``run.json`` (configuration, normalisation, class weights, versions, provenance of the cubes),
``curves.csv`` (one line per epoch), ``checkpoints/last.ckpt``, with early stopping
``checkpoints/best.ckpt``, and, when the run is complete, ``scores.json``.
"""

from __future__ import annotations

import csv
import hashlib
import json
import math
import platform
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

import pylandbc
from pylandbc.cube.open import Cube
from pylandbc.errors import InputError
from pylandbc.learn.checkpoint import emulator_state
from pylandbc.learn.config import TrainConfig, parse
from pylandbc.learn.loss import LandUseLoss, remove_bias
from pylandbc.legend import EMULATED
from pylandbc.models.joint import JointEmulator
from pylandbc.models.land_cover import LandCoverEmulator
from pylandbc.models.land_use import NETWORKS, LandUseEmulator
from pylandbc.models.scalings import scaling_of

RECORD = "run.json"
CURVES = "curves.csv"
CHECKPOINT = Path("checkpoints") / "last.ckpt"
BEST = Path("checkpoints") / "best.ckpt"
SCORES = "scores.json"
FORMAT_VERSION = 1
SWITCHES = ("neighbours", "neighbours_by_direction", "scenario_change")
"""Parts that only the multiscale network has."""


@dataclass
class Run:
    """A run directory and what its ``run.json`` says."""

    path: Path
    config: TrainConfig
    normalisation: dict[str, tuple[float, float]]
    class_weights: list[float]
    cubes: list[dict[str, Any]]
    versions: dict[str, str]

    def write(self) -> None:
        """Write ``run.json``."""
        self.path.mkdir(parents=True, exist_ok=True)
        content = {
            "format": "landbc-run",
            "format_version": FORMAT_VERSION,
            "config": self.config.model_dump(mode="json"),
            "normalisation": {name: list(pair) for name, pair in self.normalisation.items()},
            "class_weights": self.class_weights,
            "cubes": self.cubes,
            "versions": self.versions,
        }
        (self.path / RECORD).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> Run:
        """Read a run directory; ``InputError`` where it is not one."""
        if not (path / RECORD).is_file():
            raise InputError(f"{path} is no training run (no {RECORD} in it); make one with `pylandbc train`")
        try:
            content = json.loads((path / RECORD).read_text(encoding="utf-8"))
        except (OSError, json.JSONDecodeError) as error:
            raise InputError(
                f"{path} is not a training run ({RECORD}: {error}); make one with `pylandbc train`"
            ) from error
        if content.get("format") != "landbc-run" or content.get("format_version") != FORMAT_VERSION:
            raise InputError(
                f"{path / RECORD}: format {content.get('format')!r} {content.get('format_version')!r} "
                f"is not 'landbc-run' version {FORMAT_VERSION}"
            )
        return cls(
            path,
            parse(content["config"], str(path / RECORD)),
            {name: (pair[0], pair[1]) for name, pair in content["normalisation"].items()},
            content["class_weights"],
            content["cubes"],
            content["versions"],
        )

    def emulator(self) -> LandUseEmulator:
        """The untrained emulator of this run; its weights follow torch's seed."""
        spec, legend = self.config.spec(), EMULATED[self.config.quantity]
        about: dict[str, Any] = {
            "classes": len(legend),
            "ocean_class": legend.code("ocean"),
            "base": self.config.base,
            "residual": self.config.residual,
        }
        if self.config.second_head:
            return JointEmulator(spec, self.normalisation, **about)
        if self.config.quantity == "land_cover":
            return LandCoverEmulator(spec, self.normalisation, **about)
        return NETWORKS[self.config.network](
            spec,
            self.normalisation,
            scaling=scaling_of(spec, legend.names, self.config.demand_by, self.config.demand_rounds),
            **about,
            **{name: True for name in SWITCHES if getattr(self.config, name)},
        )

    def loss(self) -> LandUseLoss:
        """The loss of this run."""
        config = self.config
        return LandUseLoss(
            torch.tensor(self.class_weights), config.change_weight, config.area_term, config.tversky_term
        )

    def trained(self, head: str | None = None) -> tuple[LandUseEmulator, dict[str, int]]:
        """The emulator of the best checkpoint (of the last one without early stopping) without the bias of
        the loss, in evaluation mode, and how far it got; with a second head that of the one that is named."""
        state, steps = emulator_state(self.path, CHECKPOINT if self.config.patience is None else BEST)
        emulator = self.emulator()
        emulator.load_state_dict(state)
        remove_bias(emulator, self.loss())
        if emulator.scaling is not None:
            # The scaling would take back what comes before it.
            emulator.favour = self.config.favour_change
        else:
            with torch.no_grad():
                emulator.persistence_gain -= self.config.favour_change
        if isinstance(emulator, JointEmulator):
            with torch.no_grad():
                emulator.cover_gain.add_(math.log(self.config.change_weight) - self.config.favour_change)
            if head is not None:
                emulator.show(head)
        return emulator.eval(), {"steps": steps}


def describe_cube(cube: Cube, name: str) -> dict[str, Any]:
    """What the run and the card say of a cube, with the SHA-256 of its provenance."""
    text = json.dumps(cube.provenance, sort_keys=True)
    return {
        "name": name,
        "window": [cube.window.row, cube.window.col, cube.window.rows, cube.window.cols],
        "scenario_source": cube.scenario_source,
        "years": [int(cube.years.min()), int(cube.years.max())],
        "provenance_sha256": hashlib.sha256(text.encode()).hexdigest(),
        "provenance": cube.provenance,
    }


def versions() -> dict[str, str]:
    """Versions that a run depends on."""
    import lightning

    return {
        "pylandbc": pylandbc.__version__,
        "torch": str(torch.__version__),
        "lightning": lightning.__version__,
        "python": platform.python_version(),
    }


def append_curve(path: Path, row: dict[str, float]) -> None:
    """Add a line to the curves, with the header where the file is new."""
    new = not path.is_file()
    with path.open("a", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, fieldnames=list(row))
        if new:
            writer.writeheader()
        writer.writerow(row)
