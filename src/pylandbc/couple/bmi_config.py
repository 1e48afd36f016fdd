"""The configuration file of the BMI component: YAML, checked before anything is loaded."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import cftime
from pydantic import BaseModel, ConfigDict, Field

from pylandbc.configuration import load
from pylandbc.errors import InputError

Moment = Annotated[list[int], Field(min_length=3, max_length=4)]
"""Year, month, day and, where it is not 0, second of the day."""


class BmiConfig(BaseModel):
    """What the file may say; only ``bundle`` must be there.

    Attributes
    ----------
    bundle
        Directory of the bundle, relative to the file.
    start, end
        Year, month, day and optionally second of the day. By default 1 January of the bundle's state year,
        and 1 January after the last year of its scenario.
    time_step
        Seconds of an update.
    names
        Other names for variables, e.g. CSDMS Standard Names: own name to name wanted.
    recording, restart
        Files, relative to the configuration file.
    calendar, device, device_graphs, threads, missing, scenario, ranges, absent, from_bundle, record
        As `Coupler` takes them.
    """

    model_config = ConfigDict(extra="forbid")

    bundle: Path
    calendar: Literal["standard", "proleptic_gregorian", "noleap", "360_day"] = "standard"
    start: Moment | None = None
    end: Moment | None = None
    time_step: int = Field(default=86400, ge=1, le=366 * 86400)
    names: dict[str, str] = {}
    device: str = "cpu"
    device_graphs: bool = False
    threads: int = Field(default=0, ge=0)
    recording: Path | None = None
    restart: Path | None = None
    missing: Literal["error", "hold"] = "error"
    scenario: Literal["error", "hold"] = "error"
    ranges: Literal["warn", "error", "off"] = "warn"
    absent: Literal["error", "nearest"] = "error"
    from_bundle: list[str] = []
    record: Literal["steps", "updates"] = "steps"


def read_config(path: Path) -> BmiConfig:
    """Read a configuration; paths come back relative to its folder.

    Raises
    ------
    InputError
        If the file cannot be read or an entry is unknown, missing or of another kind.
    """
    config = load(BmiConfig, path)
    folder = path.parent
    for name in ("bundle", "recording", "restart"):
        value = getattr(config, name)
        if value is not None:
            setattr(config, name, folder / value)
    return config


def moment(values: list[int], calendar: str, what: str) -> cftime.datetime:
    """A date of the calendar; ``InputError`` where it has none."""
    year, month, day, second = [*values, 0][:4]
    if not 0 <= second < 86400:
        raise InputError(f"{what}: second {second} is not within a day")
    try:
        return cftime.datetime(
            year, month, day, second // 3600, second // 60 % 60, second % 60, calendar=calendar
        )
    except ValueError as error:
        raise InputError(
            f"{what}: {year}-{month}-{day} is no day of the calendar {calendar} ({error})"
        ) from error
