"""What a bundle's run needs: memory, tiles and operations, counted before it starts.

A handle keeps its maps by blocks of 16 x 16 pixels, and only of blocks with land that may change: one byte
for that, two for each emulator of classes (the map that holds and the one in the making), two for each map of
a series that a later step sees, and the hidden state. Overlaps with the native cells are kept as runs of
pixels; static fields and climatologies stay in the bundle's files and are read tile by tile. Beside these
stands the memory of one tile's forward. Reading a bundle holds the overlaps three times.
``tests/couple/test_cost.py`` holds these numbers against a count of the process's allocations.
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

BLOCK = 16
"""Pixels along a block of a map."""
CHANGES, CLASSES, SERIES = 1, 2, 2
"""Bytes by pixel: whether it may change; the maps of an emulator of classes; each map of a series."""
BY_BLOCK = 4
"""Bytes by block of the canvas, once and for each emulator: where it lies."""
SHOWN = 2
"""Maps of a series that interpolation wants, whatever the emulator sees."""
OVERLAP = 16
"""Bytes of an overlap while a bundle is read: pixel, cell, area."""
RUN, SHARED = 16, 12
"""Bytes of a run of pixels in a cell; of a cell's share in a pixel that several cells share."""
CHUNKS = 3 << 20
"""Bytes by static field and climatology: what the reading of neighbouring tiles shares."""
WORKSPACE = 900
"""Bytes by pixel of a tile in the network's forward (16 channels at full resolution, single precision)."""


@dataclass(frozen=True)
class Cost:
    """Bytes of one rank that holds the whole bundle, and work of one update.

    Parameters
    ----------
    pixels, land, live
        Pixels of the extended window, those that may change, and those of blocks with such pixels.
    tiles
        Tiles whose core holds an active pixel.
    by_pixel
        Bytes by live pixel in maps.
    overlaps
        Bytes of the overlaps with the native cells.
    held, begin
        Bytes while it runs, and at most while it begins; beside libtorch's own.
    """

    pixels: int
    land: int
    live: int
    tiles: int
    by_pixel: float
    overlaps: int
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
    cards = [_card(path / one["file"]) for one in document["emulators"]]
    extended = window.extended(margin)
    with netCDF4.Dataset(path / "mesh.nc") as mesh:
        cell, pixel, area = (np.asarray(mesh[f"overlap_{name}"][:]) for name in ("cell", "pixel", "area"))
    with netCDF4.Dataset(path / "domain.nc") as domain:
        codes = np.asarray(domain["land_use"][:])
        active = (np.asarray(domain["land_mask"][:]) == 1) & (codes != 255)
    active &= _inside(window, extended)
    first = [extended.row // core * core - halo, extended.col // core * core - halo]
    sides = [
        _up(begin + extent, core) + halo - start
        for begin, extent, start in zip(
            (extended.row, extended.col), (extended.rows, extended.cols), first, strict=True
        )
    ]
    blocks = _blocks(active, extended.row - first[0], extended.col - first[1], sides)
    live = int(blocks.sum()) * BLOCK**2
    by_pixel = CHANGES + sum(map(_state, cards))
    fields = sum(entry["source"] in ("static", "climatology") for card in cards for entry in card["inputs"])
    # Land beyond the window never changes, and is kept once by each emulator of classes.
    still = int((~active & (codes != 255) & (codes != 0)).sum()) * sum("classes" in card for card in cards)
    runs = _runs(cell, pixel, area, any("classes" not in card for card in cards))
    held = int(live * by_pixel) + still + blocks.size * BY_BLOCK * (2 + len(cards))
    held += runs + CHUNKS * fields + WORKSPACE * (core + 2 * halo) ** 2
    pixels = extended.rows * extended.cols
    begin = held + 3 * OVERLAP * len(cell) + 12 * pixels
    return Cost(pixels, int(active.sum()), live, _tiles(active, extended, core), by_pixel, runs, held, begin)


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


def _card(archive: Path) -> dict:
    with zipfile.ZipFile(archive) as content:
        name = next(n for n in content.namelist() if n.endswith("/extra/card.json"))
        return json.loads(content.read(name))


def _state(card: dict) -> float:
    """Bytes by live pixel of an emulator's maps, and of its hidden state before and after a step."""
    if "classes" in card:
        return CLASSES
    lags = [entry["lag"] for entry in card["inputs"] if entry["source"] == "state"]
    hidden = card.get("state") or {"channels": 0, "pixels": 1}
    return SERIES * max(SHOWN, *lags) + 8 * hidden["channels"] / hidden["pixels"] ** 2


def _inside(window: Window, extended: Window) -> np.ndarray:
    inside = np.zeros((extended.rows, extended.cols), dtype=bool)
    row, col = window.row - extended.row, (window.col - extended.col) % 36000
    inside[row : row + window.rows, np.arange(col, col + window.cols) % extended.cols] = True
    return inside


def _blocks(active: np.ndarray, row: int, col: int, sides: list[int]) -> np.ndarray:
    """Which blocks of the canvas hold an active pixel."""
    canvas = np.zeros([_up(side, BLOCK) for side in sides], dtype=bool)
    canvas[row : row + active.shape[0], col : col + active.shape[1]] = active
    return np.asarray(canvas.reshape(canvas.shape[0] // BLOCK, BLOCK, -1, BLOCK).any((1, 3)))


def _runs(cell: np.ndarray, pixel: np.ndarray, area: np.ndarray, means: bool) -> int:
    """Bytes of the overlaps in both directions; ``means`` where a series wants means by cell as well."""
    count = np.bincount(pixel)
    alone = count[pixel] == 1
    owner = np.where(alone, cell, -1 - pixel)
    toward = 1 + int((np.diff(owner) != 0).sum())
    shared = int((~alone).sum())
    order = np.lexsort((pixel, cell))
    goes_on = (np.diff(cell[order]) == 0) & (np.diff(pixel[order]) == 1) & (np.diff(area[order]) == 0)
    back = 1 + int((~goes_on).sum())
    return 8 * toward + SHARED * shared + 8 * int((count > 1).sum()) + RUN * back * (2 if means else 1)


def _tiles(active: np.ndarray, extended: Window, core: int) -> int:
    """Cores of the global lattice with an active pixel."""
    rows, cols = np.nonzero(active)
    return len(np.unique((rows + extended.row) // core * 1000 + (cols + extended.col) // core))
