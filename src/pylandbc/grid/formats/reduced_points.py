"""Reduced grids in netCDF as CDO writes them: the rows' latitudes and ``reduced_points``, the points in each.

Cells are made as for `gaussian` names, from the file's own latitudes, so that classical grids (N80, N128,
...) need no table. The first point of each row lies at Greenwich, rows run from north to south; ids count
from 0.
"""

from __future__ import annotations

import netCDF4
import numpy as np

from pylandbc.errors import InputError
from pylandbc.grid.formats.cells import Cells
from pylandbc.grid.formats.gaussian import reduced_cells
from pylandbc.grid.formats.reading import angles, mask

LAYOUT = "reduced Gaussian grid"


def recognise(dataset: netCDF4.Dataset) -> bool:
    """Whether the file lists the points of each row."""
    return "reduced_points" in dataset.variables


def read(dataset: netCDF4.Dataset, source: str, mask_variable: str | None = None) -> Cells:
    """The cells of the reduced grid."""
    title = f"{source} (read as {LAYOUT})"
    points = np.ma.filled(dataset["reduced_points"][...], 0).astype(np.int64)
    name = dataset["reduced_points"].dimensions[0]
    if name not in dataset.variables or dataset[name].shape != points.shape:
        raise InputError(f"{title}: reduced_points needs the rows' latitudes in a variable {name}")
    latitude = angles(dataset, name, source)
    if points.min() < 3 or not np.all(np.diff(latitude) < 0) or np.abs(latitude).max() >= 90:
        raise InputError(
            f"{title}: rows must run from north to south between the poles with at least 3 points each "
            f"(latitudes {latitude[0]:.4g} ... {latitude[-1]:.4g}, fewest points {points.min()})"
        )
    if latitude[0] < 0 or not np.isclose(latitude[0], -latitude[-1], atol=0.5):
        raise InputError(f"{title}: a part of a reduced grid cannot be given corners; store the whole globe")
    cells = reduced_cells(source, latitude, points, 0, False, None)
    cells.layout = LAYOUT
    cells.masked = mask(dataset, len(cells), mask_variable, (), source)
    return cells
