"""Coordinates of a file in degrees, by their ``units`` attribute, never by guessing.

UDUNITS spellings of degrees and radians are known. Without units nothing is assumed: small numbers may be
either, and a mesh in the wrong one is a mesh of another place.
"""

from __future__ import annotations

import numpy as np

from pylandbc.errors import InputError

_DEGREES = ("degree", "degrees", "deg", "degs", "°")
_RADIANS = ("radian", "radians", "rad", "rads")
_TURN = 2 * np.pi


def axis(units: str | None) -> str | None:
    """``"lon"`` or ``"lat"`` where the units say which (``degrees_east``, ``degreeN``, ...), else None."""
    word = (units or "").strip().lower().replace("_", "").replace(" ", "")
    for degree in _DEGREES:
        if word in (degree + "east", degree + "e"):
            return "lon"
        if word in (degree + "north", degree + "n"):
            return "lat"
    return None


def to_degrees(values: np.ndarray, units: str | None, name: str, source: str) -> np.ndarray:
    """Angles in degrees.

    Parameters
    ----------
    values
        Angles in the file's units, any shape; NaN where missing.
    units
        The ``units`` attribute, None where there is none.
    name, source
        The variable and its file, for messages.

    Raises
    ------
    InputError
        Where units are absent and the values could be radians, are unknown, or do not fit the values.
    """
    values = np.asarray(values, dtype=np.float64)
    finite = np.abs(values[np.isfinite(values)])
    largest = float(finite.max()) if finite.size else 0.0
    word = (units or "").strip().lower()
    if not word:
        if largest <= _TURN + 1e-6:
            raise InputError(
                f"{source}: variable {name} has no units and values within {largest:.6g}, which may "
                "be degrees or "
                f'radians; set its attribute, e.g. ncatted -a units,{name},o,c,"degrees" FILE'
            )
        return values
    if word in _DEGREES or axis(word) is not None:
        return values
    if word in _RADIANS:
        if largest > _TURN + 1e-3:
            raise InputError(
                f"{source}: variable {name} has units {units!r} but values up to {largest:.6g}; "
                "radians end at 6.2832. Are these degrees? Correct the units attribute"
            )
        return np.rad2deg(values)
    raise InputError(
        f"{source}: variable {name} has units {units!r}; coordinates of a mesh must be in degrees or radians "
        "(projected coordinates: convert them to longitude and latitude first)"
    )


def refuse_mislabelled_radians(lon: np.ndarray, lat: np.ndarray, title: str) -> None:
    """``InputError`` where coordinates said to be degrees fill the range of radians and no more.

    A mesh that spans more than 5.5 by 2.5 and lies within 2 pi by pi/2 is a globe in radians: a regional mesh
    in degrees would have to end at those very bounds.
    """
    lon, lat = lon[np.isfinite(lon)], lat[np.isfinite(lat)]
    if not lon.size or not lat.size:
        return
    inside = np.abs(lon).max() <= _TURN + 1e-3 and np.abs(lat).max() <= np.pi / 2 + 1e-3
    if inside and np.ptp(lon) > 5.5 and np.ptp(lat) > 2.5:
        raise InputError(
            f"{title}: coordinates are said to be degrees but fill {lon.min():.4g} ... {lon.max():.4g} by "
            f"{lat.min():.4g} ... {lat.max():.4g}, the whole globe in radians; correct the units attribute"
        )
