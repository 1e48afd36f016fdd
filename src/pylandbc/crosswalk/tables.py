"""Cross-walk tables: what a class of a map is made of, per climate zone, kept as data with their sources.

A table is a CSV file under ``tables/``: comment lines that say what it is, where it comes from and what its
marks mean, then rows ``zones,class,mark,composition``. ``zones`` and ``class`` may name several with plus
signs (``*``: all zones); the composition is in per cent. Reading refuses a row that does not sum to 100 and a
pair of zone and class that is there twice or not at all, so that whatever is applied conserves area.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

import numpy as np
from numpy.typing import NDArray

from pylandbc.errors import InputError
from pylandbc.legend import LAND_COVER, LAND_COVER_CLASSES, LAND_COVER_GLOBAL, LAND_USE

ZONES = (
    "tropical",
    "arid_hot",
    "arid_cold",
    "subtropical",
    "temperate",
    "continental",
    "boreal",
    "polar",
    "ice",
)
"""Climate zones, groups of Koeppen-Geiger classes (``koeppen_zones.csv``)."""

GENERIC = (
    "tree_broadleaf_evergreen",
    "tree_broadleaf_deciduous",
    "tree_needleleaf_evergreen",
    "tree_needleleaf_deciduous",
    "shrub_broadleaf_evergreen",
    "shrub_broadleaf_deciduous",
    "shrub_needleleaf_evergreen",
    "shrub_needleleaf_deciduous",
    "grass",
    "pasture",
    "crop",
    "crop_c3",
    "crop_c4",
    "crop_irrigated",
    "urban",
    "bare",
    "water",
    "ice",
    "ocean",
    "unknown",
)
"""Generic plant functional types of Poulter et al. (2015), and what else covers a cell."""

LEGENDS: dict[str, tuple[str, ...]] = {
    "land_use": tuple(LAND_USE.names),
    "esa_cci": tuple(str(code) for code in LAND_COVER.codes),
    "land_cover": tuple(c.name for c in LAND_COVER_CLASSES.classes),
    "luh2": (
        *("primf", "primn", "secdf", "secdn", "urban", "c3ann", "c4ann", "c3per", "c4per", "c3nfx"),
        *("pastr", "range", "icwtr"),
    ),
}
"""Classes of the maps that can be cross-walked, in the order of their fractions.

``land_use``: of a bundle or a cube; ``esa_cci``: the 38 LCCS codes; ``land_cover``: ocean and ESA's 22 global
classes, as cubes and emulators number them; ``luh2``: the 12 states and ``icwtr``.
"""


@dataclass(frozen=True)
class Row:
    """One row of a table: where it holds, what it says, how far it is to be trusted (its mark)."""

    zones: tuple[str, ...]
    classes: tuple[str, ...]
    mark: str
    composition: dict[str, Decimal]


@dataclass(frozen=True)
class Table:
    """A cross-walk table.

    Attributes
    ----------
    name
        Name of its file without ``.csv``.
    title
        First line of its header.
    header
        The header's lines: source, DOI, meaning of the marks.
    rows
        As they stand in the file.
    """

    name: str
    title: str
    header: tuple[str, ...]
    rows: tuple[Row, ...]

    def matrix(self, classes: tuple[str, ...], targets: tuple[str, ...]) -> NDArray[np.float64]:
        """Shares (zone, target, class) of the targets in each class; each column sums to 1.

        Parameters
        ----------
        classes
            Classes wanted, in order; all of the table must be among them.
        targets
            Targets, in order.

        Raises
        ------
        InputError
            If the table lacks a class in some zone, has one twice, or names a class or target that is
            unknown.
        """
        found: dict[tuple[str, str], Row] = {}
        for row in self.rows:
            for zone in row.zones:
                for name in row.classes:
                    if name not in classes:
                        raise InputError(f"cross-walk table {self.name}: class {name!r} is not in the legend")
                    if (zone, name) in found:
                        raise InputError(
                            f"cross-walk table {self.name}: class {name!r} is there twice for zone {zone}"
                        )
                    found[zone, name] = row
        out = np.zeros((len(ZONES), len(targets), len(classes)))
        for z, zone in enumerate(ZONES):
            for k, name in enumerate(classes):
                if (zone, name) not in found:
                    raise InputError(
                        f"cross-walk table {self.name}: class {name!r} is missing for zone {zone}; add a row"
                    )
                for target, percent in found[zone, name].composition.items():
                    if target not in targets:
                        raise InputError(
                            f"cross-walk table {self.name}: {target!r} of class {name!r} is not one of "
                            f"{', '.join(targets)}"
                        )
                    out[z, targets.index(target), k] = float(percent / 100)
        return out


@cache
def read_table(name: str) -> Table:
    """A table of the package.

    Raises
    ------
    InputError
        If there is none of that name, or a row of it is not what a row is (the sentence says which).
    """
    path = data("tables", f"{name}.csv")
    if not path.is_file():
        known = sorted(p.name[:-4] for p in data("tables").iterdir() if p.name.endswith(".csv"))
        raise InputError(f"no cross-walk table {name!r}; there are {', '.join(known)}")
    return parse_table(name, path.read_text(encoding="utf-8"))


def parse_table(name: str, text: str) -> Table:
    """A table from the text of its file; raises as `read_table`."""
    lines = text.splitlines()
    header = tuple(line[1:].strip() for line in lines if line.startswith("#"))
    reader = csv.DictReader(line for line in lines if not line.startswith("#"))
    if reader.fieldnames != ["zones", "class", "mark", "composition"]:
        raise InputError(
            f"cross-walk table {name}: columns are {reader.fieldnames}, not zones,class,mark,composition"
        )
    rows = tuple(_row(name, entry) for entry in reader)
    return Table(name, header[0] if header else name, header, rows)


def _row(name: str, entry: dict[str, str]) -> Row:
    where = f"cross-walk table {name}, row {entry['zones']},{entry['class']}"
    zones = ZONES if entry["zones"] == "*" else tuple(entry["zones"].split("+"))
    unknown = sorted(set(zones) - set(ZONES))
    if unknown:
        raise InputError(f"{where}: {', '.join(unknown)} is no zone; zones are {', '.join(ZONES)}")
    composition: dict[str, Decimal] = {}
    for part in entry["composition"].split():
        target, _, percent = part.partition("=")
        try:
            composition[target] = composition.get(target, Decimal(0)) + Decimal(percent)
        except InvalidOperation:
            raise InputError(f"{where}: {part!r} is not TYPE=PERCENT") from None
    if any(percent < 0 for percent in composition.values()) or sum(composition.values()) != 100:
        raise InputError(f"{where}: the parts sum to {sum(composition.values())}, not to 100")
    return Row(zones, tuple(entry["class"].split("+")), entry["mark"], composition)


def source_matrix(legend: str) -> NDArray[np.float64]:
    """Shares (zone, generic type, class) of a legend's classes, see :data:`LEGENDS` and :data:`GENERIC`.

    Raises
    ------
    InputError
        If the legend has no table.
    """
    if legend not in LEGENDS:
        raise InputError(f"no cross-walk from legend {legend!r}; there are {', '.join(LEGENDS)}")
    if legend != "land_cover":
        return read_table(legend).matrix(LEGENDS[legend], GENERIC)
    # The cube's numbering: ocean, then the global classes.
    all_codes = read_table("esa_cci").matrix(LEGENDS["esa_cci"], GENERIC)
    out = np.zeros((len(ZONES), len(GENERIC), len(LEGENDS[legend])))
    out[:, GENERIC.index("ocean"), 0] = 1.0
    for n, code in enumerate(LAND_COVER_GLOBAL.codes, 1):
        out[:, :, n] = all_codes[:, :, LEGENDS["esa_cci"].index(str(code))]
    return out


@cache
def koeppen_zones() -> NDArray[np.int64]:
    """Index in :data:`ZONES` of each Koeppen-Geiger code 0 ... 30; -1 for 0 (none)."""
    lines = data("tables", "koeppen_zones.csv").read_text(encoding="utf-8").splitlines()
    zones = np.full(31, -1)
    for row in csv.DictReader(line for line in lines if not line.startswith("#")):
        zones[int(row["code"])] = ZONES.index(row["zone"])
    return zones


def data(*parts: str) -> Traversable:
    """A file or folder of the package's cross-walk data."""
    place: Traversable = files("pylandbc.crosswalk")
    for part in parts:
        place = place / part
    return place
