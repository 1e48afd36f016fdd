"""The coupled engine without a land-surface model: forcing from an xarray dataset, outputs in another.

Datasets have the dimensions ``time`` and ``cell``, a coordinate ``cell_id``, and intervals as CF has them:
the bounds of ``time`` where there are any; else times are the beginnings of regular intervals (hours, days,
months) that follow each other, the last as long as the one before it. The inputs of a recorded run are such a
dataset, and its outputs are what comes out of it (``Recording.inputs_dataset``,
``Recording.outputs_dataset``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import cftime
import numpy as np
import xarray as xr
from numpy.typing import NDArray

from pylandbc.couple.engine import Coupler
from pylandbc.couple.intervals import Interval, engine_date
from pylandbc.errors import InputError
from pylandbc.progress import Tell

CALENDARS = {"gregorian": "standard", "365_day": "noleap"}
"""Other names of the engine's calendars."""
MONTHS = 1.2
"""Longest of intervals without bounds over the shortest: months are between 28 and 31 days long."""
BLOCK_BYTES = 64 * 2**20
"""Forcing that is loaded at once."""


def run(
    bundle: Path | str,
    forcing: xr.Dataset,
    outputs: Collection[str] | None = None,
    tell: Tell | None = None,
    **options: Any,
) -> xr.Dataset:
    """Run a bundle over a dataset of forcing.

    Parameters
    ----------
    bundle
        The bundle's directory.
    forcing
        Inputs by their names, (time, cell) in any order, each with ``units``; ``cell_id`` (cell). It may be
        lazy: it is loaded some intervals at a time.
    outputs
        Names of those that are wanted; all by default.
    tell
        Hears the share done.
    options
        Of ``Coupler``: ``direction``, ``recording``, ``threads`` ...; ``start`` and ``calendar`` are the
        forcing's.

    Returns
    -------
    xr.Dataset
        Outputs (time, cell) and (time, cell, class) with ``units``, the classes' names as coordinates,
        ``time_bnds``, and ``changed`` (time): flags of the emulators that ran.

    Raises
    ------
    InputError
        The forcing lacks something, or its intervals do not follow each other.
    LandbcError
        The engine refuses the run or a step.
    """
    cells = _cells(forcing)
    calendar, intervals = _intervals(forcing)
    names = [str(name) for name, field in forcing.data_vars.items() if set(field.dims) == {"time", "cell"}]
    units = {name: _unit(forcing[name]) for name in names}
    backwards = options.get("direction", 1) == -1
    first = intervals[-1].end if backwards else intervals[0].begin
    found: dict[str, NDArray[np.float64]] = {}
    changed = np.zeros(len(intervals), np.int32)
    with Coupler(bundle, cells, engine_date(first), calendar, **options) as coupler:
        wanted = {v.name for v in coupler.inputs if not v.from_bundle}
        taken = [name for name in names if name in wanted]
        if missing := sorted(wanted - set(taken)):
            raise InputError(
                f"the forcing lacks {', '.join(missing)} (time, cell), which {bundle} wants; it has "
                f"{', '.join(names) or 'no such field'} (from_bundle takes what the bundle's series supply)"
            )
        for at, inputs in _blocks(forcing, taken, len(intervals), backwards):
            given = {name: (values, units[name]) for name, values in inputs.items()}
            result = coupler.step(intervals[at].date, intervals[at].seconds, given, outputs)
            for name, values in result.outputs.items():
                if name not in found:
                    found[name] = np.empty((len(intervals), *values.shape))
                found[name][at] = values
            changed[at] = result.flags
            if tell is not None:
                done = len(intervals) - at if backwards else at + 1
                tell("coupled run", done / len(intervals))
        variables = {v.name: (v.unit, v.classes) for v in coupler.outputs}
        classes = coupler.classes_of
    made = dataset(intervals, cells, found, variables, classes, calendar)
    return with_changed(made, changed, bundle)


def with_changed(made: xr.Dataset, changed: NDArray[np.int32], bundle: Path | str) -> xr.Dataset:
    """Outputs with the flags of each interval, int32 (time,), and the bundle's name."""
    told = {"long_name": "emulators that ran since the interval before", "comment": "bits of landbc_changed"}
    return made.assign(changed=("time", changed, told)).assign_attrs(bundle=str(bundle))


def dataset(
    intervals: Sequence[Interval],
    cells: NDArray[np.int64],
    fields: dict[str, NDArray[Any]],
    variables: dict[str, tuple[str, str | None]],
    classes: dict[str, list[str]],
    calendar: str,
) -> xr.Dataset:
    """Fields of a run as a CF dataset.

    Parameters
    ----------
    fields
        (time, cell) or (time, cell, class).
    variables
        Unit of each, and the quantity whose classes are its last axis.
    classes
        Names of the classes by quantity.
    """
    times = xr.CFTimeIndex([interval.begin for interval in intervals])
    bounds = np.array([[interval.begin, interval.end] for interval in intervals])
    arrays: dict[str, Any] = {"time_bnds": (("time", "bounds"), bounds)}
    coordinates: dict[str, Any] = {
        "time": ("time", times, {"bounds": "time_bnds", "axis": "T"}),
        "cell_id": ("cell", cells, {"long_name": "global id of the native cell"}),
    }
    for name, values in fields.items():
        unit, of = variables[name]
        dims = ("time", "cell") if of is None else ("time", "cell", f"{of}_class")
        arrays[name] = (dims, values, {"units": unit})
        if of is not None:
            coordinates[f"{of}_class"] = classes[of]
    made = xr.Dataset(arrays, coordinates, {"Conventions": "CF-1.11", "calendar": calendar})
    # Files then have the times and their bounds in one unit, to the second.
    units = f"seconds since {intervals[0].begin.year:04d}-01-01"
    made["time"].encoding = {"units": units, "calendar": calendar, "dtype": "int64"}
    return made


def _cells(forcing: xr.Dataset) -> NDArray[np.int64]:
    for name in ("time", "cell"):
        if name not in forcing.dims:
            raise InputError(
                f"the forcing has no dimension {name!r} (it has {', '.join(map(str, forcing.dims))}); rename "
                "its own, and stack horizontal ones: forcing.stack(cell=('lat', 'lon'))"
            )
    if "cell_id" not in forcing or forcing["cell_id"].dims != ("cell",):
        raise InputError(
            "the forcing has no cell_id (cell): the global ids of its cells, as in the bundle's mesh.nc"
        )
    return np.asarray(forcing["cell_id"].values, dtype=np.int64)


def _unit(field: xr.DataArray) -> str:
    if "units" not in field.attrs:
        raise InputError(f"the forcing's {field.name} has no attribute units; set it, for example to 'K'")
    return str(field.attrs["units"])


def _intervals(forcing: xr.Dataset) -> tuple[str, list[Interval]]:
    """The run's calendar, and its intervals in ascending order."""
    time = forcing["time"]
    try:
        calendar = str(time.dt.calendar)
    except (AttributeError, TypeError) as error:
        raise InputError("the forcing's time is no time coordinate: decode it (xarray.decode_cf)") from error
    calendar = CALENDARS.get(calendar, calendar)
    named = forcing.get(str(time.attrs.get("bounds", time.encoding.get("bounds", "time_bnds"))))
    if named is not None:
        ends = [[_moment(moment, calendar) for moment in pair] for pair in named.values]
    else:
        begins = [_moment(moment, calendar) for moment in time.values]
        if len(begins) < 2:
            raise InputError("the forcing has one time and no bounds; give time_bnds")
        ends = [[a, b] for a, b in pairwise([*begins, begins[-1] + (begins[-1] - begins[-2])])]
        lengths = [(b - a).total_seconds() for a, b in ends]
        longest = int(np.argmax(lengths))
        if lengths[longest] > MONTHS * min(lengths) > 0:
            days = [seconds / 86400 for seconds in lengths]
            raise InputError(
                f"the forcing's times have no bounds and are not regular: from {begins[longest]} to the next "
                f"it is {days[longest]:g} days, elsewhere {min(days):g}; fill the gap, or give time_bnds"
            )
    intervals = [Interval(*pair) for pair in ends]
    for number, (before, after) in enumerate(pairwise(intervals)):
        if before.end != after.begin:
            raise InputError(
                f"interval {number} of the forcing ends at {before.end}, the next begins at {after.begin}; "
                "they must follow each other (sort by time, fill gaps)"
            )
    return calendar, intervals


def _moment(value: Any, calendar: str) -> cftime.datetime:
    if isinstance(value, cftime.datetime):
        return value
    stamp = np.datetime64(value, "s").item()
    return cftime.datetime(
        stamp.year, stamp.month, stamp.day, stamp.hour, stamp.minute, stamp.second, calendar=calendar
    )


def _blocks(
    forcing: xr.Dataset, names: list[str], count: int, backwards: bool
) -> Iterator[tuple[int, dict[str, NDArray[Any]]]]:
    """Number of each interval in the order of the run, and its inputs (cell)."""
    row = sum(forcing[name].dtype.itemsize * forcing.sizes["cell"] for name in names)
    length = max(1, BLOCK_BYTES // max(row, 1))
    begins = range(0, count, length)
    for begin in reversed(begins) if backwards else begins:
        here = forcing[names].isel(time=slice(begin, begin + length)).transpose("time", "cell")
        loaded = {name: np.asarray(here[name].values) for name in names}
        numbers = range(begin, min(begin + length, count))
        for at in reversed(numbers) if backwards else numbers:
            yield at, {name: values[at - begin] for name, values in loaded.items()}
