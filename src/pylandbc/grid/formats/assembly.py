"""From polygons as read to a checked mesh.

Order: mask, units and ranges, nearness to the window, repeated corners, degenerate and clockwise cells, size,
ids, overlaps, centres. Repairs are warned of (`MeshRepairWarning`) and listed in ``kind["repairs"]``; with a
window only cells near it are checked.
"""

from __future__ import annotations

import warnings

import numpy as np

from pylandbc.errors import InputError
from pylandbc.grid.formats.angles import refuse_mislabelled_radians
from pylandbc.grid.formats.cells import Cells
from pylandbc.grid.formats.overlapping import refuse_crossed, refuse_overlaps
from pylandbc.grid.formats.repair import drop_masked, merge_corners, orient, pad
from pylandbc.grid.mesh import Mesh, circles_touch, unwrap
from pylandbc.grid.sphere import lon_lat, unit_vectors
from pylandbc.grid.window import Rectangle

_CHUNK = 500_000
"""Cells looked at together when those near a window are picked: 50 MB for each corner."""


class MeshRepairWarning(UserWarning):
    """A mesh had faults that were put right."""


def assemble(cells: Cells, window: Rectangle | None = None) -> Mesh:
    """A mesh from polygons as read.

    Parameters
    ----------
    cells
        As read; changed in place.
    window
        Only the cells that may overlap it are kept and checked.

    Returns
    -------
    Mesh
        Sorted by id. ``kind`` names the format, ``global_cells`` (of the whole file), and, where there are
        any, ``masked`` (cells left out) and ``repairs`` (sentences).

    Raises
    ------
    InputError
        Where the polygons cannot be used; the sentence names the first cell at fault and the remedy.
    """
    total = cells.kind.pop("global_cells", len(cells))
    if not len(cells):
        raise _far(cells, window) if window is not None else InputError(f"{cells.title} has no cells")
    masked = drop_masked(cells)
    _check_ranges(cells)
    pad(cells)
    if window is not None:
        largest = max(float(np.nanmax(np.abs(cells.lon))), float(np.nanmax(np.abs(cells.lat))))
        cells.keep(_near(cells, window))
        if not len(cells):
            raise _far(cells, window, largest)
    merge_corners(cells)
    refuse_crossed(unit_vectors(cells.lon, cells.lat), cells.cell_id, cells.title)
    orient(cells)
    _refuse_giants(cells)
    mesh = _mesh(cells)
    refuse_overlaps(mesh, cells.title)
    mesh.kind["global_cells"] = int(total)
    if masked:
        mesh.kind["masked"] = masked
    if cells.repairs:
        mesh.kind["repairs"] = list(cells.repairs)
        for sentence in cells.repairs:
            warnings.warn(f"{cells.title}: {sentence}", MeshRepairWarning, stacklevel=3)
    return mesh


def _far(cells: Cells, window: Rectangle | None, largest: float | None = None) -> InputError:
    sentence = f"{cells.title} has no cell near the window {window}; is it another region?"
    if largest is not None and largest <= 2 * np.pi:
        sentence += (
            f" All its coordinates lie within {largest:.4g}: if they are radians, correct the units attribute"
        )
    return InputError(sentence)


def _check_ranges(cells: Cells) -> None:
    used = np.arange(cells.lon.shape[1]) < cells.count[:, None]
    bad = used & ~(np.isfinite(cells.lon) & np.isfinite(cells.lat))
    if bad.any():
        cell = int(np.argmax(bad.any(axis=1)))
        raise InputError(
            f"{cells.title}: cell id {cells.cell_id[cell]} has a missing corner coordinate; mask "
            "the cell or complete it"
        )
    lon, lat = cells.lon[used], cells.lat[used]
    if lat.size and (np.abs(lat).max() > 90 + 1e-6 or np.abs(lon).max() > 720 + 1e-6):
        cell = int(
            np.argmax(
                (used & ((np.abs(cells.lat) > 90 + 1e-6) | (np.abs(cells.lon) > 720 + 1e-6))).any(axis=1)
            )
        )
        raise InputError(
            f"{cells.title}: cell id {cells.cell_id[cell]} has a corner at longitude "
            f"{cells.lon[cell][used[cell]].tolist()}, latitude "
            f"{cells.lat[cell][used[cell]].tolist()} degrees; "
            "latitudes end at 90. Check units, and which variable is the longitude"
        )
    refuse_mislabelled_radians(lon, lat, cells.title)
    cells.lat = np.clip(cells.lat, -90.0, 90.0)


def _near(cells: Cells, window: Rectangle) -> np.ndarray:
    parts = [slice(i, i + _CHUNK) for i in range(0, len(cells), _CHUNK)]
    return np.concatenate([circles_touch(unit_vectors(cells.lon[p], cells.lat[p]), window) for p in parts])


def _refuse_giants(cells: Cells) -> None:
    """A cell that reaches round the globe comes from a wrong corner."""
    corners = unit_vectors(cells.lon, cells.lat)
    used = np.arange(corners.shape[1]) < cells.count[:, None]
    centre = (corners * used[:, :, None]).sum(axis=1, keepdims=True)
    centre /= np.maximum(np.linalg.norm(centre, axis=2, keepdims=True), 1e-300)
    least = (corners @ centre.transpose(0, 2, 1))[:, :, 0].min(axis=1)
    giant = ~(least > 0.05)
    if giant.any():
        cell = int(np.argmax(giant))
        raise InputError(
            f"{cells.title}: {int(giant.sum())} cell(s) reach over nearly a hemisphere or more, the "
            "first is cell id "
            f"{cells.cell_id[cell]} with longitudes {np.round(cells.lon[cell], 3).tolist()}, latitudes "
            f"{np.round(cells.lat[cell], 3).tolist()}; check its corners"
        )


def _mesh(cells: Cells) -> Mesh:
    order = np.argsort(cells.cell_id, kind="stable")
    cells.keep(order)
    again = np.flatnonzero(np.diff(cells.cell_id) == 0)
    if again.size:
        raise InputError(
            f"{cells.title}: {again.size} cell id(s) are given twice, the first is "
            f"{cells.cell_id[again[0]]}; ids must be unique"
        )
    lon, lat = _centres(cells)
    return Mesh(
        cells.cell_id,
        unwrap(cells.lon, lon),
        cells.lat,
        cells.count.astype(np.int32),
        lon,
        lat,
        dict(cells.kind),
    )


def _centres(cells: Cells) -> tuple[np.ndarray, np.ndarray]:
    """Centres of the file where they lie in their cell's circle, else the normalised means of the corners."""
    corners = unit_vectors(cells.lon, cells.lat)
    used = np.arange(corners.shape[1]) < cells.count[:, None]
    mean = (corners * used[:, :, None]).sum(axis=1)
    mean /= np.linalg.norm(mean, axis=1, keepdims=True)
    lon, lat = lon_lat(mean)
    if cells.centre_lon is None or cells.centre_lat is None:
        return lon, lat
    given = np.isfinite(cells.centre_lon) & np.isfinite(cells.centre_lat)
    given &= np.abs(np.nan_to_num(cells.centre_lat)) <= 90.0
    there = unit_vectors(np.where(given, cells.centre_lon, 0.0), np.where(given, cells.centre_lat, 0.0))
    radius = np.linalg.norm(corners - mean[:, None], axis=2).max(axis=1)
    inside = given & (np.linalg.norm(there - mean, axis=1) <= 1.5 * radius + 1e-9)
    if not inside.all():
        first = cells.cell_id[np.argmin(inside)]
        cells.repairs.append(
            f"{int((~inside).sum())} of {len(cells)} cell centre(s) were missing or lay outside "
            "their cells and were computed "
            f"from the corners; the first is cell id {first}"
        )
    turned = (np.nan_to_num(cells.centre_lon) + 180.0) % 360.0 - 180.0
    near_date_line = np.abs(np.nan_to_num(cells.centre_lon)) <= 180.0
    wrapped = np.where(near_date_line, np.nan_to_num(cells.centre_lon), turned)
    return np.where(inside, wrapped, lon), np.where(inside, np.nan_to_num(cells.centre_lat), lat)
