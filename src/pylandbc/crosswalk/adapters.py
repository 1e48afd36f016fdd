"""Adapters: what a land model reads, told in terms of the targets of its cross-walk table.

An adapter is a YAML file under ``adapters/``. Its *targets* are the columns of its table; *groups* gather
targets into rows whose shares of the group sum to 1 (what sums to 100 in a model is one group); *outputs* are
the model's own variables: some rows of a group, or the category of the target that has the largest area. The
same description goes into a bundle, where the C++ engine evaluates it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from pylandbc.crosswalk.canopy import read_canopy
from pylandbc.crosswalk.tables import GENERIC, LEGENDS, data, read_table, source_matrix
from pylandbc.errors import InputError

CANOPY = ("leaf_area", "stem_area", "height_top", "height_bottom")
"""What outputs can be of rows of the canopy."""
STEMS = ("stem_keep", "stem_minimum", "height_top", "height_bottom")
"""Properties of a target beside its relative leaf area."""


@dataclass(frozen=True)
class Group:
    """Rows of targets whose shares sum to 1.

    Attributes
    ----------
    name
        Of the group.
    rows
        Name of each row and positions of its targets (none: the row is 0 unless it is `empty`).
    empty
        Position of the row that is 1 where no target of the group has any area.
    """

    name: str
    rows: dict[str, tuple[int, ...]]
    empty: int


@dataclass(frozen=True)
class Canopy:
    """What bears leaves: how a cell's leaf area is shared out (`pylandbc.crosswalk.canopy`).

    Attributes
    ----------
    group, row
        Positions of the group, and of its row, that is the land of a cell, whose mean the leaf area is.
    rows
        Name of each row and positions of its targets, of which the largest lends its properties.
    weights
        Relative leaf area of each target of each row.
    stems
        By `STEMS` each target's property: the share of the stems that a month leaves, the least stem area,
        and the canopy's heights (m). Empty where the table does not have them.
    """

    group: int
    row: int
    rows: dict[str, tuple[int, ...]]
    weights: tuple[tuple[float, ...], ...]
    stems: dict[str, tuple[tuple[float, ...], ...]]


@dataclass(frozen=True)
class Output:
    """A variable that the model reads.

    Attributes
    ----------
    name, unit, long_name
        As the model has them; the unit is ``%`` or ``1``.
    dimension
        Name of the second dimension; empty for one value a cell.
    kind
        ``share`` of a group, ``category`` of the largest target, or one of `CANOPY` of rows of the canopy.
    group, rows
        Position of the group (0 for the other kinds), and of the rows of group or canopy.
    targets, codes
        Category: targets that compete, and the code of each; 0 where none has any area.
    labels
        Name of each row.
    maximum
        Name of the upper bound that the model wants before it runs; empty for none.
    """

    name: str
    unit: str
    long_name: str
    dimension: str
    kind: str
    group: int
    rows: tuple[int, ...]
    targets: tuple[int, ...]
    codes: tuple[int, ...]
    labels: tuple[str, ...]
    maximum: str

    @property
    def scale(self) -> float:
        """100 for per cent, else 1."""
        return 100.0 if self.unit == "%" else 1.0


@dataclass(frozen=True)
class Adapter:
    """What a land model reads; see :func:`read_adapter`."""

    name: str
    title: str
    table: str
    targets: tuple[str, ...]
    groups: tuple[Group, ...]
    outputs: tuple[Output, ...]
    canopy: Canopy | None = None

    def output(self, name: str) -> Output:
        """The output of that name; ``InputError`` names those that there are."""
        for output in self.outputs:
            if output.name == name:
                return output
        raise InputError(
            f"adapter {self.name} has no output {name!r}; it has {', '.join(o.name for o in self.outputs)}"
        )

    def matrix(self, legend: str) -> NDArray[np.float64]:
        """Shares (zone, target, class) of the adapter's targets in the classes of a legend.

        Parameters
        ----------
        legend
            One of :data:`pylandbc.crosswalk.tables.LEGENDS`.

        Returns
        -------
        numpy.ndarray
            Each column sums to 1 within rounding.
        """
        model = read_table(self.table).matrix(GENERIC, self.targets)
        return np.einsum("ztg,zgk->ztk", model, source_matrix(legend))

    def document(self, legend: str) -> dict[str, Any]:
        """The description as plain data, as a bundle carries it (docs/contracts.md, "Adapter")."""
        return {
            "name": self.name,
            "title": self.title,
            "source": legend,
            "classes": list(LEGENDS[legend]),
            "targets": list(self.targets),
            "groups": [
                {"name": g.name, "rows": [list(r) for r in g.rows.values()], "empty": g.empty}
                for g in self.groups
            ],
            "outputs": [
                {
                    "name": o.name,
                    "unit": o.unit,
                    "dimension": o.dimension,
                    "labels": list(o.labels),
                    "kind": o.kind,
                    "group": o.group,
                    "rows": list(o.rows),
                    "targets": list(o.targets),
                    "codes": list(o.codes),
                    "maximum": o.maximum,
                }
                for o in self.outputs
            ],
            "canopy": None
            if self.canopy is None
            else {
                "group": self.canopy.group,
                "row": self.canopy.row,
                "rows": [list(r) for r in self.canopy.rows.values()],
                "weights": [list(w) for w in self.canopy.weights],
                **{name: [list(v) for v in values] for name, values in self.canopy.stems.items()},
            },
        }


def adapter_names() -> list[str]:
    """Names of the adapters of the package."""
    return sorted(p.name[:-5] for p in data("adapters").iterdir() if p.name.endswith(".yaml"))


@cache
def read_adapter(name: str) -> Adapter:
    """An adapter of the package.

    Raises
    ------
    InputError
        If there is none of that name.
    """
    if name not in adapter_names():
        raise InputError(f"no adapter {name!r}; there are {', '.join(adapter_names())}")
    return parse_adapter(name, data("adapters", f"{name}.yaml").read_text(encoding="utf-8"))


def parse_adapter(name: str, text: str) -> Adapter:
    """An adapter from the text of its file.

    Raises
    ------
    InputError
        If it names a target, row or group that it has not, or gives a target to two rows of a group.
    """
    words = yaml.safe_load(text)
    targets = tuple(_expand(words["targets"]))
    where = f"adapter {name}"
    groups = tuple(_group(where, key, entry, targets) for key, entry in words["groups"].items())
    canopy = _canopy(where, words["canopy"], targets, groups) if "canopy" in words else None
    outputs = tuple(
        _output(where, key, entry, targets, groups, canopy) for key, entry in words["outputs"].items()
    )
    return Adapter(name, words["title"], words["table"], targets, groups, outputs, canopy)


def _expand(names: Iterable[str]) -> list[str]:
    """``natpft_0...14`` stands for ``natpft_0`` to ``natpft_14``."""
    out: list[str] = []
    for name in names:
        found = re.fullmatch(r"(.*_)(\d+)\.\.\.(\d+)", name)
        out += [f"{found[1]}{i}" for i in range(int(found[2]), int(found[3]) + 1)] if found else [name]
    return out


def _positions(where: str, names: Iterable[str], known: tuple[str, ...], what: str) -> tuple[int, ...]:
    found = _expand(names)
    strange = [name for name in found if name not in known]
    if strange:
        raise InputError(f"{where}: {', '.join(strange)} is no {what}; there are {', '.join(known)}")
    return tuple(known.index(name) for name in found)


def _group(where: str, name: str, entry: dict[str, Any], targets: tuple[str, ...]) -> Group:
    where = f"{where}, group {name}"
    rows = _rows(where, entry, targets)
    members = [t for row in rows.values() for t in row]
    if len(set(members)) != len(members):
        raise InputError(f"{where}: a target is in two rows")
    (empty,) = _positions(where, [entry["empty"]], tuple(rows), "row")
    return Group(name, rows, empty)


def _rows(where: str, entry: dict[str, Any], targets: tuple[str, ...]) -> dict[str, tuple[int, ...]]:
    if "each" in entry:
        return {n: _positions(where, [n], targets, "target") for n in _expand(entry["each"])}
    return {n: _positions(where, members, targets, "target") for n, members in entry["rows"].items()}


def _canopy(where: str, entry: dict[str, Any], targets: tuple[str, ...], groups: tuple[Group, ...]) -> Canopy:
    where = f"{where}, canopy"
    rows = _rows(where, entry, targets)
    (group,) = _positions(where, [entry["land"][0]], tuple(g.name for g in groups), "group")
    (row,) = _positions(where, [entry["land"][1]], tuple(groups[group].rows), "row")
    known = read_canopy(entry["table"])

    def column(name: str) -> tuple[tuple[float, ...], ...]:
        return tuple(tuple(known[targets[t]][name] for t in members) for members in rows.values())

    has = STEMS[0] in next(iter(known.values()))
    return Canopy(group, row, rows, column("leaf_weight"), {n: column(n) for n in STEMS} if has else {})


def _output(
    where: str,
    name: str,
    entry: dict[str, Any],
    targets: tuple[str, ...],
    groups: tuple[Group, ...],
    canopy: Canopy | None,
) -> Output:
    where = f"{where}, output {name}"
    words = {"name": name, "unit": entry["unit"], "long_name": entry["long_name"]}
    if "dominant" in entry:
        members = _positions(where, entry["dominant"], targets, "target")
        codes = tuple(int(targets[t].rpartition("_")[2]) for t in members)
        return Output(
            **words,
            dimension="",
            kind="category",
            group=0,
            rows=(),
            targets=members,
            codes=codes,
            labels=(name,),
            maximum="",
        )
    kind = entry.get("canopy", "share")
    if kind in CANOPY:
        if canopy is None or (kind != "leaf_area" and not canopy.stems):
            raise InputError(f"{where}: the adapter has no canopy with {kind}")
        number, known = 0, tuple(canopy.rows)
    else:
        if kind != "share":
            raise InputError(f"{where}: the canopy has no {kind}; it has {', '.join(CANOPY)}")
        (number,) = _positions(where, [entry["group"]], tuple(g.name for g in groups), "group")
        known = tuple(groups[number].rows)
    rows = _positions(where, entry.get("rows", known), known, "row")
    dimension = entry.get("dimension", "")
    if not dimension and len(rows) != 1:
        raise InputError(f"{where}: {len(rows)} rows without a dimension")
    return Output(
        **words,
        dimension=dimension,
        kind=kind,
        group=number,
        rows=rows,
        targets=(),
        codes=(),
        labels=tuple(known[r] for r in rows),
        maximum=entry.get("maximum", ""),
    )
