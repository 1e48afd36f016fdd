"""An adapter in a bundle: ``adapter_NAME.nc`` (docs/contracts.md, "Adapter").

It holds the cross-walk of one land model as data: the shares of its targets in each class and climate zone,
the zones of the native cells, the description of the model's variables, and their upper bounds, which models
that allocate before they run ask for. Bounds are either of what is *possible* (100 wherever some class that
may come to a cell's land would make it, which no run can exceed) or of the *scenario* (its largest fractions
over all years, the initial map, and a margin); a run that exceeds those tells the log.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import netCDF4
import numpy as np
from numpy.typing import NDArray

from pylandbc.crosswalk.adapters import Adapter
from pylandbc.crosswalk.tables import LEGENDS
from pylandbc.errors import InputError

FORMAT = "landbc-adapter"
FORMAT_VERSION = 2
BOUNDS = ("possible", "scenario")
MARGIN = 0.1
"""By how much a class fraction may leave the scenario's range, where bounds are of the scenario."""


@dataclass(frozen=True)
class ClassRange:
    """Smallest and largest fraction of each class in the land of each native cell, over a whole run.

    Attributes
    ----------
    low, high
        (cell, class); ``high`` 0 for a class that cannot come.
    """

    low: NDArray[np.float64]
    high: NDArray[np.float64]


def possible(initial: NDArray[np.float64], sea: int) -> ClassRange:
    """Any class but sea may come to the land of a cell, none where there is no land.

    Parameters
    ----------
    initial
        Class fractions (cell, class) of the initial map.
    sea
        Class of the sea, which never changes.
    """
    land = np.delete(initial, sea, axis=1).sum(axis=1) > 0
    high = np.repeat(land[:, None].astype(float), initial.shape[1], axis=1)
    high[:, sea] = 0.0
    return ClassRange(np.zeros_like(high), high)


def of_scenario(
    initial: NDArray[np.float64], sea: int, demand: Mapping[int, NDArray[np.float64]], margin: float = MARGIN
) -> ClassRange:
    """The scenario's range, the initial map's, and a margin; classes unknown to the scenario may all come.

    Parameters
    ----------
    initial, sea
        As in `possible`.
    demand
        Fraction of land (year, cell) of each class that the scenario speaks of.
    margin
        Added above and taken away below.
    """
    widest = possible(initial, sea)
    low, high = widest.low.copy(), widest.high.copy()
    area = np.delete(initial, sea, axis=1).sum(axis=1, keepdims=True)
    of_land = np.divide(initial, area, out=np.zeros_like(initial), where=area > 0)
    for k, series in demand.items():
        high[:, k] *= np.clip(np.maximum(series.max(axis=0), of_land[:, k]) + margin, 0, 1)
        low[:, k] = (area[:, 0] > 0) * np.clip(np.minimum(series.min(axis=0), of_land[:, k]) - margin, 0, 1)
    return ClassRange(low, high)


def bounds(
    adapter: Adapter, legend: str, zones: NDArray[np.float64], classes: ClassRange
) -> dict[str, NDArray[np.float64]]:
    """Upper bounds of an adapter's variables.

    A row's share is ``n / (n + rest)``: its bound takes the most of the one and the least of the other, or,
    where that is less, the least that the whole group can have (land less the most of what lies outside).

    Parameters
    ----------
    adapter, legend
        What is made of which classes.
    zones
        Climate zone shares (cell, zone).
    classes
        Range of the class fractions.

    Returns
    -------
    dict
        Name of the bound to values (row, cell), in the variable's unit.
    """
    matrix = adapter.matrix(legend)
    # of each cell's own zones
    here = np.einsum("cz,ztk->ctk", zones, matrix)
    out = {}
    for output in adapter.outputs:
        if not output.maximum:
            continue
        group = adapter.groups[output.group]
        rows = np.stack([here[:, list(t)].sum(axis=1) for t in group.rows.values()], axis=1)
        most = np.einsum("crk,ck->cr", rows, classes.high)
        least = np.einsum("crk,ck->cr", rows, classes.low)
        rest = least.sum(axis=1, keepdims=True) - least
        outside = np.einsum("ck,ck->c", 1 - rows.sum(axis=1), classes.high)
        whole = np.maximum(most + rest, (classes.high.any(axis=1) - outside)[:, None])
        share = np.divide(np.minimum(most, whole), whole, out=np.zeros_like(most), where=most > 0)
        share[share > 1 - 1e-12] = 1.0
        # the row that stands in for an empty group
        share[:, group.empty] = np.where(least.sum(axis=1) > 0, share[:, group.empty], 1.0)
        out[output.maximum] = output.scale * share[:, list(output.rows)].T
    return out


def given_bounds(
    adapter: Adapter, path: Path, cell_id: NDArray[np.int64], otherwise: dict[str, NDArray[np.float64]]
) -> dict[str, NDArray[np.float64]]:
    """Bounds from a netCDF file: ``cell_id(cell)`` and any of the adapter's, ``NAME([row,] cell)``.

    Raises
    ------
    InputError
        If a cell is missing, or a bound has another shape or lies outside of 0 ... 1 (or 100).
    """
    with netCDF4.Dataset(path) as file:
        file.set_auto_mask(False)
        if "cell_id" not in file.variables:
            raise InputError(f"{path} has no cell_id(cell); bounds are matched by the native cells' ids")
        ids = np.asarray(file["cell_id"][:])
        order = np.argsort(ids)
        at = order[np.minimum(np.searchsorted(ids, cell_id, sorter=order), len(ids) - 1)]
        if not np.array_equal(ids[at], cell_id):
            raise InputError(f"{path} lacks cells of the bundle, e.g. id {cell_id[ids[at] != cell_id][0]}")
        out = dict(otherwise)
        for output in adapter.outputs:
            if output.maximum not in file.variables:
                continue
            values = np.asarray(file[output.maximum][:], dtype=float).reshape(-1, len(ids))[:, at]
            if values.shape[0] != len(output.rows):
                raise InputError(
                    f"{path}: {output.maximum} has {values.shape[0]} rows where {output.name} has "
                    f"{len(output.rows)}"
                )
            if not (np.all(values >= 0) and np.all(values <= output.scale)):
                raise InputError(f"{path}: {output.maximum} is not between 0 and {output.scale:g}")
            out[output.maximum] = values
    return out


def write_adapter(
    path: Path,
    adapter: Adapter,
    legend: str,
    zones: NDArray[np.float64],
    maxima: Mapping[str, NDArray[np.float64]],
    leaf_months: NDArray[np.float64] | None = None,
) -> None:
    """Write ``adapter_NAME.nc``.

    Parameters
    ----------
    path
        File to write.
    adapter, legend
        What is made of which classes.
    zones
        Climate zone shares (cell, zone), in the order of ``mesh.nc``; a row sums to 1, or is 0 for sea.
    maxima
        From `bounds`.
    leaf_months
        Mean leaf area index (month, cell) of a mean year, m2 m-2 of land; for adapters with stem area.
    """
    matrix = adapter.matrix(legend)
    with netCDF4.Dataset(path, "w") as file:
        file.format, file.format_version = FORMAT, np.int64(FORMAT_VERSION)
        file.document = json.dumps(adapter.document(legend))
        for name, extent in zip(("zone", "target", "class"), matrix.shape, strict=True):
            file.createDimension(name, extent)
        file.createDimension("cell", len(zones))
        share = file.createVariable("share", "f8", ("zone", "target", "class"), zlib=True)
        share.long_name = "share of each target in each class"
        share[:] = matrix
        zone = file.createVariable("zone_share", "f8", ("cell", "zone"), zlib=True)
        zone.long_name = "share of each climate zone in the cell"
        zone[:] = zones
        if leaf_months is not None:
            file.createDimension("month", 12)
            leaves = file.createVariable("leaf_area_cycle", "f8", ("month", "cell"), zlib=True)
            leaves.units, leaves.long_name = "1", "leaf area index of the land in a mean year"
            leaves[:] = leaf_months
        for output in adapter.outputs:
            if not output.maximum:
                continue
            row = f"row_{output.maximum}"
            file.createDimension(row, len(output.rows))
            bound = file.createVariable(output.maximum, "f8", (row, "cell"), zlib=True)
            bound.units, bound.long_name = output.unit, f"upper bound of {output.name}"
            bound[:] = maxima[output.maximum]


def adapter_file(name: str) -> str:
    """Name of an adapter's file in a bundle."""
    return f"adapter_{name}.nc"


def sea_class(legend: str) -> int:
    """The class of a legend that is sea."""
    return LEGENDS[legend].index("ocean" if legend == "land_use" else "Ocean")
