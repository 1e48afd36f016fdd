"""What a prediction depends on, and what its product says about where every number comes from."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

from pylandbc import __version__
from pylandbc.couple.cube_fields import CubeFields
from pylandbc.grid.tiles import CORE
from pylandbc.grid.window import Window
from pylandbc.learn.export import LoadedEmulator
from pylandbc.predict.scenario import Scenario
from pylandbc.predict.years import Years


@dataclass(frozen=True)
class Plan:
    """All that a prediction depends on, and how it is carried out.

    Parameters
    ----------
    emulator, fields, scenario
        The exported emulator, the cube with map, static fields and climate, the coarse series on the
        extended window.
    window, years
        Where, and when.
    conservation
        ``off``, ``delta`` or ``absolute``.
    probabilities, confidence, change_year
        Layers wanted beside the class map.
    core, device
        Pixels along a tile's core; where the emulator runs.
    provenance
        More attributes of the product.
    land_use
        An earlier prediction of land use that drives land cover; by default the cube's maps do.
    """

    emulator: LoadedEmulator
    fields: CubeFields
    scenario: Scenario
    window: Window
    years: Years
    conservation: str = "off"
    probabilities: bool = False
    confidence: bool = False
    change_year: bool = False
    core: int = CORE
    device: str = "cpu"
    provenance: dict[str, Any] = field(default_factory=dict)
    land_use: Path | None = None

    @property
    def classes(self) -> list[str]:
        """Names of the classes in code order."""
        return [entry["name"] for entry in self.emulator.card["classes"]]

    @property
    def quantity(self) -> str:
        """``land_use`` or ``land_cover``."""
        return self.emulator.inputs.quantity

    def signature(self) -> str:
        """What the product's bytes depend on, as JSON."""
        window = self.window
        scenario = self.scenario
        content = {
            "emulator": self.emulator.card["weights_sha256"],
            "cube": self.fields.identity,
            "scenario": [scenario.name, scenario.source, scenario.hold, scenario.years],
            "window": [window.row, window.col, window.rows, window.cols],
            "years": [self.years.state_year, *self.years.predicted],
            "conservation": self.conservation,
            "layers": [self.probabilities, self.confidence, self.change_year],
            "device": self.device.split(":")[0],
            "versions": [__version__, torch.__version__],
        }
        if self.land_use is not None:
            stat = self.land_use.stat()
            content["land_use"] = [str(self.land_use), stat.st_size, stat.st_mtime_ns]
        return json.dumps(content)

    def attributes(self, command: str) -> dict[str, Any]:
        """Global attributes: CF, and where every number comes from."""
        card, years = self.emulator.card, self.years
        what = self.quantity.replace("_", " ").capitalize()
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return {
            "Conventions": "CF-1.10",
            "title": f"{what} at 1 km, {years.predicted[0]} to {years.predicted[-1]}",
            "source": f"emulator {card['name']} {card['version']}, pylandbc {__version__}",
            "history": f"{now} {command}",
            "emulator_weights_sha256": card["weights_sha256"],
            "emulator_card_sha256": hashlib.sha256(json.dumps(card, sort_keys=True).encode()).hexdigest(),
            "cube": self.fields.identity["name"],
            "cube_fingerprint": self.fields.identity["fingerprint"],
            "scenario_name": self.scenario.name,
            "scenario_source": self.scenario.source,
            "scenario_years": f"{self.scenario.years[0]}-{self.scenario.years[-1]}",
            "scenario_policy": "hold" if self.scenario.hold else "error",
            "conservation": self.conservation,
            "state_year": years.state_year,
            "direction": "forwards" if years.direction > 0 else "backwards",
            "step_years": years.step,
            "device": self.device,
            "pylandbc_version": __version__,
            "torch_version": torch.__version__,
            "licence": card["licence"],
            **({"land_use_source": self.land_use.name} if self.land_use is not None else {}),
            **self.provenance,
        }
