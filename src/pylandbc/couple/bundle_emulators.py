"""The emulators of a bundle: loaded and checked against the cube, in the order in which they run.

Where the steps of several end together (on 1 January), series of the year just ended go first, for they
belong to the land use of that year; then land use, then land cover, which sees the new land use.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pylandbc.couple.cube_fields import CubeFields
from pylandbc.errors import InputError
from pylandbc.learn.export import load, quantity_of_archive
from pylandbc.learn.leaf_area.export import load as load_series
from pylandbc.legend import HISTORY
from pylandbc.models.leaf_area.inputs import VegetationInputs
from pylandbc.models.leaf_area.variables import VARIABLES

CLASS_MAPS = ("land_use", "land_cover")
"""Quantities that are maps of classes, in the order in which their emulators run."""


@dataclass(frozen=True)
class BundledEmulator:
    """An emulator that goes into a bundle.

    Parameters
    ----------
    path
        The archive.
    card
        Its model card.
    series
        The inputs of an emulator of a vegetation series; None for one of classes.
    """

    path: Path
    card: dict[str, Any]
    series: VegetationInputs | None

    @property
    def quantity(self) -> str:
        """What it makes."""
        return str(self.card["quantity"])

    @property
    def file(self) -> str:
        """Its name in the bundle."""
        return f"{self.quantity}.pt"

    @property
    def normals(self) -> str:
        """Name in the bundle of the file of its climatology and first maps."""
        return f"{self.quantity}.nc"

    def inputs(self, source: str) -> list[dict[str, Any]]:
        """The card's inputs of a source."""
        return [entry for entry in self.card["inputs"] if entry["source"] == source]

    @property
    def entry(self) -> dict[str, str]:
        """Its entry in ``bundle.json``."""
        of_series = {"normals": self.normals} if self.series else {}
        return {"quantity": self.quantity, "step": self.card["step"], "file": self.file, **of_series}


def load_emulators(paths: Sequence[Path]) -> list[BundledEmulator]:
    """Load emulators and put them into the order in which they run.

    Raises
    ------
    InputError
        An archive or card that does not fit, two emulators of a quantity, or none of land use.
    """
    loaded = []
    for path in paths:
        if quantity_of_archive(path) in VARIABLES:
            series = load_series(path)
            loaded.append(BundledEmulator(path, series.card, series.inputs))
        else:
            loaded.append(BundledEmulator(path, load(path).card, None))
    quantities = [emulator.quantity for emulator in loaded]
    for quantity in quantities:
        if quantities.count(quantity) > 1:
            raise InputError(f"two emulators of {quantity} are given; a bundle holds one of each quantity")
    if "land_use" not in quantities:
        raise InputError("no emulator of land use is given (--emulator land-use.pt); every bundle has one")
    return sorted(loaded, key=lambda e: 1 + CLASS_MAPS.index(e.quantity) if e.quantity in CLASS_MAPS else 0)


def check_inputs(emulator: BundledEmulator, fields: CubeFields) -> None:
    """``InputError`` names what an emulator needs and the cube lacks or has in another unit."""
    for source in ("static", "scenario", "climate"):
        held = [*fields.names(source), *((*fields.class_maps, HISTORY) if source == "static" else ())]
        entries = emulator.inputs(source)
        missing = sorted({e["name"] for e in entries} - set(held))
        if missing:
            raise InputError(
                f"the emulator of {emulator.quantity} needs {source} input(s) {', '.join(missing)}, the cube "
                f"{fields.path} has {', '.join(held)}; use a cube like the one it was trained on"
            )
        for entry in entries:
            unit = fields.units.get(entry["name"], entry["unit"])
            if unit != entry["unit"]:
                raise InputError(
                    f"the emulator needs {entry['name']} in {entry['unit']!r}, the cube {fields.path} has it "
                    f"in {unit!r}; build the cube again"
                )
