"""Whether a global set of overlap weights conserves, tile by tile, over all that it holds.

A field that is rough from cell to cell goes to the pixels, one that is rough from pixel to pixel goes to the
cells, and integrals on both sides are compared. Pixels are weighted by their exact strip areas, which the
weights do not know (by their covered areas where pixels may be covered in part). Sums over the globe are
exact (``math.fsum``), so that what differs is the weights' doing. Memory holds one strip.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pylandbc.grid.overlap import OverlapSet
from pylandbc.grid.weight_store import WeightStore
from pylandbc.grid.weight_strip import Strip, read_strip
from pylandbc.grid.window import COLS, Rectangle

_CONSTANT = 3.7


@dataclass(frozen=True)
class Conservation:
    """What a set of weights loses.

    Parameters
    ----------
    to_grid, to_mesh
        Relative difference of a field's integral before and after, mesh to pixels and pixels to mesh.
    constant
        Largest relative difference of a pixel from the constant that all cells hold, or of a cell from the
        constant that all pixels hold.
    pixels
        Number of covered pixels.
    area
        Their area, m2.
    """

    to_grid: float
    to_mesh: float
    constant: float
    pixels: int
    area: float


def check_store(store: WeightStore, progress: Callable[[int, int], None] | None = None) -> Conservation:
    """Regrid rough fields over all tiles of a set, both ways.

    Parameters
    ----------
    store
        The set, complete.
    progress
        Called with the number of strips done and of all strips.

    Raises
    ------
    InputError
        If a strip is missing or damaged.
    """
    sums: dict[str, list[float]] = {name: [] for name in ("mesh", "from mesh", "grid", "from grid", "area")}
    constant, pixels, rows = 0.0, 0, store.strips()
    for done, row in enumerate(rows, start=1):
        strip = read_strip(store.strip_path(row), store.signature)
        on_cells = np.stack([_rough(strip.cell_id), np.full(len(strip.cell_id), _CONSTANT)], axis=1)
        amount, cell_area = np.zeros((len(strip.cell_id), 2)), np.zeros(len(strip.cell_id))
        for at in range(len(strip.tiles)):
            window, overlap = _tile(strip, at, row)
            index = (
                (window.row + np.arange(window.rows))[:, None] * COLS + window.col + np.arange(window.cols)
            )
            on_pixels = np.stack([_rough(index.ravel()), np.full(index.size, _CONSTANT)], axis=1)
            covered = overlap.pixel_area > 0
            strip_area = np.repeat(window.pixel_area, window.cols)
            if store.partial:
                strip_area = overlap.pixel_area
            found = overlap.to_grid(on_cells)
            sums["from mesh"].append(float(np.where(covered, found[:, 0], 0.0) @ strip_area))
            sums["grid"].append(float(on_pixels[:, 0] @ strip_area))
            sums["area"].append(float(strip_area.sum()))
            pixels += int(covered.sum())
            constant = max(constant, _off(found[covered, 1]))
            here = overlap.cell_area > 0
            # means times areas, as a host adds up what its cells get
            amount[here] += overlap.to_mesh(on_pixels)[here] * overlap.cell_area[here, None]
            cell_area += overlap.cell_area
        sums["mesh"].append(float(on_cells[:, 0] @ cell_area))
        sums["from grid"].append(float(amount[:, 0].sum()))
        constant = max(constant, _off(amount[:, 1] / cell_area))
        if progress:
            progress(done, len(rows))
    total = {name: math.fsum(terms) for name, terms in sums.items()}
    return Conservation(
        to_grid=abs(total["from mesh"] / total["mesh"] - 1),
        to_mesh=abs(total["from grid"] / total["grid"] - 1),
        constant=constant,
        pixels=pixels,
        area=total["area"],
    )


def _tile(strip: Strip, at: int, row: int) -> tuple[Rectangle, OverlapSet]:
    """A tile of a strip as a window of its own."""
    size = strip.owner.shape[1]
    window = Rectangle(row, int(strip.tiles[at]) * size, size, size)
    part = slice(strip.start[at], strip.start[at + 1])
    owner = strip.owner[at].ravel()
    inside = np.flatnonzero(owner >= 0)
    pixel = np.concatenate([inside, strip.pixel[part]])
    order = np.argsort(pixel, kind="stable")
    pixel = pixel[order]
    cell = np.concatenate([owner[inside], strip.cell[part]])[order]
    fraction = np.concatenate([np.ones(len(inside)), strip.fraction[part]])[order]
    area = fraction * window.pixel_area[pixel // size]
    return window, OverlapSet(pixel, cell, area, size * size, len(strip.cell_id), "")


def _rough(number: np.ndarray) -> np.ndarray:
    """A number from 0.5 to 1.5 for each whole number, unlike those of its neighbours (Fibonacci hashing)."""
    return 0.5 + (number.astype(np.uint64) * np.uint64(11400714819323198485) >> np.uint64(40)) / 2.0**24


def _off(values: np.ndarray) -> float:
    return float(np.abs(values / _CONSTANT - 1).max(initial=0.0))
