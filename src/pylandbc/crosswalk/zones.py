"""Climate zones of native cells: which of a cross-walk's rows hold where, and for how much of a cell.

Zones come from a Koeppen-Geiger map (shares by area of the known land), or from monthly climate, whose class
is computed by the criteria of Beck et al. (2018).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pylandbc.crosswalk.tables import ZONES, koeppen_zones
from pylandbc.errors import InputError
from pylandbc.grid.overlap import OverlapSet
from pylandbc.planet.koeppen_rules import koeppen_geiger

MONTH_SECONDS = 365.25 * 86400 / 12
"""A mean month, for turning a flux into the sum that the criteria are about, s."""


def zones_of_koeppen(codes: ArrayLike) -> NDArray[np.float64]:
    """Zone shares of places with one Koeppen-Geiger class each.

    Parameters
    ----------
    codes
        0 ... 30 of any shape; 0 is none.

    Returns
    -------
    numpy.ndarray
        (..., zone), 1 for the zone and 0 for the others; all 0 where there is none.

    Raises
    ------
    InputError
        If a code is not one of Beck's.
    """
    found = np.asarray(codes)
    if found.size and (found.min() < 0 or found.max() > 30 or not np.array_equal(found, found.astype(int))):
        raise InputError(
            f"Koeppen-Geiger codes from {found.min()} to {found.max()}; they are whole numbers 0 ... 30 "
            "in the order of Beck et al. (2018)"
        )
    zone = koeppen_zones()[found.astype(int)]
    return (zone[..., None] == np.arange(len(ZONES))).astype(float)


def zones_of_climate(temperature: ArrayLike, precipitation: ArrayLike) -> NDArray[np.float64]:
    """Zone shares of places from their monthly climate.

    Parameters
    ----------
    temperature
        Mean air temperature of January ... December (12, ...), K.
    precipitation
        Mean precipitation flux (12, ...), kg m-2 s-1.

    Returns
    -------
    numpy.ndarray
        (..., zone), 1 for the zone and 0 for the others.

    Raises
    ------
    InputError
        Temperatures that are not in K, or missing.
    """
    celsius = np.asarray(temperature, dtype=float) - 273.15
    if not (np.all(celsius > -120) and np.all(celsius < 60)):
        raise InputError(
            "temperatures of the climate zones are not in K, or missing; give K and no missing values"
        )
    return zones_of_koeppen(koeppen_geiger(celsius, np.asarray(precipitation, dtype=float) * MONTH_SECONDS))


def zones_on_mesh(
    codes: NDArray[np.integer], overlap: OverlapSet, otherwise: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Zone shares of native cells, by area of the pixels that have a class.

    Parameters
    ----------
    codes
        Koeppen-Geiger class of each pixel of the window (pixels,), 0 none.
    overlap
        Overlaps of the cells with the window.
    otherwise
        Shares (cells, zone) of cells where no pixel has a class; zeros without.

    Returns
    -------
    numpy.ndarray
        (cells, zone); a row sums to 1, or is `otherwise`'s.
    """
    zone = koeppen_zones()[codes.astype(int)][overlap.pixel]
    known = zone >= 0
    area = np.zeros((overlap.cell_count, len(ZONES)))
    np.add.at(area, (overlap.cell[known], zone[known]), overlap.area[known])
    total = area.sum(axis=1, keepdims=True)
    shares = np.divide(area, total, out=np.zeros_like(area), where=total > 0)
    return shares if otherwise is None else np.where(total > 0, shares, otherwise)
