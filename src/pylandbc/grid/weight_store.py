"""Global overlap weights on disk, and the overlaps of any window out of them.

A set is a directory: ``weights.json`` says what it holds (format, mesh, engine, which tiles), and
``strip_NNNNN.nc``, named by its first row of pixels, holds one strip of tiles (see `weight_strip`). Reading a
window touches only the strips and tiles that it meets.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pylandbc.errors import InputError
from pylandbc.grid.mesh import Mesh
from pylandbc.grid.overlap import OverlapSet
from pylandbc.grid.weight_strip import Strip, read_strip, strip_is_complete
from pylandbc.grid.window import COLS, ROWS, Rectangle
from pylandbc.whole_file import whole_file

FORMAT = "landbc-weight-store"
FORMAT_VERSION = 1
_DESCRIPTION = "weights.json"
_SAME_PLACE = 1e-6
"""Degrees; and relative, for areas: cells that differ by more are other cells."""


@dataclass(frozen=True, eq=False)
class WeightStore:
    """A global set of overlap weights.

    Parameters
    ----------
    path
        The directory.
    mesh
        What the mesh is, as in ``Mesh.kind``, and its name or fingerprint.
    engine
        Name and version of the engine.
    tiles
        Which tiles the set holds, bool (18000 / size, 36000 / size).
    partial
        Whether pixels may be covered in part, or not at all.
    """

    path: Path
    mesh: dict[str, Any]
    engine: str
    tiles: np.ndarray
    partial: bool = False

    @classmethod
    def open(cls, path: str | Path) -> WeightStore:
        """Open a set, complete or not; ``InputError`` if it is none."""
        folder = Path(path)
        try:
            text = json.loads((folder / _DESCRIPTION).read_text())
            if text["format"] != FORMAT or text["format_version"] != FORMAT_VERSION:
                raise InputError(
                    f"{folder} is {text['format']} {text['format_version']}, this pylandbc reads {FORMAT} "
                    f"{FORMAT_VERSION}; build it again"
                )
            tiles = np.array([[letter == "1" for letter in row] for row in text["tiles"]])
            return cls(folder, text["mesh"], text["engine"], tiles, text["partial"])
        except (OSError, json.JSONDecodeError, KeyError, TypeError) as error:
            raise InputError(
                f"{folder} is no set of overlap weights ({error}); make one with `pylandbc weights build`"
            ) from error

    @property
    def size(self) -> int:
        """Pixels along a tile."""
        return COLS // self.tiles.shape[1]

    @property
    def signature(self) -> str:
        """SHA-256 of what the set holds: parts of one set share it."""
        return hashlib.sha256(self._description().encode()).hexdigest()

    def strips(self) -> list[int]:
        """First rows of the strips that have tiles, north first."""
        return [int(row) * self.size for row in np.flatnonzero(self.tiles.any(axis=1))]

    def missing(self) -> list[int]:
        """First rows of the strips that have not been computed, or whose file is damaged."""
        return [row for row in self.strips() if not self.has(row)]

    def has(self, row: int) -> bool:
        """Whether the strip that begins at a row of pixels has been computed."""
        return strip_is_complete(self.strip_path(row), self.signature)

    def strip_path(self, row: int) -> Path:
        """File of the strip that begins at a row of pixels."""
        return self.path / f"strip_{row:05d}.nc"

    def write_description(self) -> None:
        """Write ``weights.json``: whole or not at all; ranks that do it at once write the same."""
        self.path.mkdir(parents=True, exist_ok=True)
        with whole_file(self.path / _DESCRIPTION) as temporary:
            temporary.write_text(self._description(), encoding="utf-8")

    def _description(self) -> str:
        rows = ["".join("1" if tile else "0" for tile in row) for row in self.tiles]
        text = {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "mesh": self.mesh,
            "engine": self.engine,
            "partial": self.partial,
            "tiles": rows,
        }
        return json.dumps(text, indent=1, sort_keys=True) + "\n"

    def overlap(self, window: Rectangle, mesh: Mesh) -> OverlapSet:
        """The overlaps of a window.

        Parameters
        ----------
        window
            Window of the 1 km grid, within the tiles of the set.
        mesh
            The mesh, or the part of it near the window.

        Returns
        -------
        OverlapSet
            Equal to what `overlap.compute_overlap` computes with the same engine.

        Raises
        ------
        InputError
            If tiles of the window are not in the set, its strips are incomplete, or the mesh is another one.
        """
        self._check_tiles(window)
        strip_pixel, strip_cell, strip_fraction = [], [], []
        for row in range(window.row // self.size * self.size, window.row + window.rows, self.size):
            strip = read_strip(self.strip_path(row), self.signature, self._columns(window))
            position = self._positions(strip, mesh)
            pixel, cell, fraction = _concatenated(_pieces(strip, row, self.size, window))
            order = np.lexsort((cell, pixel))
            strip_pixel.append(pixel[order])
            strip_cell.append(position[cell[order]])
            strip_fraction.append(fraction[order])
        pixel, cell = np.concatenate(strip_pixel), np.concatenate(strip_cell)
        if np.any(cell < 0):
            raise InputError(
                f"mesh {mesh.name} lacks cells that the weights in {self.path} were computed with "
                f"({self.mesh}); give the mesh that they belong to"
            )
        area = np.concatenate(strip_fraction) * window.pixel_area[pixel // window.cols]
        return OverlapSet(pixel, cell, area, window.rows * window.cols, len(mesh), self.engine)

    def _columns(self, window: Rectangle) -> np.ndarray:
        """Positions in a strip of the tiles that a window meets, ascending."""
        first, last = window.col // self.size, (window.col + window.cols - 1) // self.size
        return np.unique(np.arange(first, last + 1) % self.tiles.shape[1])

    def _check_tiles(self, window: Rectangle) -> None:
        rows = np.arange(window.row // self.size, (window.row + window.rows - 1) // self.size + 1)
        absent = ~self.tiles[np.ix_(rows, self._columns(window))]
        if absent.any():
            row, col = np.argwhere(absent)[0]
            north = 90 - rows[row] * self.size / 100
            west = self._columns(window)[col] * self.size / 100 - 180
            raise InputError(
                f"the weights in {self.path} leave out {np.count_nonzero(absent)} tile(s) of the window, the "
                f"first with its north-west corner at {north:g} N, {west:g} E; build them with a greater "
                "margin around land, or without a land mask"
            )

    def _positions(self, strip: Strip, mesh: Mesh) -> np.ndarray:
        """Position in the mesh of each cell of a strip, -1 where it has none (cells,) int32."""
        at = np.minimum(np.searchsorted(mesh.cell_id, strip.cell_id), len(mesh) - 1)
        found = mesh.cell_id[at] == strip.cell_id
        apart = np.abs((mesh.lon[at] - strip.cell_lon + 180) % 360 - 180) * np.cos(np.deg2rad(mesh.lat[at]))
        other = (apart > _SAME_PLACE) | (np.abs(mesh.lat[at] - strip.cell_lat) > _SAME_PLACE)
        other |= np.abs(mesh.area[at] - strip.cell_area) > _SAME_PLACE * strip.cell_area
        if np.any(other & found):
            cell = strip.cell_id[np.flatnonzero(other & found)[0]]
            raise InputError(
                f"cell {cell} of mesh {mesh.name} lies elsewhere than in the weights in {self.path}, which "
                f"belong to {self.mesh}; give the mesh that they were computed with"
            )
        return np.where(found, at, -1).astype(np.int32)


def _pieces(
    strip: Strip, row: int, size: int, window: Rectangle
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Pixel (in the window), cell (in the strip) and fraction, tile by tile."""
    first, last = max(window.row - row, 0), min(window.row + window.rows - row, size)
    inner = np.arange(size)
    for at, tile in enumerate(strip.tiles):
        col = (int(tile) * size + inner - window.col) % COLS
        cols = np.flatnonzero(col < window.cols)
        owner = strip.owner[at, first:last][:, cols]
        start = (row + np.arange(first, last) - window.row) * window.cols
        index = start[:, None] + col[cols]
        inside = owner >= 0
        yield index[inside].astype(np.int32), owner[inside], np.ones(np.count_nonzero(inside))
        part = slice(strip.start[at], strip.start[at + 1])
        r, c = np.divmod(strip.pixel[part], size)
        kept = (r >= first) & (r < last) & (col[c] < window.cols)
        pixel = (row + r[kept] - window.row) * window.cols + col[c[kept]]
        yield pixel.astype(np.int32), strip.cell[part][kept], strip.fraction[part][kept]


def _concatenated(
    pieces: Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]],
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    pixel, cell, fraction = (np.concatenate(part) for part in zip(*pieces, strict=True))
    return pixel, cell, fraction


def all_tiles(size: int) -> np.ndarray:
    """Every tile of the globe, bool (18000 / size, 36000 / size); ``InputError`` if ``size`` does not divide
    the globe."""
    if size <= 0 or ROWS % size or COLS % size:
        raise InputError(f"tile {size} does not divide {ROWS} x {COLS} pixels")
    return np.ones((ROWS // size, COLS // size), dtype=bool)
