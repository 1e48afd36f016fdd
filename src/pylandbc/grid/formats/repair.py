"""Repairs of polygons as read: repeated corners, cells without area, clockwise cells.

What can be put right without doubt is put right and said, one sentence for each kind of fault with the number
of cells and the first id; everything else is an error of `assembly` or `overlapping`.
"""

from __future__ import annotations

import numpy as np

from pylandbc.errors import InputError
from pylandbc.grid.formats.cells import Cells
from pylandbc.grid.sphere import polygon_areas, unit_vectors

_SAME_CORNER = 1e-11
"""Corners closer than this (radian, 0.06 mm) are one."""
_SLIVER = 1e-10
"""A cell whose area is less than this part of its diameter squared has none."""


def pad(cells: Cells) -> None:
    """Fill the columns beyond each cell's corners with its last corner."""
    column = np.arange(cells.lon.shape[1])
    place = np.minimum(column, np.maximum(cells.count, 1)[:, None] - 1)
    cells.lon = np.take_along_axis(cells.lon, place, axis=1)
    cells.lat = np.take_along_axis(cells.lat, place, axis=1)


def drop_masked(cells: Cells) -> int:
    """Leave out the masked cells; returns how many."""
    if cells.masked is None or not cells.masked.any():
        return 0
    number = int(cells.masked.sum())
    if number == len(cells):
        raise InputError(
            f"{cells.title}: all {number} cells are masked; is the mask upside down (0 leaves a cell out)?"
        )
    cells.keep(~cells.masked)
    return number


def merge_corners(cells: Cells) -> None:
    """Leave out corners equal to the next one; a fault only where the layout has no such padding."""
    corners = unit_vectors(cells.lon, cells.lat)
    used = np.arange(cells.lon.shape[1]) < cells.count[:, None]
    position = np.arange(cells.lon.shape[1])
    following = np.where(position + 1 < cells.count[:, None], position + 1, 0)
    step = np.take_along_axis(corners, following[:, :, None], axis=1) - corners
    same = used & (np.linalg.norm(step, axis=2) < _SAME_CORNER)
    merged = same.any(axis=1) & (cells.count > 0)
    # corners at a pole differ in longitude only, which is how latitude-longitude grids are written
    fault = merged & ~np.any(same & (np.abs(cells.lat) > 90 - 1e-9), axis=1)
    if fault.any() and not cells.padded:
        cells.repairs.append(_sentence(cells, fault, "repeated corners, which were merged"))
    keep = used & ~same
    order = np.argsort(~keep, axis=1, kind="stable")
    cells.count = keep.sum(axis=1)
    width = max(int(cells.count.max()), 3)
    cells.lon = np.take_along_axis(cells.lon, order, axis=1)[:, :width]
    cells.lat = np.take_along_axis(cells.lat, order, axis=1)[:, :width]
    pad(cells)


def orient(cells: Cells) -> None:
    """Leave out cells without area and turn clockwise ones round."""
    flat = cells.count < 3
    corners = unit_vectors(cells.lon, cells.lat)
    area = polygon_areas(corners)
    size = np.linalg.norm(corners - corners[:, :1], axis=2).max(axis=1)
    flat |= np.abs(area) < _SLIVER * size**2
    if flat.any():
        cells.repairs.append(_sentence(cells, flat, "no area (degenerate) and were left out"))
        if flat.all():
            raise InputError(
                f"{cells.title}: no cell has an area; are corner coordinates and connectivity right?"
            )
        cells.keep(~flat)
        area = area[~flat]
    clockwise = area < 0
    if clockwise.any():
        cells.repairs.append(_sentence(cells, clockwise, "clockwise corners and were turned round"))
        position = np.arange(cells.lon.shape[1])
        back = np.where(position < cells.count[:, None], cells.count[:, None] - 1 - position, 0)
        for name in ("lon", "lat"):
            values = getattr(cells, name)
            turned = np.take_along_axis(values, back, axis=1)
            setattr(cells, name, np.where(clockwise[:, None], turned, values))


def _sentence(cells: Cells, wrong: np.ndarray, what: str) -> str:
    number = int(wrong.sum())
    return (
        f"{number} of {len(cells)} cell(s) had {what}; the first is cell id {cells.cell_id[np.argmax(wrong)]}"
    )
