"""Applying a cross-walk: class fractions of native cells to the variables that a land model reads.

Shares of a group are normalised by their sum, and what rounding leaves goes to the largest of them, so that
they sum to 1 (or 100) within a few units in the last place. The C++ engine does the same on the same
description.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from pylandbc.crosswalk.adapters import CANOPY, Adapter, Group, read_adapter
from pylandbc.crosswalk.canopy import share_leaf_area, stem_area
from pylandbc.crosswalk.tables import LEGENDS, ZONES
from pylandbc.crosswalk.zones import zones_of_koeppen
from pylandbc.errors import InputError

SUM = 1e-6
"""Class fractions of a cell sum to 1 within this, or to 0 where nothing is known."""


def targets(adapter: Adapter, legend: str, fractions: ArrayLike, zones: ArrayLike) -> NDArray[np.float64]:
    """Fractions of an adapter's targets.

    Parameters
    ----------
    adapter, legend
        What to make, and what the classes are.
    fractions
        Class fractions (..., class), each row summing to 1 (or 0 where nothing is known).
    zones
        Zone shares (..., zone), or Koeppen-Geiger codes (...) as whole numbers.

    Returns
    -------
    numpy.ndarray
        (..., target), each row summing to what its class fractions do.

    Raises
    ------
    InputError
        If shapes do not fit, fractions are no fractions, or a cell with land has no zone.
    """
    given = np.asarray(fractions, dtype=float)
    classes = LEGENDS.get(legend, ())
    matrix = adapter.matrix(legend)
    if given.shape[-1:] != (len(classes),):
        raise InputError(
            f"class fractions of legend {legend} have {len(classes)} classes, not {given.shape[-1:]}"
        )
    total = given.sum(axis=-1)
    if not np.all(given >= 0) or not np.all((np.abs(total - 1) < SUM) | (total == 0)):
        raise InputError(
            "class fractions are negative, missing, or do not sum to 1 (0 where nothing is known)"
        )
    where = np.asarray(zones)
    if where.shape == given.shape[:-1] and np.issubdtype(where.dtype, np.integer):
        where = zones_of_koeppen(where)
    if where.shape != (*given.shape[:-1], len(ZONES)):
        raise InputError(
            f"climate zones of shape {where.shape} do not fit class fractions of shape {given.shape}; give "
            f"shares (..., {len(ZONES)}) or Koeppen-Geiger codes of the cells as whole numbers"
        )
    where = _with_zone(matrix, given, where)
    out = np.zeros((*given.shape[:-1], matrix.shape[1]))
    for z in range(len(ZONES)):
        out += where[..., z, None] * (given @ matrix[z].T)
    return out


def _with_zone(
    matrix: NDArray[np.float64],
    given: NDArray[np.float64],
    where: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Zones with one for cells that need none: those whose classes are the same in every zone (sea, say)."""
    missing = where.sum(axis=-1) == 0
    if missing.any():
        split = (matrix != matrix[:1]).any(axis=(0, 1))
        needing = missing & (given[..., split].sum(axis=-1) > 0)
        if needing.any():
            first = tuple(int(i) for i in np.argwhere(needing)[0])
            raise InputError(
                f"{int(needing.sum())} cells with land have no climate zone (the first at {first}); give "
                "zones from the climate, or those of the nearest cell"
            )
        where = where.copy()
        where[missing, 0] = 1.0
    if not np.all(where >= 0) or not np.all(np.abs(where.sum(axis=-1) - 1) < SUM):
        raise InputError("climate zone shares are negative, missing, or do not sum to 1")
    return where / where.sum(axis=-1, keepdims=True)


def shares(group: Group, target: NDArray[np.float64]) -> NDArray[np.float64]:
    """Shares of a group's rows, (..., row) from (..., target); each sums to 1."""
    rows = np.stack(
        [sum((target[..., t] for t in row), np.zeros(target.shape[:-1])) for row in group.rows.values()], -1
    )
    total = rows.sum(axis=-1, keepdims=True)
    out = np.divide(rows, total, out=np.zeros_like(rows), where=total > 0)
    out[..., group.empty] = np.where(total[..., 0] > 0, out[..., group.empty], 1.0)
    # What rounding left, to the largest.
    largest = out.argmax(axis=-1)[..., None]
    rest = 1.0 - out.sum(axis=-1, keepdims=True)
    np.put_along_axis(out, largest, np.take_along_axis(out, largest, -1) + rest, -1)
    return out


def canopy_of(
    adapter: Adapter,
    target: NDArray[np.float64],
    leaf_area: ArrayLike | None = None,
    leaf_months: ArrayLike | None = None,
) -> dict[str, NDArray[np.float64]]:
    """Leaf area, stem area and heights of the rows of an adapter's canopy.

    Parameters
    ----------
    adapter
        One that has a canopy.
    target
        From `targets`, (..., target).
    leaf_area
        Mean leaf area index of the land (...), m2 m-2.
    leaf_months
        The same of January ... December (12, ...), for stem area.

    Returns
    -------
    dict
        ``leaf_area``, ``height_top``, ``height_bottom`` (..., row), ``stem_area`` (12, ..., row), as far as
        there is what they are made of: each row has the properties of its largest target.
    """
    canopy = adapter.canopy
    assert canopy is not None
    members = list(canopy.rows.values())
    area = [target[..., list(row)] for row in members]
    largest = [one.argmax(axis=-1) for one in area]

    def column(values: tuple[tuple[float, ...], ...]) -> NDArray[np.float64]:
        return np.stack([np.asarray(v)[at] for v, at in zip(values, largest, strict=True)], -1)

    land = sum(
        (target[..., t] for t in list(adapter.groups[canopy.group].rows.values())[canopy.row]),
        np.zeros(target.shape[:-1]),
    )
    fractions = np.stack([one.sum(axis=-1) for one in area], -1)
    of_land = np.divide(fractions, land[..., None], out=np.zeros_like(fractions), where=land[..., None] > 0)
    weights = column(canopy.weights)
    out = {name: column(canopy.stems[name]) for name in ("height_top", "height_bottom") if canopy.stems}
    if leaf_area is not None:
        out["leaf_area"] = share_leaf_area(leaf_area, of_land, weights)
    if leaf_months is not None and canopy.stems:
        leaves = share_leaf_area(leaf_months, of_land, weights)
        out["stem_area"] = stem_area(
            leaves, column(canopy.stems["stem_keep"]), column(canopy.stems["stem_minimum"])
        )
    return out


def evaluate(
    adapter: Adapter,
    target: NDArray[np.float64],
    leaf_area: ArrayLike | None = None,
    leaf_months: ArrayLike | None = None,
    month: int = 12,
) -> dict[str, NDArray[np.float64]]:
    """All outputs of an adapter from the fractions of its targets.

    Parameters
    ----------
    adapter
        What to make.
    target
        From `targets`, (..., target).
    leaf_area
        Mean leaf area index of the land (...), m2 m-2; without it outputs of leaf area are left out.
    leaf_months, month
        The same of January ... December (12, ...), and the month, 1 ... 12, whose stem area is wanted;
        without them outputs of stem area are left out.

    Returns
    -------
    dict
        Name to values (...) or (..., row), in the output's unit.
    """
    made = [shares(group, target) for group in adapter.groups]
    canopy = {} if adapter.canopy is None else canopy_of(adapter, target, leaf_area, leaf_months)
    if "stem_area" in canopy:
        canopy["stem_area"] = canopy["stem_area"][month - 1]
    out: dict[str, NDArray[np.float64]] = {}
    for output in adapter.outputs:
        if output.kind in CANOPY:
            if output.kind in canopy:
                rows = canopy[output.kind][..., list(output.rows)]
                out[output.name] = rows if output.dimension else rows[..., 0]
            continue
        if output.kind == "category":
            areas = target[..., list(output.targets)]
            codes = np.array(output.codes, dtype=float)[areas.argmax(axis=-1)]
            out[output.name] = np.where(areas.max(axis=-1) > 0, codes, 0.0)
            continue
        values = output.scale * made[output.group][..., list(output.rows)]
        out[output.name] = values if output.dimension else values[..., 0]
    return out


def apply(
    adapter: str | Adapter,
    fractions: ArrayLike,
    zones: ArrayLike,
    legend: str = "land_use",
    leaf_area: ArrayLike | None = None,
    leaf_months: ArrayLike | None = None,
    month: int = 12,
) -> dict[str, NDArray[np.float64]]:
    """Class fractions to what a land model reads.

    Parameters
    ----------
    adapter
        Its name (``ctsm``, ``jules9`` ...), or an adapter.
    fractions
        Class fractions (..., class), on any mesh, e.g. ``StepResult.land_use_fraction``.
    zones
        Zone shares (..., zone) of :mod:`pylandbc.crosswalk.zones`, or Koeppen-Geiger codes (...).
    legend
        What the classes are, one of :data:`pylandbc.crosswalk.tables.LEGENDS`.
    leaf_area
        Mean leaf area index of the land (...), m2 m-2, for the variables that are made of it.
    leaf_months, month
        For stem area, see `evaluate`.

    Returns
    -------
    dict
        The model's variables by name, (...) or (..., row).

    Raises
    ------
    InputError
        See `targets`.
    """
    found = read_adapter(adapter) if isinstance(adapter, str) else adapter
    return evaluate(found, targets(found, legend, fractions, zones), leaf_area, leaf_months, month)


def apply_dataset(
    adapter: str | Adapter,
    fractions: xr.DataArray,
    zones: xr.DataArray,
    legend: str = "land_use",
    class_dim: Hashable = "land_use_class",
) -> xr.Dataset:
    """As `apply`, on xarray arrays of any dimensions (time, y and x, cell ...).

    Parameters
    ----------
    adapter, legend
        As there.
    fractions
        Class fractions with dimension `class_dim`.
    zones
        Koeppen-Geiger codes, or shares with dimension ``zone``; dimensions that it lacks are broadcast.
    class_dim
        Name of the dimension of the classes.

    Returns
    -------
    xarray.Dataset
        The model's variables with their names, units and dimensions.

    Raises
    ------
    InputError
        The fractions have no such dimension, or as of `apply`.
    """
    found = read_adapter(adapter) if isinstance(adapter, str) else adapter
    if class_dim not in fractions.dims:
        raise InputError(
            f"class fractions have no dimension {class_dim!r}, only {', '.join(map(str, fractions.dims))}"
        )
    given = fractions.transpose(..., class_dim)
    rest = given.isel({class_dim: 0}, drop=True)
    wide = zones.broadcast_like(rest)
    order = (*rest.dims, *(d for d in wide.dims if d not in rest.dims))
    values = apply(found, given.values, wide.transpose(*order).values, legend)
    variables: Mapping[Hashable, xr.DataArray] = {
        o.name: xr.DataArray(
            values[o.name],
            dims=(*rest.dims, *((o.dimension,) if o.dimension else ())),
            attrs={"long_name": o.long_name, "units": o.unit},
        )
        for o in found.outputs
        if o.name in values
    }
    dataset = xr.Dataset(
        variables, coords=rest.coords, attrs={"adapter": found.name, "source_legend": legend}
    )
    for o in found.outputs:
        if o.name in values and o.dimension and o.dimension not in dataset.coords:
            dataset[f"{o.dimension}_name"] = (o.dimension, list(o.labels))
    return dataset
