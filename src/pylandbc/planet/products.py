"""The products that a planet is given on request, by name, and what writes each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pylandbc.planet.carbon_dioxide import write_noaa_co2
from pylandbc.planet.plan import Plan

Tell = Callable[[str], None]
Writer = Callable[[Path, Plan, Tell], None]


def _co2(folder: Path, plan: Plan, tell: Tell) -> None:
    write_noaa_co2(folder / "co2_mm_mlo.txt", plan.first_year, plan.last_year, plan.seed)


PRODUCT_WRITERS: dict[str, Writer] = {"co2": _co2}
"""Product name to writer; ``transitions`` is written along with the history."""
