"""Cells whose corners CF bounds list: curvilinear grids (j, i, 4) and unstructured cells (cell, corners).

Longitude and latitude are variables over the same dimensions (CF 1.11, section 7.1). Curvilinear grids may
give an array of the (j+1, i+1) corner points instead, as xESMF's ``lon_b``, ``lat_b`` do. Centres alone are
not enough.
"""

from __future__ import annotations

import netCDF4
import numpy as np

from pylandbc.errors import InputError
from pylandbc.grid.formats.angles import axis
from pylandbc.grid.formats.cells import Cells
from pylandbc.grid.formats.reading import angles, attribute, cell_ids, mask

LAYOUT = "curvilinear grid or unstructured cells with CF bounds"


def coordinates(dataset: netCDF4.Dataset) -> tuple[str, str] | None:
    """Names of the longitude and latitude of the cell centres, by standard name, units or name; "
    "None if there are none."""
    bounds = {attribute(v, "bounds") for v in dataset.variables.values()}
    found: dict[str, list[str]] = {"lon": [], "lat": []}
    for name, variable in dataset.variables.items():
        if name in bounds or getattr(variable.dtype, "kind", "O") not in "fiu" or variable.ndim == 0:
            continue
        which = {"longitude": "lon", "latitude": "lat"}.get(attribute(variable, "standard_name") or "")
        which = which or axis(attribute(variable, "units"))
        which = which or {"lon": "lon", "longitude": "lon", "lat": "lat", "latitude": "lat"}.get(name.lower())
        if which is not None:
            found[which].append(name)
    if not found["lon"] or not found["lat"]:
        return None

    def rank(name: str) -> tuple[bool, bool]:
        # a coordinate with bounds first, corner arrays last
        return attribute(dataset[name], "bounds") is None, _is_corner_name(name)

    return min(found["lon"], key=rank), min(found["lat"], key=rank)


def _is_corner_name(name: str) -> bool:
    low = name.lower()
    return low.endswith(("_b", "_bnds", "_bounds")) or "corner" in low or "vert" in low or "bound" in low


def recognise(dataset: netCDF4.Dataset) -> bool:
    """Whether longitude and latitude vary over the same dimensions."""
    pair = coordinates(dataset)
    if pair is None:
        return False
    lon, lat = dataset[pair[0]], dataset[pair[1]]
    return lon.dimensions == lat.dimensions and lon.ndim in (1, 2)


def read(dataset: netCDF4.Dataset, source: str, mask_variable: str | None = None) -> Cells:
    """The cells; ids count from 1 in the file's order, the last dimension fastest."""
    pair = coordinates(dataset)
    assert pair is not None
    lon_name, lat_name = pair
    shape = dataset[lon_name].shape
    layout = "curvilinear grid" if len(shape) == 2 else "unstructured cells with CF bounds"
    title = f"{source} (read as {layout})"
    named = [attribute(dataset[name], "bounds") for name in pair]
    if all(named):
        for name in named:
            if name not in dataset.variables:
                raise InputError(
                    f"{title}: bounds variable {name} is named but missing; is the file complete?"
                )
        lon = angles(dataset, str(named[0]), source, lon_name)
        lat = angles(dataset, str(named[1]), source, lat_name)
        if lon.shape[:-1] != shape or lon.shape != lat.shape or lon.shape[-1] < 3:
            raise InputError(
                f"{title}: bounds {named[0]} {lon.shape} and {named[1]} {lat.shape} do not fit the "
                f"centres {shape}; "
                "each cell's corners belong in the last dimension"
            )
    elif len(shape) == 2 and (corner := _corner_points(dataset, pair, shape)) is not None:
        lon, lat = (_around(angles(dataset, c, source, n)) for c, n in zip(corner, pair, strict=True))
    else:
        raise InputError(
            f"{title}: {lon_name} and {lat_name} have no bounds and there is no array of corner points; "
            "conservative regridding needs the cells' corners (CF: attribute bounds)"
        )
    size = int(np.prod(shape))
    lon, lat = lon.reshape(size, -1), lat.reshape(size, -1)
    masked = mask(dataset, size, mask_variable, (), source)
    return Cells(
        source,
        layout,
        {"kind": "curvilinear" if len(shape) == 2 else "unstructured", "file": source},
        lon,
        lat,
        trailing_corners(lon, lat, masked, title, may_be_short=len(shape) == 1),
        cell_ids(dataset, size, 1),
        angles(dataset, lon_name, source, named[0]).ravel(),
        angles(dataset, lat_name, source, named[1]).ravel(),
        masked,
        padded=True,
    )


def _corner_points(
    dataset: netCDF4.Dataset, pair: tuple[str, str], shape: tuple[int, ...]
) -> list[str] | None:
    """Names of the (j+1, i+1) arrays of corner longitudes and latitudes."""
    wanted = (shape[0] + 1, shape[1] + 1)
    corner = []
    for centre, which in zip(pair, ("lon", "lat"), strict=True):
        fitting = [
            name
            for name, variable in dataset.variables.items()
            if variable.shape == wanted
            and (
                axis(attribute(variable, "units")) == which
                or name.lower().startswith((which, centre.lower()))
            )
        ]
        if not fitting:
            return None
        corner.append(fitting[0])
    return corner


def _around(points: np.ndarray) -> np.ndarray:
    """The four corners of each cell (j, i, 4) from corner points (j+1, i+1)."""
    return np.stack([points[:-1, :-1], points[:-1, 1:], points[1:, 1:], points[1:, :-1]], axis=-1)


def trailing_corners(
    lon: np.ndarray, lat: np.ndarray, masked: np.ndarray | None, title: str, may_be_short: bool = True
) -> np.ndarray:
    """Number of corners of each cell, where missing ones (NaN) may only stand at the end.

    Parameters
    ----------
    lon, lat
        Corners, NaN where missing (cells, corners).
    masked
        Masked cells are not checked: files often give them no corners.
    may_be_short
        Whether missing corners at the end are padding, with three or more left.

    Raises
    ------
    InputError
        A cell that takes part lacks corners.
    """
    there = np.isfinite(lon) & np.isfinite(lat)
    count = there.sum(axis=1)
    gap = (np.arange(lon.shape[1]) < count[:, None]) & ~there
    wrong = gap.any(axis=1) | (count < (3 if may_be_short else lon.shape[1]))
    if masked is not None:
        wrong &= ~masked
    if wrong.any():
        cell = int(np.argmax(wrong))
        raise InputError(
            f"{title}: {int(wrong.sum())} cell(s) have missing corners, the first is cell "
            f"{cell + 1} in the file's order "
            f"({int(count[cell])} of {lon.shape[1]} corners present); mask such cells or complete the bounds"
        )
    return count
