"""Where a dataset came from: file, product, version, licence, and what was noticed while reading.

Every reader writes these as attributes of the dataset that it returns, and the cube collects them with the
file's SHA-256, so that a trained emulator can name the exact bytes that it has seen.
"""

from __future__ import annotations

from pathlib import Path

import xarray as xr

FIELDS = ("file", "product", "version", "licence", "note")
"""Names of the attributes, in the order in which they are shown."""


def describe(
    dataset: xr.Dataset, path: Path, *, product: str, version: str, licence: str, note: str = ""
) -> xr.Dataset:
    """Set the provenance attributes of ``dataset`` (in place) and return it."""
    dataset.attrs.update(file=str(path), product=product, version=version, licence=licence)
    if note:
        dataset.attrs["note"] = note
    return dataset


def entry_of(attributes: dict, root: Path | None = None) -> dict[str, str]:
    """The provenance in a dataset's attributes; ``file`` relative to ``root`` where it lies below it."""
    path = Path(attributes["file"])
    entry = {name: str(attributes[name]) for name in FIELDS if attributes.get(name)}
    inside = root is not None and path.resolve().is_relative_to(Path(root).resolve())
    entry["file"] = str(path.resolve().relative_to(Path(root).resolve())) if root and inside else path.name
    return entry
