"""What a prediction depends on, and what its product says about where every number comes from."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
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

    @property
    def classes(self) -> list[str]:
        """Names of the classes in code order."""
        return [entry["name"] for entry in self.emulator.card["classes"]]

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
        return json.dumps(content)

    def attributes(self, command: str) -> dict[str, Any]:
        """Global attributes: CF, and where every number comes from."""
        card, years = self.emulator.card, self.years
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return {
            "Conventions": "CF-1.10",
            "title": f"Land use at 1 km, {years.predicted[0]} to {years.predicted[-1]}",
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
            **self.provenance,
        }
