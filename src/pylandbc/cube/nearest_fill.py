"""Missing coarse cells get the value of the nearest cell that has one.

Distance is measured on the sphere's local metric at the window's middle latitude (a degree of longitude is
shorter by cos latitude); ties go to whichever cell scipy's exact distance transform finds first, which is
deterministic.
"""

from __future__ import annotations

import numpy as np
import xarray as xr
from scipy.ndimage import distance_transform_edt

from pylandbc.errors import InputError
from pylandbc.grid.window import Window


def fill_nearest(field: np.ndarray, window: Window, name: str) -> np.ndarray:
    """A copy of ``field`` (lat, lon) without NaN.

    Raises
    ------
    InputError
        The field has no valid cell at all.
    """
    missing = ~np.isfinite(field)
    if not missing.any():
        return field.copy()
    if missing.all():
        raise InputError(f"{name} has no valid value in the window {window}; does the file cover it?")
    middle = np.deg2rad(0.5 * (window.north + window.south))
    rows, cols = distance_transform_edt(
        missing,
        sampling=(1.0, max(float(np.cos(middle)), 1e-3)),
        return_distances=False,
        return_indices=True,
    )
    return field[rows, cols]


def filled(dataset: xr.Dataset, window: Window) -> dict[str, np.ndarray]:
    """The fields of a dataset of one year without NaN, float64 (lat, lon) by name."""
    return {
        str(name): fill_nearest(field.values[0].astype("f8"), window, str(name))
        for name, field in dataset.data_vars.items()
    }
