"""Adds adapters to a copy of the small bundle, with climate zones of a closed form."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import netCDF4
import numpy as np

from pylandbc.couple.adapter_file import adapter_file, bounds, possible, write_adapter
from pylandbc.crosswalk import LEGENDS, ZONES, read_adapter


def zones(cells: int) -> np.ndarray:
    """A temperate and a boreal share (cells, zone) that differ from cell to cell."""
    out = np.zeros((cells, len(ZONES)))
    out[:, ZONES.index("boreal")] = np.arange(cells) / (2 * cells)
    out[:, ZONES.index("temperate")] = 1 - out[:, ZONES.index("boreal")]
    return out


def leaf_months(cells: int) -> np.ndarray:
    """A mean year of leaf area index (12, cells) that differs from cell to cell."""
    season = 1.5 - np.cos(2 * np.pi * (np.arange(12) + 0.5) / 12)
    return season[:, None] * (1 + np.arange(cells) / cells)


def add(
    bundle: Path,
    folder: Path,
    names: tuple[str, ...],
    crop_bound: float | None = None,
    source: str = "land_use",
) -> Path:
    """A bundle in `folder` like `bundle`, with adapters that start from a quantity's classes; ``crop_bound``
    replaces CTSM's PCT_CROP_MAX."""
    shutil.copytree(bundle, folder)
    with netCDF4.Dataset(folder / "mesh.nc") as mesh:
        cells = len(mesh.dimensions["cell"])
    classes = len(LEGENDS[source])
    land = np.full((cells, classes), 1 / classes)
    manifest = json.loads((folder / "bundle.json").read_text())
    for name in names:
        adapter = read_adapter(name)
        maxima = bounds(adapter, source, zones(cells), possible(land, 0))
        if crop_bound is not None and name == "ctsm":
            maxima["PCT_CROP_MAX"][:] = crop_bound
        path = folder / adapter_file(name)
        stems = any(output.kind == "stem_area" for output in adapter.outputs)
        write_adapter(path, adapter, source, zones(cells), maxima, leaf_months(cells) if stems else None)
        manifest["files"][path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
    manifest["adapters"] = list(names)
    (folder / "bundle.json").write_text(json.dumps(manifest, indent=2))
    return folder
