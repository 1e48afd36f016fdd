"""Which tiles of the globe hold land, from NOAA GLOBE's 30 arc-second mask.

The mask is the file of the package global-land-mask (``mask``, 21600 x 43200, True over the ocean, from 90 N,
180 W). It is read in bands of rows, because unpacked it fills a gigabyte.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np

from pylandbc.errors import InputError
from pylandbc.grid.window import COARSE, COLS, ROWS

_ARC = 30
"""Cells of the mask along one 0.25 degree cell."""


def coarse_land(path: Path) -> np.ndarray:
    """Whether each 0.25 degree cell holds any land, bool (720, 1440), north first.

    Raises
    ------
    InputError
        If the file is no such mask.
    """
    rows, cols = ROWS // COARSE, COLS // COARSE
    land = np.empty((rows, cols), dtype=bool)
    try:
        with zipfile.ZipFile(path) as archive, archive.open("mask.npy") as file:
            np.lib.format.read_magic(file)
            shape, fortran, kind = np.lib.format.read_array_header_1_0(file)
            if shape != (rows * _ARC, cols * _ARC) or fortran or kind != np.dtype(bool):
                raise InputError(
                    f"{path}: the mask is {kind} {shape}, wanted bool {(rows * _ARC, cols * _ARC)}"
                )
            for row in range(rows):
                band = np.frombuffer(file.read(_ARC * cols * _ARC), dtype=bool)
                land[row] = ~band.reshape(_ARC, cols, _ARC).all(axis=(0, 2))
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(
            f"{path} cannot be read as a land mask ({error}); wanted the file "
            "globe_combined_mask_compressed.npz of the package global-land-mask"
        ) from error
    return land


def land_tiles(land: np.ndarray, tile: int, margin: int) -> np.ndarray:
    """The tiles that hold land, or have some within a margin.

    Parameters
    ----------
    land
        Whether each 0.25 degree cell holds land, bool (720, 1440).
    tile, margin
        Pixels, multiples of 25; the margin is counted in rows and columns, over the dateline.

    Returns
    -------
    numpy.ndarray
        bool (18000 / tile, 36000 / tile).

    Raises
    ------
    InputError
        If the tile does not divide the grid, or the margin is no multiple of 25.
    """
    if tile <= 0 or tile % COARSE or ROWS % tile or COLS % tile:
        raise InputError(f"tile {tile} is not a multiple of {COARSE} pixels that divides {ROWS} and {COLS}")
    if margin < 0 or margin % COARSE:
        raise InputError(f"margin {margin} is not a multiple of {COARSE} pixels")
    reach = margin // COARSE
    near = land.copy()
    for step in range(1, reach + 1):
        near |= np.roll(land, step, axis=1) | np.roll(land, -step, axis=1)
    tall = near.copy()
    for step in range(1, reach + 1):
        tall[step:] |= near[:-step]
        tall[:-step] |= near[step:]
    n = tile // COARSE
    return np.asarray(tall.reshape(ROWS // tile, n, COLS // tile, n).any(axis=(1, 3)))
