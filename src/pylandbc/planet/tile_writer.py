"""The land-use history and LUH2's files of a planet, written tile by tile, with its summary of the truth."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from pylandbc.grid.window import Window
from pylandbc.planet.allocation import from_blocks
from pylandbc.planet.attainable import Attainable
from pylandbc.planet.files import HildaWriter, Luh2Writer, write_luh2_static
from pylandbc.planet.geography import coarse_within, geography, pixel_numbers
from pylandbc.planet.land_use import LandUseState, cells_of, history
from pylandbc.planet.luh2_states import TRANSITIONS, fixed_shares, luh2_fields, luh2_transitions
from pylandbc.planet.noise import white
from pylandbc.planet.plan import Plan
from pylandbc.planet.transitions import HISTORICAL, SCENARIO_START

SAMPLED = (120, 6)
"""Cells and years from which the best attainable scores are estimated while building."""
FILES = {
    "land_use": "hilda_states.nc",
    "relief": "gebco.nc",
    "temperature": "era5_data_stream-moda_stepType-avgua.nc",
    "precipitation": "era5_data_stream-moda_stepType-avgad.nc",
    "states": "states.nc",
    "static": "staticData_quarterdeg.nc",
}
"""Names of the files that every planet has."""
SCENARIO_STATES = (
    "multiple-states_input4MIPs_landState_ScenarioMIP_UofMD-planet-{name}-2-1-f_gn_2015-{end}.nc"
)
SCENARIO_LAND_USE = "hilda_states_{name}.nc"
CODES = np.array([0, 11, 22, 33, 0, 55, 66, 77], dtype=np.int16)
"""HILDA+ code of each class; forest has one by temperature."""
CONFUSED = np.array([0, 1, 3, 2, 5, 4, 6, 7], dtype=np.uint8)
"""What a class is mistaken for where the observed map flickers; others never are."""


def forest_codes(temperature: np.ndarray) -> np.ndarray:
    """HILDA+ forest type: evergreen needle in the cold, mixed, deciduous broad, evergreen broad in the
    tropics."""
    code = np.where(temperature < 280.5, 41, np.where(temperature < 283.5, 45, 44))
    return np.where(temperature > 295.0, 42, code).astype(np.int16)


def flickered(classes: np.ndarray, numbers: np.ndarray, year: int, share: float, seed: int) -> np.ndarray:
    """The map as observed in a year: a ``share`` of the pixels shows the class that it is mistaken for."""
    if share == 0:
        return classes
    return np.where(white(numbers, seed, 90, year) < share, CONFUSED[classes], classes).astype(np.uint8)


class LandUseFiles:
    """The files of one planet that need its history, open for writing."""

    def __init__(self, folder: Path, plan: Plan) -> None:
        self._plan, self._folder = plan, folder
        window, seed = plan.window, plan.seed
        span = (plan.first_year, plan.years)
        self._hilda = HildaWriter(folder / FILES["land_use"], window, *span, seed)
        self._luh2 = Luh2Writer(folder / FILES["states"], window, *span, seed)
        self._transitions: Luh2Writer | None = None
        if "transitions" in plan.products and plan.years > 1:
            self._transitions = Luh2Writer(
                folder / "transitions.nc",
                window,
                plan.first_year,
                plan.years - 1,
                seed,
                TRANSITIONS,
                product="LUH2 v2h transitions",
            )
        self._scenarios: dict[str, tuple[Luh2Writer, HildaWriter]] = {}
        length = plan.scenario_end - SCENARIO_START + 1
        for name in plan.scenarios:
            path = folder / SCENARIO_STATES.format(name=name, end=plan.scenario_end)
            product = f"LUH2 v2f, scenario {name}"
            states = Luh2Writer(path, window, SCENARIO_START, length, seed, base=2015, product=product)
            maps = folder / SCENARIO_LAND_USE.format(name=name)
            self._scenarios[name] = (states, HildaWriter(maps, window, SCENARIO_START, length, seed))
        self.attainable = Attainable(plan, *SAMPLED)
        self._icwtr = np.zeros(window.coarse_shape)
        names = (HISTORICAL, *plan.scenarios)
        kinds = ("changed", "net", "land")
        self._sums: dict[str, dict[str, dict[int, int]]] = {
            name: {kind: {} for kind in kinds} for name in names
        }

    def write(self, part: Window) -> None:
        """Compute a tile and write it to every file."""
        plan = self._plan
        land = geography(part, plan.seed)
        cells = cells_of(land, plan.first_year, plan.seed)
        forest = forest_codes(land.temperature)
        self.attainable.add(cells)
        numbers = pixel_numbers(part)
        shares = fixed_shares(part, plan.seed, plan.bias)
        branch: LandUseState | None = None
        before: LandUseState | None = None
        maps: list[np.ndarray] = []
        fields: list[dict[str, np.ndarray]] = []
        moves: list[dict[str, np.ndarray]] = []

        def observe(state: LandUseState) -> np.ndarray:
            classes = from_blocks(state.classes, part.shape)
            seen = flickered(classes, numbers, state.year, plan.flicker, plan.seed)
            return np.where(seen == 4, forest, CODES[seen])

        for state in history(cells, plan.years):
            maps.append(observe(state))
            fields.append(luh2_fields(state, shares))
            self._count(HISTORICAL, before, state)
            if before is not None and self._transitions is not None:
                moves.append(luh2_transitions(before, state, shares))
            if state.year == SCENARIO_START:
                branch = state.copy()
            before = state.copy()
        self._hilda.write(part, np.stack(maps))
        self._luh2.write(part, fields)
        if self._transitions is not None:
            self._transitions.write(part, moves)
        self._icwtr[coarse_within(part, plan.window)] = fields[0]["icwtr"].reshape(part.coarse_shape)
        for name, (states, hilda) in self._scenarios.items():
            maps, fields, before = [], [], None
            length = plan.scenario_end - SCENARIO_START + 1
            for state in history(cells, length, name, branch):
                maps.append(observe(state))
                fields.append(luh2_fields(state, shares))
                self._count(name, before, state)
                before = state.copy()
            states.write(part, fields)
            hilda.write(part, np.stack(maps))

    def _count(self, name: str, before: LandUseState | None, after: LandUseState) -> None:
        if before is None:
            return
        sums = self._sums[name]
        amounts = {
            "changed": (before.classes != after.classes).sum(),
            "net": np.abs(after.counts - before.counts).sum() // 2,
            "land": (after.classes != 0).sum(),
        }
        for key, amount in amounts.items():
            sums[key][after.year] = sums[key].get(after.year, 0) + int(amount)

    def truth(self) -> dict[str, Any]:
        """Gross and net change, per cent of the land a year; net within each 0.25 degree cell."""
        out: dict[str, Any] = {}
        for name, sums in self._sums.items():
            land = sum(sums["land"].values())
            if not land:
                continue
            out[name] = {
                "gross_percent_per_year": round(100 * sum(sums["changed"].values()) / land, 4),
                "net_percent_per_year": round(100 * sum(sums["net"].values()) / land, 4),
                "changed_pixels": sums["changed"],
                "net_pixels": sums["net"],
                "land_pixels": max(sums["land"].values()),
            }
        return out

    def close(self) -> None:
        """Finish the files."""
        for file in (self._hilda, self._luh2, self._transitions):
            if file is not None:
                file.close()
        for states, hilda in self._scenarios.values():
            states.close()
            hilda.close()
        write_luh2_static(self._folder / FILES["static"], self._plan.window, self._icwtr, self._plan.seed)
