"""Which fields an emulator takes, in which order.

An ``InputSpec`` is the list ``inputs`` of the model card (docs/contracts.md) with its groups by source. The
order of the list is the order of the channels. Two configurations are given: the paper's, driven by LUH2,
and the one of the shipped emulator, driven by area fractions aggregated from HILDA+.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pylandbc.errors import InputError

SOURCES = ("static", "climate", "scenario", "time", "state")
TIME_INPUTS = ("direction", "elapsed_years")
"""The columns of the argument ``time``, in their order."""

LUH2_STATES = (
    "primf",
    "primn",
    "secdf",
    "secdn",
    "urban",
    "c3ann",
    "c4ann",
    "c3per",
    "c4per",
    "c3nfx",
    "pastr",
    "range",
)
"""LUH2's twelve land-use states (Hurtt et al. 2020, GMD 13, 5425), fractions of the 0.25 degree cell."""

HILDA_FRACTIONS = (
    "urban_fraction",
    "cropland_fraction",
    "pasture_fraction",
    "forest_fraction",
    "grass_shrub_fraction",
    "other_land_fraction",
    "water_fraction",
)
"""Fractions of classes 1 to 7 among the known land pixels of a 0.25 degree cell."""


@dataclass(frozen=True)
class Input:
    """One input of an emulator: an entry of the card's ``inputs``."""

    name: str
    unit: str
    source: str
    at: str | None = None
    statistic: str | None = None

    def __post_init__(self) -> None:
        if self.source not in SOURCES:
            raise InputError(
                f"input {self.name!r} has source {self.source!r}; known sources: {', '.join(SOURCES)}"
            )
        if self.source == "scenario" and self.at not in ("prior", "target"):
            raise InputError(f"scenario input {self.name!r} must say at: prior or target, not {self.at!r}")
        if self.source == "time" and self.name not in TIME_INPUTS:
            raise InputError(
                f"time input {self.name!r} is not known; known time inputs: {', '.join(TIME_INPUTS)}"
            )

    def as_dict(self) -> dict[str, str]:
        """The entry as the card writes it, without what does not apply."""
        entry = {"name": self.name, "unit": self.unit, "source": self.source}
        if self.at is not None:
            entry["at"] = self.at
        if self.statistic is not None:
            entry["statistic"] = self.statistic
        return entry


@dataclass(frozen=True)
class InputSpec:
    """The inputs of an emulator, in card order."""

    inputs: tuple[Input, ...]

    def __post_init__(self) -> None:
        seen: set[tuple[str, str, str | None]] = set()
        for entry in self.inputs:
            key = (entry.source, entry.name, entry.at)
            if key in seen:
                raise InputError(f"input {entry.name!r} of source {entry.source!r} is listed twice")
            seen.add(key)
        if [i.name for i in self.state] != ["land_use"]:
            raise InputError("a land-use emulator needs exactly one input of source state, named land_use")

    @classmethod
    def from_list(cls, entries: Iterable[Mapping[str, Any]]) -> InputSpec:
        """The specification that a card's ``inputs`` describes; ``InputError`` names a bad entry."""
        inputs = []
        for position, entry in enumerate(entries):
            missing = [key for key in ("name", "unit", "source") if key not in entry]
            if missing:
                raise InputError(f"inputs[{position}] of the model card lacks {', '.join(missing)}")
            inputs.append(
                Input(entry["name"], entry["unit"], entry["source"], entry.get("at"), entry.get("statistic"))
            )
        return cls(tuple(inputs))

    def as_list(self) -> list[dict[str, str]]:
        """The card's ``inputs``."""
        return [entry.as_dict() for entry in self.inputs]

    def of(self, source: str) -> tuple[Input, ...]:
        """The inputs of one source, in channel order."""
        return tuple(entry for entry in self.inputs if entry.source == source)

    @property
    def static(self) -> tuple[Input, ...]:
        """Channels of the argument ``static``."""
        return self.of("static")

    @property
    def climate(self) -> tuple[Input, ...]:
        """Channels of the argument ``climate``."""
        return self.of("climate")

    @property
    def scenario(self) -> tuple[Input, ...]:
        """Channels of the argument ``scenario``."""
        return self.of("scenario")

    @property
    def time(self) -> tuple[Input, ...]:
        """The columns of the argument ``time`` that the network sees."""
        return self.of("time")

    @property
    def state(self) -> tuple[Input, ...]:
        """The categorical maps that are carried from step to step."""
        return self.of("state")

    def channels(self, classes: int) -> int:
        """Channels that enter the network: every field, one per class of the prior, and the visibility
        mask."""
        fields = len(self.static) + len(self.climate) + len(self.scenario) + len(self.time)
        return fields + classes + 1


def luh2_inputs() -> InputSpec:
    """The paper's inputs: LUH2's states, ``secma`` and ``secmb`` of the target year, relief, the masked
    prior, direction."""
    return InputSpec(
        (
            Input("elevation", "m", "static"),
            Input("bathymetry", "m", "static"),
            *(Input(name, "1", "scenario", at="target") for name in LUH2_STATES),
            Input("secma", "year", "scenario", at="target"),
            Input("secmb", "kg m-2", "scenario", at="target"),
            Input("direction", "1", "time"),
            Input("land_use", "1", "state"),
        )
    )


def hilda_inputs() -> InputSpec:
    """The shipped emulator's inputs: HILDA+ fractions of both years, relief, land mask, annual climate,
    direction and span."""
    return InputSpec(
        (
            Input("elevation", "m", "static"),
            Input("bathymetry", "m", "static"),
            Input("land_mask", "1", "static"),
            Input("air_temperature", "K", "climate", statistic="mean"),
            Input("precipitation_flux", "kg m-2 s-1", "climate", statistic="mean"),
            *(Input(name, "1", "scenario", at="prior") for name in HILDA_FRACTIONS),
            *(Input(name, "1", "scenario", at="target") for name in HILDA_FRACTIONS),
            Input("direction", "1", "time"),
            Input("elapsed_years", "year", "time"),
            Input("land_use", "1", "state"),
        )
    )


CONFIGURATIONS = {"luh2": luh2_inputs, "hilda_fractions": hilda_inputs}
"""The known configurations by the cube's ``scenario_source``."""
