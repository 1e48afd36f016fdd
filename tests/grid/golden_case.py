"""The golden weights of ESMF and how to compare with them."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

import netCDF4
import numpy as np
import pytest

from pylandbc.grid.window import Rectangle

CASES = {
    "sandiego_healpix128": Rectangle.from_corner(-118, 32, 256, 256),
    "iberia_icosahedral7": Rectangle.from_corner(-6, 38, 384, 256),
}
needs_yac = pytest.mark.skipif(not find_spec("yac"), reason="needs the package yac")
needs_esmf = pytest.mark.skipif(
    not find_spec("esmpy") or not os.environ.get("ESMFMKFILE"),
    reason="needs ESMF's Python interface esmpy and ESMFMKFILE",
)


def read_weights(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Row, column and weight, sorted by row and column."""
    with netCDF4.Dataset(path) as file:
        row, col, weight = (np.asarray(file[name][:]) for name in ("row", "col", "S"))
    order = np.lexsort((col, row))
    return row[order], col[order], weight[order]


def assert_agrees(path: Path, golden: Path, tolerance: float) -> None:
    """Same sparsity, weights within a tolerance, and a smooth field regridded the same within 1e-6."""
    row, col, weight = read_weights(path)
    golden_row, golden_col, golden_weight = read_weights(golden)
    np.testing.assert_array_equal(row, golden_row)
    np.testing.assert_array_equal(col, golden_col)
    assert np.abs(weight - golden_weight).max() < tolerance
    with netCDF4.Dataset(path) as file:
        lon, lat = np.deg2rad(file["xc_a"][:]), np.deg2rad(file["yc_a"][:])
    smooth = 2 + np.cos(lat) ** 2 * np.cos(2 * lon)
    regridded, expected = (np.bincount(row, w * smooth[col - 1]) for w in (weight, golden_weight))
    assert np.abs(regridded - expected).max() < 1e-6
