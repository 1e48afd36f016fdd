"""Compares every file of a cube with the checksums taken when it was written.

Says which array, which file and which chunk inside a shard is damaged, cut short or missing, and which part
of the map that is, so that a user knows whether it matters before building again.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import zarr

from pylandbc.cube.checksums import content_digest, inner_sums, read_manifest
from pylandbc.cube.completeness import chunks_inside
from pylandbc.cube.open import open_group
from pylandbc.cube.storage import file_indices, file_key, outer_shape
from pylandbc.errors import InputError
from pylandbc.progress import Tell


@dataclass(frozen=True)
class Damage:
    """One fault: array, file (relative to the array), and a sentence's rest that says what and where."""

    array: str
    key: str
    what: str

    def __str__(self) -> str:
        return f"{self.array}/{self.key}: {self.what}"


def verify_cube(path: Path, tell: Tell | None = None) -> list[Damage]:
    """All faults of a cube; none where it is as it was built.

    Parameters
    ----------
    tell
        Told the array and the share of its files that is done.

    Raises
    ------
    InputError
        Not a cube, unfinished, or built before checksums were kept.
    """
    path = Path(path)
    group = open_group(path)
    recorded = group.attrs.get("content_sha256")
    if recorded is None:
        raise InputError(f"{path} was built before checksums were kept; build it again to have them")
    names = sorted(place.parent.name for place in path.glob("*/checksums.json"))
    faults = []
    for name in names:
        faults += _verify_array(path, name, tell)
    if not faults and content_digest(path, names) != recorded:
        faults.append(
            Damage(
                ".", "checksums.json", "the lists of checksums are not those of the build (or one is gone)"
            )
        )
    return faults


def _verify_array(path: Path, name: str, tell: Tell | None) -> list[Damage]:
    try:
        records = {record["key"]: record for record in read_manifest(path, name) or []}
    except ValueError:
        return [Damage(name, "checksums.json", "cannot be read; the checksums are damaged")]
    faults = []
    for key in [k for k in records if not records[k]["index"]]:
        content = (path / name / key).read_bytes() if (path / name / key).is_file() else None
        if content is None or hashlib.sha256(content).hexdigest() != records[key]["sha256"]:
            faults.append(
                Damage(name, key, f"the array's description is {'changed' if content else 'missing'}")
            )
    if faults:
        return faults
    array = zarr.open_array(str(path / name), mode="r")
    indices = list(file_indices(array))
    for number, index in enumerate(indices):
        key = file_key(array, index)
        what = _compare(path / name / key, array, index, records.get(key))
        if what:
            faults.append(Damage(name, key, what))
        if tell is not None:
            tell(name, (number + 1) / len(indices))
    return faults


def _compare(path: Path, array: zarr.Array, index: tuple[int, ...], record: dict[str, Any] | None) -> str:
    """What is wrong with one file; empty where nothing is."""
    outer = outer_shape(array)
    start = tuple(i * n for i, n in zip(index, outer, strict=True))
    if record is None:
        return f"has no checksum ({_where(array, start, outer)})"
    if not path.is_file():
        return f"missing ({_where(array, start, outer)})"
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() == record["sha256"]:
        return ""
    cut = len(content) < record["size"]
    kind = f"cut short, {len(content)} of {record['size']} bytes" if cut else "damaged"
    if array.shards is None:
        return f"{kind} ({_where(array, start, outer)})"
    if cut:
        return f"{kind}: all its chunks are lost with the index ({_where(array, start, outer)})"
    sums, bad = inner_sums(content, len(record["chunks"])), []
    per = [s // c for s, c in zip(array.shards, array.chunks, strict=True)]
    places = list(product(*(range(n) for n in per)))
    for position in chunks_inside(array, index):
        if sums[position] != record["chunks"][position]:
            first = tuple(s + p * c for s, p, c in zip(start, places[position], array.chunks, strict=True))
            state = "missing" if sums[position] is None else "damaged"
            chunk = ", ".join(map(str, (f // c for f, c in zip(first, array.chunks, strict=True))))
            bad.append(f"chunk ({chunk}) {state} ({_where(array, first, array.chunks)})")
    return "; ".join(bad) or f"{kind} outside its chunks: the values are right, the index or padding is not"


def _where(array: zarr.Array, start: tuple[int, ...], step: tuple[int, ...]) -> str:
    """``year 0, y 512 ... 1023, x 0 ... 511`` in positions of the array's dimensions."""
    names = array.metadata.to_dict().get("dimension_names") or array.attrs.get("_ARRAY_DIMENSIONS")
    dimensions: Any = names if names is not None else [str(k) for k in range(array.ndim)]
    parts = []
    for name, first, n, extent in zip(dimensions, start, step, array.shape, strict=True):
        last = int(np.minimum(first + n, extent)) - 1
        parts.append(f"{name} {first}" if last == first else f"{name} {first} ... {last}")
    return ", ".join(parts)
