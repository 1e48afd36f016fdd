"""The mean annual cycle of leaf area on native cells, of a cube.

CTSM's files have monthly leaf and stem area of it, and so has a coupled run without months of its own yet.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pylandbc.couple.cube_fields import CubeFields
from pylandbc.cube.open import open_cube
from pylandbc.errors import InputError
from pylandbc.grid.overlap import OverlapSet
from pylandbc.grid.window import Window
from pylandbc.grid.window_edge import nearest_pixels
from pylandbc.progress import Tell


def leaf_cycle(
    fields: CubeFields,
    window: Window,
    overlap: OverlapSet,
    counted: Window | None = None,
    tell: Tell | None = None,
) -> NDArray[np.float64]:
    """Mean annual cycle of a cube's leaf area index on native cells.

    Parameters
    ----------
    fields
        A cube with leaf area.
    window, overlap
        The cells' overlaps with the pixels of a window; what lies outside of the cube is not known.
    counted
        Part of the window whose pixels count; all of it by default.
    tell
        Told what is being done.

    Returns
    -------
    numpy.ndarray
        (12, cell), m2 m-2, means over the pixels that have values; 0 where none has.

    Raises
    ------
    InputError
        If the cube has no leaf area, or not all months.
    """
    leaves = open_cube(fields.path).layers.vegetation.get("leaf_area_index")
    if leaves is None:
        raise InputError(f"{fields.path} has no leaf_area_index; build a cube with it")
    months = leaves.times.astype("datetime64[M]").astype(int) % 12
    if len(set(months)) < 12:
        raise InputError(f"{fields.path}: leaf area has no value for some months of the year")
    rows, cols, outside = nearest_pixels(window, fields.window, 1)
    counts = ~outside if counted is None else ~outside & window.mask_of(counted)
    counts = counts.ravel()[overlap.pixel]
    total, area = np.zeros((2, 12, overlap.cell_count))
    for n, month in enumerate(months):
        values = leaves.unpack(np.asarray(leaves.values[n]))[rows[:, None], cols].ravel()[overlap.pixel]
        known = np.isfinite(values) & counts
        total[month] += np.bincount(overlap.cell[known], (overlap.area * values)[known], overlap.cell_count)
        area[month] += np.bincount(overlap.cell[known], overlap.area[known], overlap.cell_count)
        if tell:
            tell("leaf area", (n + 1) / len(months))
    return np.divide(total, area, out=np.zeros_like(total), where=area > 0)
