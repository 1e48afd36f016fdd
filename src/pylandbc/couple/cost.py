"""What a bundle's run needs: memory, tiles and operations, counted before it starts.

A handle keeps, for every pixel of its canvas (the extended window, filled up to whole tiles with their
halos), the static and climate fields in single precision and five bytes of state; for every pixel of the
extended window its native cell; and the memory of one tile's forward. Reading a bundle holds the overlaps
three times. ``tests/couple/test_cost.py`` holds these numbers against what the process takes.
"""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass
from pathlib import Path

import netCDF4
import numpy as np

from pylandbc.couple.bundle import read_bundle
from pylandbc.errors import InputError
from pylandbc.grid.window import Window

STATE = 5
"""Bytes of state by pixel and emulator: three class maps, what may change, what is known."""
OVERLAP = 16
"""Bytes of an overlap: pixel, cell, area."""
WORKSPACE = 900
"""Bytes by pixel of a tile in the network's forward (16 channels at full resolution, single precision)."""


@dataclass(frozen=True)
class Cost:
    """Bytes of one rank that holds the whole bundle, and work of one update.

    Parameters
    ----------
    pixels, canvas
        Pixels of the extended window, and of the canvas.
    tiles
        Tiles whose core holds an active pixel.
    by_pixel
        Bytes by pixel of the canvas that stay.
    held, begin
        Bytes while it runs, and at most while it begins; beside libtorch's own.
    """

    pixels: int
    canvas: int
    tiles: int
    by_pixel: int
    held: int
    begin: int


def cost(path: Path) -> Cost:
    """Count the cost of a bundle.

    Raises
    ------
    InputError
        If the directory is no bundle.
    """
    bundle = read_bundle(path)
    document = bundle.document
    core, halo, margin = document["core"], document["halo"], document["margin"]
    window = bundle.window
    inputs = [entry for one in document["emulators"] for entry in _inputs(path / one["file"])]
    extended = window.extended(margin)
    with netCDF4.Dataset(path / "mesh.nc") as mesh, netCDF4.Dataset(path / "domain.nc") as domain:
        overlaps = len(mesh.dimensions["overlap"])
        active = (domain["land_mask"][:] == 1) & (domain["land_use"][:] != 255)
    fields = sum(entry["source"] in ("static", "climate") for entry in inputs)
    statics = sum(entry["source"] == "static" for entry in inputs)
    sides = [
        (_up(first + extent, core) - first // core * core + 2 * halo)
        for first, extent in ((extended.row, extended.rows), (extended.col, extended.cols))
    ]
    pixels, canvas = extended.rows * extended.cols, sides[0] * sides[1]
    by_pixel = 4 * fields + STATE * len(document["emulators"])
    held = canvas * by_pixel + 4 * pixels + OVERLAP * overlaps + WORKSPACE * (core + 2 * halo) ** 2
    begin = held + 3 * OVERLAP * overlaps + pixels * (4 * statics + 2)
    return Cost(pixels, canvas, _tiles(active, window, extended, core), by_pixel, held, begin)


def check_memory(path: Path, limit: int) -> Cost:
    """The cost of a bundle; ``InputError`` if a run of one rank needs more than ``limit`` bytes."""
    found = cost(path)
    if found.begin > limit:
        raise InputError(
            f"{path} needs {found.begin / 1e9:.1f} GB to begin and {found.held / 1e9:.1f} GB to run on one "
            f"rank, more than {limit / 1e9:.1f} GB; use more ranks (each holds the rows of its tiles), or a "
            "part of the window"
        )
    return found


def _up(value: int, step: int) -> int:
    return -(-value // step) * step


def _inputs(archive: Path) -> list[dict]:
    with zipfile.ZipFile(archive) as content:
        name = next(n for n in content.namelist() if n.endswith("/extra/card.json"))
        return json.loads(content.read(name))["inputs"]


def _tiles(active: np.ndarray, window: Window, extended: Window, core: int) -> int:
    """Cores of the global lattice with an active pixel of the window."""
    inside = np.zeros_like(active, dtype=bool)
    row, col = window.row - extended.row, (window.col - extended.col) % 36000
    inside[row : row + window.rows, col : col + window.cols] = True
    rows, cols = np.nonzero(np.asarray(active) & inside)
    return len(np.unique((rows + extended.row) // core * 1000 + (cols + extended.col) // core))
