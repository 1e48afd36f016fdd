"""Which fields an emulator of a vegetation series takes, in which order: the list ``inputs`` of its card."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pylandbc.errors import InputError
from pylandbc.models.leaf_area.variables import variable

CLASS_MAPS = {"land_use": 8, "land_cover": 23, "koeppen_geiger": 31, "soil_texture_class": 13}
"""Static inputs that are class codes, and the number of their classes; what lies beyond is no class."""
WITHOUT_LEAVES = {"land_use": (0, 7), "land_cover": (0, 21, 22)}
"""Codes of ocean, inland water and permanent ice."""
STEPS_PER_YEAR = {"month": 12, "dekad": 36}


@dataclass(frozen=True)
class VegetationInputs:
    """The inputs of an emulator.

    Parameters
    ----------
    variable, step
        What is predicted, and ``month`` or ``dekad``.
    static
        Names of the fields and class maps of the argument ``static``.
    climate
        Names of the climate variables.
    climate_steps
        Steps of the climate, the target's own included.
    lags
        How many steps before the target each map of the argument ``past`` lies.
    """

    variable: str
    step: str
    static: tuple[str, ...]
    climate: tuple[str, ...]
    climate_steps: int
    lags: tuple[int, ...]

    def __post_init__(self) -> None:
        variable(self.variable)
        if self.step not in STEPS_PER_YEAR:
            raise InputError(f"a step is month or dekad, not {self.step!r}")
        if not self.lags or min(self.lags) < 1 or len(set(self.lags)) < len(self.lags):
            raise InputError(f"lags must be distinct and at least 1, got {list(self.lags)}")
        if self.climate and self.climate_steps < 1:
            raise InputError("climate inputs need at least one step")

    @property
    def fields(self) -> tuple[str, ...]:
        """Static inputs that are numbers."""
        return tuple(name for name in self.static if name not in CLASS_MAPS)

    def as_list(self, units: Mapping[str, str], co2: bool = True) -> list[dict[str, Any]]:
        """The card's ``inputs``; ``units`` by name, 1 where absent; ``co2``: whether it was known in training
        (else a host need not give it, and 0 is passed on)."""
        of = variable(self.variable).units
        steps = {"statistic": "mean", "step": self.step, "steps": self.climate_steps}
        return [
            *({"name": n, "unit": units.get(n, "1"), "source": "static", **_kind(n)} for n in self.static),
            *({"name": n, "unit": units.get(n, "1"), "source": "climate", **steps} for n in self.climate),
            *({"name": self.variable, "unit": of, "source": "state", "lag": lag} for lag in self.lags),
            *(
                {"name": self.variable, "unit": of, "source": "climatology", "lag": lag}
                for lag in (*self.lags, 0)
            ),
            {"name": "latitude", "unit": "degrees_north", "source": "place"},
            {"name": "day_of_year", "unit": "day", "source": "time"},
            {"name": "co2", "unit": "ppm", "source": "time"} | ({} if co2 else {"constant": 0}),
        ]

    @classmethod
    def from_list(cls, entries: Iterable[Mapping[str, Any]]) -> VegetationInputs:
        """The inputs that a card lists; ``InputError`` where one is missing or does not fit."""
        by_source: dict[str, list[Mapping[str, Any]]] = {}
        for entry in entries:
            by_source.setdefault(str(entry.get("source")), []).append(entry)
        state, climate = by_source.get("state", []), by_source.get("climate", [])
        if len({entry["name"] for entry in state}) != 1:
            raise InputError("a vegetation emulator needs inputs of source state, all of one variable")
        steps = {(entry.get("step"), entry.get("steps")) for entry in climate}
        if len(steps) > 1:
            raise InputError(f"the climate inputs differ in their steps: {sorted(map(str, steps))}")
        step, number = next(iter(steps)) if steps else (None, 0)
        return cls(
            str(state[0]["name"]),
            str(step or "month"),
            tuple(entry["name"] for entry in by_source.get("static", [])),
            tuple(entry["name"] for entry in climate),
            int(number or 0),
            tuple(int(entry["lag"]) for entry in state),
        )


def _kind(name: str) -> dict[str, Any]:
    """What a card says of a static input that is a class map: its codes, and the target's year."""
    if name not in CLASS_MAPS:
        return {}
    of_year = {"at": "target"} if name in WITHOUT_LEAVES else {}
    return {"kind": "class", "codes": CLASS_MAPS[name], **of_year}
