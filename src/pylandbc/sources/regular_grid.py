"""A field on a regular latitude-longitude grid, cut out of a file around a window.

Product files run north-south or south-north, -180...180 or 0...360, and may be global while a window is
small. ``cut`` reads only what the window needs, turns it north first, and lays its longitudes on the
window's branch, so that a window across the dateline is an ordinary one afterwards.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pylandbc.errors import InputError, NoOverlapError
from pylandbc.grid.window import Window


@dataclass(frozen=True)
class RegularGrid:
    """Values at cell centres.

    Parameters
    ----------
    values
        ``(lat, lon)``, north first.
    latitude, longitude
        Centres in degrees, equidistant, descending and ascending.
    """

    values: np.ndarray
    latitude: np.ndarray
    longitude: np.ndarray

    @property
    def step(self) -> tuple[float, float]:
        """Spacing in latitude and longitude, degrees, both positive."""
        return (
            float(self.latitude[0] - self.latitude[-1]) / (len(self.latitude) - 1),
            float(self.longitude[-1] - self.longitude[0]) / (len(self.longitude) - 1),
        )


def spacing(axis: np.ndarray, name: str, path: Path) -> float:
    """Signed spacing of an equidistant axis (points,), degrees; ``InputError`` if it is not one."""
    if axis.ndim != 1 or axis.size < 2:
        raise InputError(f"{path}: axis {name!r} needs at least two points, it has {axis.size}")
    step = float(axis[-1] - axis[0]) / (axis.size - 1)
    # ETOPO5 as distributed drifts by a twenty-fifth of a cell round the globe
    if step == 0 or np.abs(axis - (axis[0] + step * np.arange(axis.size))).max() > 0.05 * abs(step):
        raise InputError(
            f"{path}: axis {name!r} is not equidistant; only regular latitude-longitude grids are read"
        )
    return step


def cut(
    read: Callable[[slice, slice], np.ndarray],
    latitude: np.ndarray,
    longitude: np.ndarray,
    window: Window,
    path: Path,
    margin: float = 2.0,
) -> RegularGrid:
    """Read the part of a file that covers ``window``.

    Parameters
    ----------
    read
        Gives the values of a block of rows and columns of the file, in the file's own order, as ``(lat,
        lon)``.
    latitude, longitude
        All cell centres of the file, degrees.
    margin
        Cells to keep around the window.

    Raises
    ------
    InputError
        Axes not regular, or no overlap with the window (:class:`pylandbc.errors.NoOverlapError`).
    """
    latitude = np.asarray(latitude, dtype=np.float64)
    longitude = np.asarray(longitude, dtype=np.float64)
    dlat = spacing(latitude, "latitude", path)
    dlon = spacing(longitude, "longitude", path)
    # coordinates stored in single precision would place a cell differently in every part that is read
    latitude = latitude[0] + dlat * np.arange(latitude.size)
    longitude = longitude[0] + dlon * np.arange(longitude.size)
    if dlon < 0:
        raise InputError(f"{path}: longitudes descend; sort them first")
    # Some global files repeat their first column at the end.
    longitude = longitude[: round(360.0 / dlon)]
    reach = margin * abs(dlat)
    rows = np.flatnonzero((latitude >= window.south - reach) & (latitude <= window.north + reach))
    reach = margin * dlon
    pieces = []
    for turn in (-720.0, -360.0, 0.0, 360.0, 720.0):
        turned = longitude + turn
        cols = np.flatnonzero((turned >= window.west - reach) & (turned <= window.east + reach))
        if cols.size:
            pieces.append((slice(int(cols[0]), int(cols[-1]) + 1), turned[cols]))
    if rows.size < 2 or sum(lon.size for _, lon in pieces) < 2:
        raise NoOverlapError(
            f"{path} does not overlap the window (file: {longitude[0]:.3f} ... {longitude[-1]:.3f} E, "
            f"{latitude.min():.3f} ... {latitude.max():.3f} N; window: {window.west} ... {window.east} E, "
            f"{window.south} ... {window.north} N)"
        )
    band = slice(int(rows[0]), int(rows[-1]) + 1)
    values = np.concatenate([np.asarray(read(band, columns)) for columns, _ in pieces], axis=1)
    centres = np.concatenate([lon for _, lon in pieces])
    if np.abs(np.diff(centres) - dlon).max(initial=0.0) > 0.1 * dlon:
        raise InputError(
            f"{path}: the window reaches over the gap between the file's last and first longitude"
        )
    lat = latitude[band]
    if dlat > 0:
        lat, values = lat[::-1], values[::-1]
    return RegularGrid(np.ascontiguousarray(values), lat.copy(), centres)
