"""The directory of a run of a vegetation emulator: files as of :mod:`pylandbc.learn.run`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pylandbc.errors import InputError
from pylandbc.learn.checkpoint import emulator_state
from pylandbc.learn.leaf_area.config import VegetationConfig, parse
from pylandbc.learn.run import CHECKPOINT, FORMAT_VERSION, RECORD
from pylandbc.models.leaf_area.emulator import VegetationEmulator
from pylandbc.models.leaf_area.networks import NETWORKS


@dataclass
class VegetationRun:
    """A run directory and what its ``run.json`` says."""

    path: Path
    config: VegetationConfig
    normalisation: dict[str, tuple[float, float]]
    units: dict[str, str]
    regions: list[dict[str, Any]]
    versions: dict[str, str]

    def write(self) -> None:
        """Write ``run.json``."""
        self.path.mkdir(parents=True, exist_ok=True)
        content = {
            "format": "landbc-run",
            "format_version": FORMAT_VERSION,
            "quantity": self.config.quantity,
            "config": self.config.model_dump(mode="json"),
            "normalisation": {name: list(pair) for name, pair in self.normalisation.items()},
            "units": self.units,
            "regions": self.regions,
            "versions": self.versions,
        }
        (self.path / RECORD).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> VegetationRun:
        """Read a run directory; ``InputError`` where it is not one of a vegetation emulator."""
        if quantity_of_run(path) == "land_use":
            raise InputError(f"{path} is not a run of a vegetation emulator; make one with `pylandbc train`")
        content = json.loads((path / RECORD).read_text(encoding="utf-8"))
        return cls(
            path,
            parse(content["config"], str(path / RECORD)),
            {name: (pair[0], pair[1]) for name, pair in content["normalisation"].items()},
            content["units"],
            content["regions"],
            content["versions"],
        )

    def emulator(self) -> VegetationEmulator:
        """The untrained emulator of this run; its weights follow torch's seed."""
        return NETWORKS[self.config.network](self.config.inputs(), self.normalisation, self.config.base)

    def trained(self) -> tuple[VegetationEmulator, int]:
        """The emulator of the last checkpoint in evaluation mode, and its number of steps."""
        state, steps = emulator_state(self.path, CHECKPOINT)
        emulator = self.emulator()
        emulator.load_state_dict(state)
        return emulator.eval(), steps


def quantity_of_run(path: Path) -> str:
    """What a run trained, ``land_use`` where it does not say or is no run (its reader then complains)."""
    try:
        return str(json.loads((Path(path) / RECORD).read_text(encoding="utf-8")).get("quantity", "land_use"))
    except (OSError, json.JSONDecodeError):
        return "land_use"
