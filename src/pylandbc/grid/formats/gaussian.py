"""Gaussian grids by name: octahedral (O32, O320, ...), classical reduced (N32, ...) and full (F32, ...).

Rows lie at the arcsines of the roots of the Legendre polynomial of degree 2N; row i from either pole of an
octahedral grid has ``16 + 4 i`` points (Malardel et al. 2016, ECMWF Newsletter 146), of a full one 4N, of a
classical one what ECMWF tabulated. Point 0 of a row lies at Greenwich. Cells end midway between rows and
between points, as in MIR and OASIS.

Neighbouring rows have different points, so that boxes with great-circle edges would gape and overlap. A cell
therefore also gets its neighbours' corners that lie on its edges, and the cells tile the sphere exactly.
``O32:boxes`` gives plain boxes between true parallels instead. Ids count from 0 in ECMWF's order (north to
south, each row eastwards); ``O32:one-based`` counts from 1.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from scipy.special import roots_legendre

from pylandbc.errors import InputError
from pylandbc.grid.formats.cells import Cells
from pylandbc.grid.window import Rectangle

_NAME = re.compile(r"^([ONF])([1-9]\d*)((?::[^:]+)*)$", re.IGNORECASE)
_LARGEST = 8000


def is_name(name: str) -> bool:
    """Whether a name is that of a Gaussian grid, with or without options."""
    return _NAME.match(name) is not None


def gaussian_cells(name: str, window: Rectangle | None = None) -> Cells:
    """The cells of a Gaussian grid.

    Parameters
    ----------
    name
        ``O32``, ``F32``, ``N32`` (points per row from ecCodes, where installed) or ``N32:FILE`` (a text file
        of points per row, one hemisphere or both); options ``:boxes`` and ``:one-based``.
    window
        Rows that lie away from it are left out.

    Raises
    ------
    InputError
        The name or its options are unknown, or the points per row cannot be had.
    """
    match = _NAME.match(name)
    if match is None:
        raise InputError(f"{name!r} is no Gaussian grid; names are O32, N32, F32 and the like")
    family, number = match[1].upper(), int(match[2])
    if number > _LARGEST:
        raise InputError(f"Gaussian grid {name}: {number} rows to the equator are more than {_LARGEST}")
    options = [option for option in match[3].split(":") if option]
    files = [option for option in options if option not in ("boxes", "one-based")]
    if files and (family != "N" or len(files) > 1):
        raise InputError(f"Gaussian grid {name}: option {files[0]!r} is not known (boxes, one-based)")
    points = _points(family, number, Path(files[0]) if files else None)
    first = 1 if "one-based" in options else 0
    grid = f"{family}{number}"
    return reduced_cells(grid, gaussian_latitudes(number), points, first, "boxes" in options, window)


def gaussian_latitudes(number: int) -> np.ndarray:
    """Latitudes of the 2N rows, degrees, north first."""
    roots, _ = roots_legendre(2 * number)
    north = roots[::-1][:number]
    # hemispheres exactly symmetric
    north = np.rad2deg(np.arcsin(0.5 * (north - roots[:number])))
    return np.concatenate([north, -north[::-1]])


def octahedral_points(number: int) -> np.ndarray:
    """Points per row of the octahedral grid O``number`` (2N,)."""
    half = 20 + 4 * np.arange(number)
    return np.concatenate([half, half[::-1]])


def _points(family: str, number: int, file: Path | None) -> np.ndarray:
    if family == "O":
        return octahedral_points(number)
    if family == "F":
        return np.full(2 * number, 4 * number)
    return _listed_points(file, number) if file is not None else _classical_points(number)


def _listed_points(file: Path, number: int) -> np.ndarray:
    if not file.is_file():
        raise InputError(f"Gaussian grid N{number}: the file of points per row, {file}, does not exist")
    words = re.sub(r"#.*", "", file.read_text()).replace(",", " ").split()
    try:
        points = np.array([int(word) for word in words])
    except ValueError as error:
        raise InputError(f"{file}: points per row should be whole numbers ({error})") from error
    if len(points) == number:
        points = np.concatenate([points, points[::-1]])
    if len(points) != 2 * number or points.min() < 3:
        raise InputError(
            f"{file}: N{number} needs {number} (one hemisphere) or {2 * number} points per row, "
            "each at least 3; "
            f"found {len(points)}"
        )
    return points


def _classical_points(number: int) -> np.ndarray:
    remedy = (
        f"give them: N{number}:FILE, a text file of {number} points per row, from the pole to the equator"
    )
    try:
        import eccodes
    except ImportError as error:
        raise InputError(
            f"points per row of the classical grid N{number} come from ECMWF's ecCodes, which is "
            "not installed: "
            f"pip install 'pylandbc[gaussian]', or {remedy}"
        ) from error
    try:
        handle = eccodes.codes_new_from_samples(f"reduced_gg_pl_{number}_grib2", eccodes.CODES_PRODUCT_GRIB)
    except eccodes.CodesInternalError as error:
        raise InputError(f"ecCodes knows no classical grid N{number} ({error}); {remedy}") from error
    points = np.asarray(eccodes.codes_get_array(handle, "pl"), dtype=np.int64)
    eccodes.codes_release(handle)
    return points


def reduced_cells(
    grid: str, latitude: np.ndarray, points: np.ndarray, first: int, boxes: bool, window: Rectangle | None
) -> Cells:
    """Cells of rows of evenly spaced points, the first of each at Greenwich.

    Parameters
    ----------
    grid
        Name for messages and ``kind``.
    latitude
        Latitudes of the rows, degrees, north first (rows,).
    points
        Points in each row (rows,).
    first
        Id of the first cell.
    boxes
        Boxes between parallels, instead of polygons that share all their neighbours' corners.
    window
        Rows away from it are left out.
    """
    edge = np.concatenate([[90.0], 0.5 * (latitude[:-1] + latitude[1:]), [-90.0]])
    start = first + np.concatenate([[0], np.cumsum(points)])
    rows = np.arange(len(points))
    if window is not None:
        # a great-circle edge leaves its parallel by less than the sagitta of the row's widest edge
        reach = np.diff(-edge).max() + np.rad2deg((2 * np.pi / points) ** 2 / 8)
        rows = rows[(edge[rows] + reach > window.south) & (edge[rows + 1] - reach < window.north)]
    lon, lat, count = [], [], []
    for row in rows:
        above = None if boxes or row == 0 else int(points[row - 1])
        below = None if boxes or row == len(points) - 1 else int(points[row + 1])
        row_lon, row_lat, row_count = _row(int(points[row]), edge[row], edge[row + 1], above, below)
        lon.append(row_lon)
        lat.append(row_lat)
        count.append(row_count)
    width = max((part.shape[1] for part in lon), default=4)
    size = int(points[rows].sum())
    all_lon, all_lat = np.full((size, width), np.nan), np.full((size, width), np.nan)
    at = 0
    for row_lon, row_lat in zip(lon, lat, strict=True):
        place = np.s_[at : at + len(row_lon), : row_lon.shape[1]]
        all_lon[place], all_lat[place] = row_lon, row_lat
        at += len(row_lon)
    kind = {"kind": "reduced_gaussian", "grid": grid, "global_cells": int(points.sum())}
    if first:
        kind["first_id"] = first
    if boxes:
        kind["edges"] = "parallels"
    return Cells(
        grid,
        "Gaussian grid by name",
        kind,
        all_lon,
        all_lat,
        np.concatenate(count) if count else np.empty(0, np.int64),
        np.concatenate([np.arange(start[r], start[r + 1]) for r in rows] or [np.empty(0, np.int64)]),
        np.concatenate([_longitude(2 * np.arange(points[r]), int(points[r])) for r in rows] or [np.empty(0)]),
        np.repeat(latitude[rows], points[rows]),
        padded=True,
    )


def _longitude(halves: np.ndarray, points: int) -> np.ndarray:
    """Longitude of ``halves`` half cells east of Greenwich: one rounding, so that equal places "
    "are equal bits."""
    return halves * 180.0 / points


def _row(
    points: int, north: float, south: float, above: int | None, below: int | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Corners (points, corners), counter-clockwise from the south-west, NaN beyond the returned count."""
    cell = np.arange(points)
    west, east = _longitude(2 * cell - 1, points), _longitude(2 * cell + 1, points)
    lower = _between(cell, points, below)
    upper = _between(cell, points, above)[:, ::-1]
    lon = np.concatenate([west[:, None], lower, east[:, None], east[:, None], upper, west[:, None]], axis=1)
    lat = np.full(lon.shape, north)
    lat[:, : lower.shape[1] + 2] = south
    there = np.isfinite(lon)
    order = np.argsort(~there, axis=1, kind="stable")
    return np.take_along_axis(lon, order, 1), np.take_along_axis(lat, order, 1), there.sum(axis=1)


def _between(cell: np.ndarray, points: int, other: int | None) -> np.ndarray:
    """Longitudes of another row's corners strictly inside each cell's edge, ascending (cells, n), NaN-padded.

    Whole-number arithmetic decides: corner j of the other row lies at ``(2 j - 1) / (2 other)`` of a turn.
    """
    if other is None:
        return np.empty((len(cell), 0))
    first = ((2 * cell - 1) * other + points) // (2 * points) + 1
    last = ((2 * cell + 1) * other + points - 1) // (2 * points)
    number = last - first + 1
    j = first[:, None] + np.arange(max(int(number.max()), 0))
    return np.where(j <= last[:, None], _longitude(2 * j - 1, other), np.nan)
