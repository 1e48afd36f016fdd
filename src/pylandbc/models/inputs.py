"""Which fields an emulator takes, in which order.

An ``InputSpec`` is the list ``inputs`` of the model card (docs/contracts.md) with its groups by source. The
order of the list is the order of the channels. Five configurations are given: of land use the paper's,
driven by LUH2, the one of the shipped emulator, driven by area fractions aggregated from HILDA+, and the same
with the transitions behind them; of land cover its own, driven by the land use of the target year; and that
of both together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pylandbc.errors import InputError
from pylandbc.legend import HISTORY, HISTORY_CODES, LUH2_STATES, TRANSITIONS

YEARS = ("prior", "target")
SOURCES = ("static", "climate", "scenario", "time", "state")
QUANTITIES = ("land_use", "land_cover")
"""The class maps that an emulator can carry from year to year."""
TIME_INPUTS = ("direction", "elapsed_years")
"""The columns of the argument ``time``, in their order."""

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
    codes: int | None = None
    """Of a class map among the static inputs: codes 0 ... n-1, anything else is unknown."""

    def __post_init__(self) -> None:
        if self.source not in SOURCES:
            raise InputError(
                f"input {self.name!r} has source {self.source!r}; known sources: {', '.join(SOURCES)}"
            )
        if self.source == "scenario" and self.at not in YEARS:
            raise InputError(f"scenario input {self.name!r} must say at: prior or target, not {self.at!r}")
        if self.source == "static" and not (self.at is None or (self.codes and self.at in YEARS)):
            raise InputError(
                f"static input {self.name!r} says at: {self.at!r}; class maps alone are of prior or target"
            )
        if self.source == "time" and self.name not in TIME_INPUTS:
            raise InputError(
                f"time input {self.name!r} is not known; known time inputs: {', '.join(TIME_INPUTS)}"
            )

    def as_dict(self) -> dict[str, Any]:
        """The entry as the card writes it, without what does not apply."""
        entry: dict[str, Any] = {"name": self.name, "unit": self.unit, "source": self.source}
        if self.codes is not None:
            entry |= {"kind": "class", "codes": self.codes}
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
        if len(self.state) != 1 or self.state[0].name not in QUANTITIES:
            raise InputError(
                f"an emulator needs exactly one input of source state, named {' or '.join(QUANTITIES)}"
            )

    @classmethod
    def from_list(cls, entries: Iterable[Mapping[str, Any]]) -> InputSpec:
        """The specification that a card's ``inputs`` describes; ``InputError`` names a bad entry."""
        inputs = []
        for position, entry in enumerate(entries):
            missing = [key for key in ("name", "unit", "source") if key not in entry]
            if missing:
                raise InputError(f"inputs[{position}] of the model card lacks {', '.join(missing)}")
            optional = (entry.get(key) for key in ("at", "statistic", "codes"))
            inputs.append(Input(entry["name"], entry["unit"], entry["source"], *optional))
        return cls(tuple(inputs))

    def as_list(self) -> list[dict[str, Any]]:
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

    @property
    def quantity(self) -> str:
        """What the emulator predicts: the name of its state."""
        return self.state[0].name

    @property
    def fields(self) -> tuple[Input, ...]:
        """The static inputs that are no class maps."""
        return tuple(entry for entry in self.static if entry.codes is None)

    @property
    def maps(self) -> tuple[Input, ...]:
        """The static inputs that are class maps."""
        return tuple(entry for entry in self.static if entry.codes is not None)

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


def transition_inputs() -> InputSpec:
    """Those of the shipped emulator, and the transitions of each cell, counted up to both years."""
    plain = hilda_inputs().inputs
    told = (Input(name, "1", "scenario", at=at) for at in YEARS for name in TRANSITIONS)
    first = next(k for k, entry in enumerate(plain) if entry.source == "time")
    return InputSpec((*plain[:first], *told, *plain[first:]))


def with_history(spec: InputSpec) -> InputSpec:
    """The inputs with the land use's history as the last of the static ones."""
    entry = Input(HISTORY, "year", "static", at="prior", codes=HISTORY_CODES)
    return InputSpec((*spec.static, entry, *(e for e in spec.inputs if e.source != "static")))


_SITE = (
    Input("elevation", "m", "static"),
    Input("slope", "degree", "static"),
    Input("land_mask", "1", "static"),
    Input("sand_fraction", "1", "static"),
    Input("silt_fraction", "1", "static"),
    Input("clay_fraction", "1", "static"),
    Input("koeppen_geiger", "1", "static", codes=31),
)
_CLIMATE = (
    Input("air_temperature", "K", "climate", statistic="mean"),
    Input("precipitation_flux", "kg m-2 s-1", "climate", statistic="mean"),
)
_TIME = (Input("direction", "1", "time"), Input("elapsed_years", "year", "time"))


def land_cover_inputs() -> InputSpec:
    """Land cover: relief, soil, Koeppen-Geiger class, land use of the target year, annual climate, direction
    and span, the land cover of the other year."""
    return InputSpec(
        (
            *_SITE,
            Input("land_use", "1", "static", at="target", codes=8),
            *_CLIMATE,
            *_TIME,
            Input("land_cover", "1", "state"),
        )
    )


def joint_inputs(quantity: str = "land_use") -> InputSpec:
    """Land use and land cover together, as one head's emulator sees it: what each takes, but the land use of
    the target year, which is to be found.

    Parameters
    ----------
    quantity
        Whose prior is the state; the other's is a class map of the prior year.
    """
    other, codes = ("land_cover", 23) if quantity == "land_use" else ("land_use", 8)
    return InputSpec(
        (
            *_SITE,
            Input(other, "1", "static", at="prior", codes=codes),
            *_CLIMATE,
            *(Input(name, "1", "scenario", at="prior") for name in HILDA_FRACTIONS),
            *(Input(name, "1", "scenario", at="target") for name in HILDA_FRACTIONS),
            *_TIME,
            Input(quantity, "1", "state"),
        )
    )


CONFIGURATIONS = {
    "luh2": luh2_inputs,
    "hilda_fractions": hilda_inputs,
    "hilda_transitions": transition_inputs,
    "land_cover": land_cover_inputs,
}
"""The known configurations of one quantity by their names in a training configuration."""
