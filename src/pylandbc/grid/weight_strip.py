"""Overlap weights of one strip of tiles: computed, written and read as one file.

A strip is as tall as a tile and goes round the globe. For each of its tiles one cell index per pixel is kept
(the cell that holds the whole pixel), and rows of (pixel, cell, fraction) for the others. A strip's file is
netCDF-4, compressed, every chunk with a checksum, and is written under a temporary name and renamed: it is
whole or not there.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np

from pylandbc.errors import InputError
from pylandbc.grid import exact
from pylandbc.grid.engines import Engine, finds_interior
from pylandbc.grid.interior import interior_owner
from pylandbc.grid.mesh import Mesh, circles_touch
from pylandbc.grid.overlap import COVERED
from pylandbc.grid.window import COLS, Rectangle
from pylandbc.whole_file import whole_file

NO_CELL = -1
"""Owner of a pixel that no cell holds alone."""
_CHUNK = 1 << 18
_COMPRESSION: dict[str, Any] = {"zlib": True, "complevel": 1, "shuffle": True, "fletcher32": True}


@dataclass(frozen=True, eq=False)
class Strip:
    """The weights of the tiles of a strip.

    Parameters
    ----------
    tiles
        Positions of the tiles in the strip, ascending (tiles,).
    owner
        Position in ``cell_id`` of the cell that holds the whole pixel, else -1; int32 (tiles, size, size).
    start
        Where the overlaps of each tile begin, int64 (tiles + 1,).
    pixel, cell, fraction
        The other overlaps: index in the tile (int32), position in ``cell_id`` (int32), part of the pixel's
        area; sorted by pixel, then cell.
    cell_id, cell_lon, cell_lat, cell_area
        The cells of the strip in ascending id: id, centre (degrees) and area (m2).
    """

    tiles: np.ndarray
    owner: np.ndarray
    start: np.ndarray
    pixel: np.ndarray
    cell: np.ndarray
    fraction: np.ndarray
    cell_id: np.ndarray
    cell_lon: np.ndarray
    cell_lat: np.ndarray
    cell_area: np.ndarray


def compute_strip(
    mesh: Mesh, row: int, size: int, tiles: np.ndarray, engine: Engine, partial: bool = False
) -> Strip:
    """The weights of tiles side by side.

    Parameters
    ----------
    mesh
        Cells near the strip.
    row, size
        First row of pixels, and pixels along a tile.
    tiles
        Positions of the tiles wanted, ascending.
    engine
        Engine that clips.
    partial
        Allow pixels that the mesh does not wholly cover.

    Raises
    ------
    InputError
        If the engine fails, cells overlap one another, or pixels are not covered (unless ``partial``).
    """
    owner = np.empty((len(tiles), size, size), dtype=np.int32)
    parts, counts = [], np.zeros(len(tiles), dtype=np.int64)
    runs = np.split(np.arange(len(tiles)), np.flatnonzero(np.diff(tiles) > 1) + 1)
    for run in runs:
        window = Rectangle(row, int(tiles[run[0]]) * size, size, len(run) * size)
        here = mesh if len(run) * size == COLS else _near(mesh, window, partial)
        clipped = _clip(here, window, engine, partial)
        position = np.searchsorted(mesh.cell_id, here.cell_id).astype(np.int32)
        owner[run] = np.moveaxis(clipped.owner.reshape(size, len(run), size), 1, 0)
        inside = owner[run] >= 0
        owner[run] = np.where(inside, position[owner[run]], NO_CELL)
        r, c = np.divmod(clipped.pixel, window.cols)
        tile, c = np.divmod(c, size)
        order = np.argsort(tile, kind="stable")
        parts.append(((r * size + c)[order], position[clipped.cell[order]], clipped.fraction[order]))
        counts[run] = np.bincount(tile, minlength=len(run))
    pixel, cell, fraction = (np.concatenate(part) for part in zip(*parts, strict=True))
    used = np.zeros(len(mesh), dtype=bool)
    used[owner[owner >= 0]] = True
    used[cell] = True
    renumber = (np.cumsum(used) - 1).astype(np.int32)
    return Strip(
        tiles=np.asarray(tiles, dtype=np.int32),
        owner=np.where(owner >= 0, renumber[owner], np.int32(NO_CELL)),
        start=np.concatenate([[0], np.cumsum(counts)]),
        pixel=pixel.astype(np.int32),
        cell=renumber[cell],
        fraction=fraction,
        cell_id=mesh.cell_id[used],
        cell_lon=mesh.lon[used],
        cell_lat=mesh.lat[used],
        cell_area=mesh.area[used],
    )


def _near(mesh: Mesh, window: Rectangle, partial: bool) -> Mesh:
    near = circles_touch(mesh.corners, window)
    # where no cell is, any one will do: it covers nothing
    return mesh.subset(near) if near.any() or not partial else mesh.subset(np.arange(1))


def _clip(mesh: Mesh, window: Rectangle, engine: Engine, partial: bool) -> exact.Clipped:
    """The overlaps with a window, fractions of every covered pixel summing to one."""
    if engine is exact:
        owner, pixel, cell, fraction = exact.clip_window(mesh, window)
    else:
        owner = np.full(window.shape, NO_CELL, dtype=np.int32)
        if not finds_interior(engine):
            owner = interior_owner(mesh, window)
        pixel, cell, fraction = engine.clip(mesh, window, np.flatnonzero(owner < 0))
        whole = fraction >= 1.0
        owner.reshape(-1)[pixel[whole]] = cell[whole]
        split = (fraction > 0) & ~whole
        order = np.lexsort((cell[split], pixel[split]))
        pixel, cell, fraction = (part[split][order] for part in (pixel, cell, fraction))
    first = np.flatnonzero(np.diff(pixel, prepend=-1))
    total = np.add.reduceat(fraction, first) if len(first) else np.empty(0)
    covered = total >= 1 - COVERED
    bare = 0 if partial else (np.count_nonzero(owner < 0) - len(first)) + np.count_nonzero(~covered)
    if bare or np.any(total > 1 + COVERED):
        what = f"does not cover {bare} pixels" if bare else "has cells that overlap one another"
        raise InputError(
            f"mesh {mesh.name} {what} between {window.south:g} and {window.north:g} N, {window.west:g} and "
            f"{window.east:g} E; weights of the globe need a mesh that covers its tiles once"
        )
    fraction = fraction / np.repeat(np.where(covered, total, 1.0), np.diff(first, append=len(pixel)))
    return exact.Clipped(owner, pixel, cell, fraction)


def write_strip(path: Path, strip: Strip, signature: str) -> None:
    """Write a strip's file; ``signature`` says of which set it is a part."""
    with whole_file(path) as temporary, netCDF4.Dataset(temporary, "w", format="NETCDF4") as file:
        file.setncattr("signature", signature)
        tiles, size, _ = strip.owner.shape
        for dimension, length in {
            "tile": tiles,
            "boundary": tiles + 1,
            "y": size,
            "x": size,
            "overlap": len(strip.pixel),
            "cell": len(strip.cell_id),
        }.items():
            file.createDimension(dimension, length)
        for variable, dimensions in _VARIABLES.items():
            values = getattr(strip, variable)
            chunks = (1, size, size) if values.ndim == 3 else (max(min(len(values), _CHUNK), 1),)
            target = file.createVariable(
                variable, values.dtype, dimensions, chunksizes=chunks, fill_value=False, **_COMPRESSION
            )
            if values.size:
                target[:] = values


_VARIABLES = {
    "tiles": ("tile",),
    "owner": ("tile", "y", "x"),
    "start": ("boundary",),
    "pixel": ("overlap",),
    "cell": ("overlap",),
    "fraction": ("overlap",),
    "cell_id": ("cell",),
    "cell_lon": ("cell",),
    "cell_lat": ("cell",),
    "cell_area": ("cell",),
}


def strip_is_complete(path: Path, signature: str) -> bool:
    """Whether the file is there, can be opened and belongs to the set."""
    try:
        with netCDF4.Dataset(path) as file:
            return bool(file.getncattr("signature") == signature and "cell_area" in file.variables)
    except (OSError, AttributeError, RuntimeError):
        return False


def read_strip(path: Path, signature: str, wanted: np.ndarray | None = None) -> Strip:
    """A strip from its file.

    Parameters
    ----------
    path, signature
        The file, and the set that it must belong to.
    wanted
        Positions of the tiles to read, ascending; all by default. Tiles that the file lacks are left out.

    Raises
    ------
    InputError
        If the file is missing, damaged or of another set.
    """
    try:
        with netCDF4.Dataset(path) as file:
            file.set_auto_mask(False)
            if file.getncattr("signature") != signature:
                raise InputError(f"{path} belongs to another set of weights; build the set again")
            tiles = file["tiles"][:]
            chosen = np.arange(len(tiles)) if wanted is None else np.flatnonzero(np.isin(tiles, wanted))
            bounds = file["start"][:]
            begin, end = (bounds[chosen[0]], bounds[chosen[-1] + 1]) if len(chosen) else (0, 0)
            owner = np.empty((len(chosen), *file["owner"].shape[1:]), dtype=np.int32)
            for at, tile in enumerate(chosen):
                owner[at] = file["owner"][tile]
            # between the first and the last tile wanted all are read; those not wanted are then dropped
            count = np.diff(bounds)
            keep = np.repeat(np.isin(np.arange(len(tiles)), chosen), count)[begin:end]
            pixel, cell, fraction = (
                file[name][begin:end][keep] if end > begin else np.empty(0, file[name].dtype)
                for name in ("pixel", "cell", "fraction")
            )
            cells = [file[name][:] for name in ("cell_id", "cell_lon", "cell_lat", "cell_area")]
            start = np.concatenate([[0], np.cumsum(count[chosen])])
            return Strip(tiles[chosen], owner, start, pixel, cell, fraction, *cells)
    except (OSError, AttributeError, RuntimeError, IndexError) as error:
        raise InputError(f"{path} is missing or damaged ({error}); build the set of weights again") from error
