"""Class fractions and climate zones of native cells, from 1 km maps and a cube."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pylandbc.couple.bundle_files import coarse_to_cells
from pylandbc.couple.cube_fields import CubeFields
from pylandbc.crosswalk.zones import zones_of_climate, zones_on_mesh
from pylandbc.cube.categories import KOEPPEN
from pylandbc.cube.open import open_cube
from pylandbc.errors import InputError
from pylandbc.grid.overlap import OverlapSet
from pylandbc.grid.window import COLS, Window


def cell_fractions(codes: NDArray[np.uint8], overlap: OverlapSet, classes: int) -> NDArray[np.float64]:
    """Class fractions of native cells among their known pixels.

    Parameters
    ----------
    codes
        Class of each pixel (pixels,); codes of `classes` and more are unknown.
    overlap
        Overlaps of the cells with the pixels.
    classes
        Their number.

    Returns
    -------
    numpy.ndarray
        (cell, class); 0 where no pixel is known.
    """
    code = codes[overlap.pixel].astype(np.int64)
    known = code < classes
    place_of = overlap.cell[known].astype(np.int64) * classes + code[known]
    area = np.bincount(place_of, overlap.area[known], overlap.cell_count * classes)
    area = area.reshape(overlap.cell_count, classes)
    total = area.sum(axis=1, keepdims=True)
    return np.divide(area, total, out=np.zeros_like(area), where=total > 0)


def zones_of_cube(fields: CubeFields, window: Window, overlap: OverlapSet, year: int) -> NDArray[np.float64]:
    """Climate zone shares (cell, zone) of native cells, of a cube's Koeppen-Geiger map or its climatology.

    Parameters
    ----------
    fields
        The cube.
    window
        The window of the overlaps.
    overlap
        Overlaps of the cells with it.
    year
        The map of the period nearest to it is taken.

    Raises
    ------
    InputError
        If the cube has neither a map nor a climatology of temperature and precipitation.
    """
    codes = None
    if open_cube(fields.path).layers.category_index(KOEPPEN, year) is not None:
        row = window.row + np.arange(window.rows)
        codes = fields.category_pixels(KOEPPEN, year, row, (window.col + np.arange(window.cols)) % COLS)
    climatology = fields.climatology(window)
    names = ("air_temperature", "precipitation_flux")
    if not all(name in climatology for name in names):
        if codes is None:
            raise InputError(
                f"{fields.path} has no Koeppen-Geiger map and no climatology of {' and '.join(names)}, which "
                "climate zones come from; build a cube with one of them"
            )
        return zones_on_mesh(codes.ravel(), overlap)
    by_climate = zones_of_climate(*(coarse_to_cells(climatology[name], window, overlap) for name in names))
    return by_climate if codes is None else zones_on_mesh(codes.ravel(), overlap, by_climate)
