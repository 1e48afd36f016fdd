"""What a bundle's run needs: memory, tiles and operations, counted before it starts.

A handle keeps its maps by blocks of 16 x 16 pixels, and only of blocks with land that may change: a bit for
that, two bytes for each emulator of classes (the map that holds and the one in the making), two for each of
the two maps of a series that outputs are made of, and the hidden state. Older maps of a series lie in a
scratch file where TMPDIR has room for it. Overlaps with the native cells are kept as runs of pixels; static
fields, climatologies and the scenario stay in the bundle's files and are read tile by tile, year by year;
netCDF keeps some chunks of them.
Beside these stands the memory of one tile's forward. Reading a bundle holds the overlaps three times.
``tests/couple/test_cost.py`` holds these numbers against a count of the process's allocations.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import netCDF4
import numpy as np

from pylandbc.couple.bundle import read_bundle
from pylandbc.couple.bundle_normals import SHOWN
from pylandbc.errors import InputError
from pylandbc.grid.window import COARSE, Window
from pylandbc.learn.export import unchecked_card
from pylandbc.legend import HISTORY, UNKNOWN

BLOCK = 16
"""Pixels along a block of a map."""
CHANGES, CLASSES, SERIES = 0.125, 2, 2
"""Bytes by pixel: whether it may change; the maps of an emulator of classes; each map of a series."""
BY_BLOCK = 4
"""Bytes by block of the canvas, once and for each emulator: where it lies."""
OVERLAP = 16
"""Bytes of an overlap while a bundle is read: pixel, cell, area."""
TOWARD, ROW, SHARED = 8, 8, 12
"""Bytes of a run of pixels that one cell serves, or several alike; of a row of cells; of a cell in it."""
QUOTA = 16
"""Bytes by class and cell of 0.25 degrees of a demand that is kept."""
BACK, LONGEST = 16, 255
"""Bytes of a run of pixels in a cell that share one area with it, and the most pixels of one."""
CHUNKS = 3 << 20
"""Bytes at most of a static field's or climatology's chunks, which neighbouring tiles share, from the first
update on."""
SCENARIO = 16 << 20
"""Bytes of a scenario whose years are kept once they were read; of a larger one no year is."""
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
    kept
        Bytes between updates.
    held, begin
        Bytes during an update, and at most while it begins; beside libtorch's own.
    scratch
        Bytes in the scratch file.
    """

    pixels: int
    land: int
    live: int
    tiles: int
    by_pixel: float
    overlaps: int
    kept: int
    held: int
    begin: int
    scratch: int


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
    cards = [unchecked_card(path / one["file"]) for one in document["emulators"]]
    extended = window.extended(margin)
    with netCDF4.Dataset(path / "mesh.nc") as mesh:
        overlaps = Overlaps(*(np.asarray(mesh[f"overlap_{name}"][:]) for name in ("pixel", "cell", "area")))
    with netCDF4.Dataset(path / "scenario.nc") as scenario_file:
        years_given = len(scenario_file.dimensions["year"])
    maps = [card["quantity"] for card in cards if "classes" in card]
    # Of the run forwards; backwards it is as large.
    histories = [HISTORY] if any(e["name"] == HISTORY for card in cards for e in card["inputs"]) else []
    with netCDF4.Dataset(path / "domain.nc") as domain:
        held_maps = dict.fromkeys(("land_use", *maps, *histories))
        codes = {name: np.asarray(domain[name][:]) for name in held_maps}
        inside = extended.mask_of(window)
        active = (np.asarray(domain["land_mask"][:]) == 1) & (codes["land_use"] != UNKNOWN) & inside
    first = [extended.row // core * core - halo, extended.col // core * core - halo]
    sides = [
        _up(begin + extent, core) + halo - start
        for begin, extent, start in zip(
            (extended.row, extended.col), (extended.rows, extended.cols), first, strict=True
        )
    ]

    def blocks_of(field: np.ndarray, beyond: int) -> np.ndarray:
        return _blocks(field, extended.row - first[0], extended.col - first[1], sides, beyond)

    live = blocks_of(active, 0).any((1, 3))
    by_pixel = CHANGES + sum(CLASSES if "classes" in card else SERIES * SHOWN for card in cards)
    by_pixel += CLASSES * len(histories)
    runs = overlaps.toward() + overlaps.back(inside.ravel())
    kept = int(live.sum()) * BLOCK**2 * by_pixel + live.size * BY_BLOCK * (1 + len(cards)) + runs
    for name in (*maps, *histories):
        found = blocks_of(codes[name], 0 if name in histories else UNKNOWN)
        kept += BLOCK**2 * int((~live & (found.min((1, 3)) != found.max((1, 3)))).sum())
    coarse = extended.rows * extended.cols // COARSE**2
    pixels = extended.rows * extended.cols
    made = {entry["quantity"] for entry in document["emulators"]}
    read = {e["name"] for card in cards for e in card["inputs"] if e["source"] == "static"}
    read = read - made - {HISTORY}
    kept += min(CHUNKS, 4 * pixels) * (len(read) + len(cards) - len(maps))
    held, scratch = 0.0, 0.0
    for card in cards:
        if "classes" in card:
            scenario = sum(entry["source"] == "scenario" for entry in card["inputs"])
            kept += 4 * scenario * (coarse + sides[0] * sides[1] // COARSE**2)
            names = {entry["name"] for entry in card["inputs"] if entry["source"] == "scenario"}
            of_years = 4 * len(names) * years_given * coarse
            kept += of_years if of_years <= SCENARIO else 0
            if card["quantity"] == "land_use" and document.get("conservation", "off") != "off":
                kept += QUOTA * len(card["classes"]) * coarse
            continue
        hidden = card.get("state") or {"channels": 0, "pixels": 1}
        state = sides[0] * sides[1] // hidden["pixels"] ** 2
        kept += state * (4 * hidden["channels"] + (hidden["channels"] > 0))
        held += int(live.sum()) * BLOCK**2 * SERIES + 4 * hidden["channels"] * state
        lags = [entry["lag"] for entry in card["inputs"] if entry["source"] == "state"]
        scratch += int(live.sum()) * BLOCK**2 * SERIES * max(0, max(lags) - SHOWN)
    kept += WORKSPACE * (core + 2 * halo) ** 2
    held += kept
    begin = held + 3 * OVERLAP * overlaps.pixel.size + 12 * pixels
    return Cost(
        pixels,
        int(active.sum()),
        int(live.sum()) * BLOCK**2,
        _tiles(active, extended, core),
        by_pixel,
        runs,
        int(kept),
        int(held),
        int(begin),
        int(scratch),
    )


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


def _blocks(field: np.ndarray, row: int, col: int, sides: list[int], beyond: int) -> np.ndarray:
    """The canvas, by rows of blocks and blocks: (row of blocks, row, block, column)."""
    canvas = np.full([_up(side, BLOCK) for side in sides], beyond, dtype=field.dtype)
    canvas[row : row + field.shape[0], col : col + field.shape[1]] = field
    return canvas.reshape(canvas.shape[0] // BLOCK, BLOCK, -1, BLOCK)


@dataclass(frozen=True)
class Overlaps:
    """Overlaps of pixels with native cells, by pixel, then by cell."""

    pixel: np.ndarray
    cell: np.ndarray
    area: np.ndarray

    def toward(self) -> int:
        """Bytes of what takes climate to the pixels: runs of pixels, and rows of cells that they share."""
        start = np.flatnonzero(np.diff(self.pixel, prepend=-1))
        length = np.diff(start, append=self.pixel.size)
        weight = self.area / np.repeat(np.add.reduceat(self.area, start), length)
        several = np.flatnonzero(length > 1)
        new = np.ones(several.size, dtype=bool)
        new[1:] = np.diff(length[several]) != 0
        for k in range(int(length.max())):
            has = length[several] > k
            at = np.where(has, start[several] + k, 0)
            for values in (self.cell[at], weight[at]):
                new[1:] |= has[1:] & (np.diff(values) != 0)
        owner = self.cell[start].astype(np.int64)
        owner[several] = -np.cumsum(new)
        runs = 1 + int((np.diff(owner) != 0).sum())
        entries = int(length[several][new].sum())
        return TOWARD * (runs + 1) + ROW * (int(new.sum()) + 1) + SHARED * entries

    def back(self, inside: np.ndarray) -> int:
        """Bytes of what takes maps to the cells: runs of pixels of the window."""
        counted = inside[self.pixel]
        order = np.lexsort((self.pixel[counted], self.cell[counted]))
        pixel, cell, area = (part[counted][order] for part in (self.pixel, self.cell, self.area))
        goes_on = (np.diff(cell) == 0) & (np.diff(pixel) == 1) & (np.diff(area) == 0)
        lengths = np.diff(np.flatnonzero(np.concatenate([[True], ~goes_on])), append=pixel.size)
        return BACK * int((-(-lengths // LONGEST)).sum())


def _tiles(active: np.ndarray, extended: Window, core: int) -> int:
    """Cores of the global lattice with an active pixel."""
    rows, cols = np.nonzero(active)
    return len(np.unique((rows + extended.row) // core * 1000 + (cols + extended.col) // core))
