"""Reading weight files of any tool: ESMF, SCRIP (also CDO's) and YAC.

Addresses count from 1. What a weight means is found from the sums over each target cell, never from the
attribute ``normalization``: they equal ``frac_b`` under destination-area normalisation, 1 under
fraction-area normalisation, and ``frac_b * area_b`` where nothing was normalised (ESMF Reference Manual;
Jones 1999, MWR 127, 2204).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import netCDF4
import numpy as np

from pylandbc.errors import InputError
from pylandbc.grid.formats.angles import to_degrees
from pylandbc.grid.formats.reading import attribute, numbers, open_file
from pylandbc.grid.window import Rectangle

_SUM = 1e-4
"""Sums over target cells are compared within this: tools drop slivers."""
_WINDOW = re.compile(r"lon0=(\S+) lat0=(\S+) nx=(\d+) ny=(\d+)")


@dataclass(frozen=True, eq=False)
class Side:
    """The source or the target of a weight file.

    Parameters
    ----------
    size
        Number of cells; None where the file does not say (YAC).
    frac
        Part of each cell that the other side covers (size,), if given.
    area
        Areas in steradians (size,), if given.
    lon, lat
        Centres, degrees (size,), if given.
    """

    size: int | None
    frac: np.ndarray | None
    area: np.ndarray | None
    lon: np.ndarray | None
    lat: np.ndarray | None


@dataclass(frozen=True, eq=False)
class WeightFile:
    """First-order weights as a file holds them.

    Parameters
    ----------
    path, layout
        Where from, and in which format: ``ESMF``, ``SCRIP`` or ``YAC``.
    source, target
        The two sides.
    col, row
        0-based source and target of each weight (n,).
    share
        Part of the target cell's area that the source cell covers (n,).
    normalisation
        What the weights' sums were found to say: ``dstarea``, ``fracarea``, ``none`` or, where no ``frac_b``
        tells them apart, ``dstarea or fracarea``.
    window
        The rectangle of pixels that the attribute ``window`` names, if any.
    """

    path: Path
    layout: str
    source: Side
    target: Side
    col: np.ndarray
    row: np.ndarray
    share: np.ndarray
    normalisation: str
    window: Rectangle | None


def read_weight_file(path: Path) -> WeightFile:
    """Read a weight file.

    Raises
    ------
    InputError
        The file is absent, damaged or no weight file, addresses lie outside its grids, or the weights' sums
        fit no normalisation.
    """
    if not path.is_file():
        raise InputError(f"weight file {path} does not exist")
    with open_file(path) as data:
        names = data.variables.keys()
        if {"S", "row", "col"} <= names:
            layout, source, target = "ESMF", _esmf_side(data, "a"), _esmf_side(data, "b")
            col, row, weight = (np.ma.getdata(data[name][:]) for name in ("col", "row", "S"))
        elif {"src_address", "dst_address", "remap_matrix"} <= names:
            layout = "YAC" if str(getattr(data, "version", "")).startswith("yac") else "SCRIP"
            source, target = _scrip_side(data, "src"), _scrip_side(data, "dst")
            col, row = (np.ma.getdata(data[name][:]) for name in ("src_address", "dst_address"))
            # further columns are gradients of second-order weights
            weight = np.ma.getdata(data["remap_matrix"][...]).reshape(len(col), -1)[:, 0]
        else:
            raise InputError(
                f"{path} is no weight file that is known here (found: {', '.join(names) or 'no variables'}). "
                "Known: ESMF (S, row, col), SCRIP and YAC (src_address, dst_address, remap_matrix)"
            )
        window = _window(data)
    col, row = col.astype(np.int64) - 1, row.astype(np.int64) - 1
    for what, index, side in (("source", col, source), ("target", row, target)):
        if index.size and (index.min() < 0 or (side.size is not None and index.max() >= side.size)):
            raise InputError(
                f"{path}: {what} addresses run from {index.min() + 1} to {index.max() + 1} for {side.size} "
                "cells; they should count from 1"
            )
    if not len(weight):
        raise InputError(f"{path} holds no weights")
    if not np.all(np.isfinite(weight)):
        raise InputError(f"{path}: weights are missing or not finite; is the file complete?")
    normalisation, share = _shares(path, row, weight.astype(np.float64), target)
    return WeightFile(path, layout, source, target, col, row, share, normalisation, window)


def _shares(path: Path, row: np.ndarray, weight: np.ndarray, target: Side) -> tuple[str, np.ndarray]:
    """The normalisation that the sums show, and the weights as parts of the target cells."""
    size = int(row.max()) + 1 if target.size is None else target.size
    total = np.bincount(row, weight, size)
    mapped = np.unique(row)
    sums = total[mapped]
    if target.frac is None:
        if np.all(np.abs(sums - 1) < _SUM):
            return "dstarea or fracarea", weight
        if np.all(sums < 1 + _SUM):
            return "dstarea", weight
        raise InputError(
            f"{path}: the weights of target {mapped[np.argmax(sums)] + 1} sum to {sums.max():.6g}, and there "
            "is no frac_b to say what they mean; write the file with fractions"
        )
    frac = target.frac[mapped]
    expected = {"dstarea": frac, "fracarea": np.ones(len(mapped))}
    scale = {"dstarea": np.ones(size), "fracarea": target.frac}
    if target.area is not None:
        expected["none"] = frac * target.area[mapped]
        scale["none"] = 1 / np.where(target.area > 0, target.area, np.inf)
    for name, value in expected.items():
        if np.all(np.abs(sums - value) <= _SUM * np.maximum(value, 1e-300 if name == "none" else 1.0)):
            return name, weight * scale[name][row]
    worst = int(np.argmax(np.minimum(np.abs(sums - frac), np.abs(sums - 1))))
    raise InputError(
        f"{path}: the weights of target {mapped[worst] + 1} sum to {sums[worst]:.6g}, which is neither its "
        f"frac_b ({frac[worst]:.6g}: destination area) nor 1 (fraction area); are these first-order "
        "conservative weights?"
    )


def _esmf_side(data: netCDF4.Dataset, letter: str) -> Side:
    size = data.dimensions[f"n_{letter}"].size if f"n_{letter}" in data.dimensions else None
    return Side(
        size,
        _optional(data, f"frac_{letter}"),
        _optional(data, f"area_{letter}"),
        _centres(data, f"xc_{letter}"),
        _centres(data, f"yc_{letter}"),
    )


def _scrip_side(data: netCDF4.Dataset, word: str) -> Side:
    dimension = f"{word}_grid_size"
    size = data.dimensions[dimension].size if dimension in data.dimensions else None
    return Side(
        size,
        _optional(data, f"{word}_grid_frac"),
        _optional(data, f"{word}_grid_area"),
        _centres(data, f"{word}_grid_center_lon"),
        _centres(data, f"{word}_grid_center_lat"),
    )


def _optional(data: netCDF4.Dataset, name: str) -> np.ndarray | None:
    return numbers(data, name).ravel() if name in data.variables else None


def _centres(data: netCDF4.Dataset, name: str) -> np.ndarray | None:
    units = attribute(data[name], "units") if name in data.variables else None
    if units is None:
        return None
    return to_degrees(numbers(data, name).ravel(), units, name, data.filepath())


def _window(data: netCDF4.Dataset) -> Rectangle | None:
    found = _WINDOW.match(str(getattr(data, "window", "")))
    if found is None:
        return None
    lon0, lat0, nx, ny = found.groups()
    return Rectangle.from_corner(float(lon0), float(lat0), int(nx), int(ny))
