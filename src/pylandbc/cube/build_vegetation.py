"""Build tasks for vegetation series such as leaf area index: a regular axis of dekads or months, packed.

Steps without a file are missing as a whole, so that the steps before a given one are found by counting. A
month is the mean of the maps whose middle lies in it; observed values go before those that the producer
filled.
"""

from __future__ import annotations

import numpy as np
import xarray as xr
import zarr

from pylandbc.cube.build_climate import DAYS
from pylandbc.cube.build_land import read_part
from pylandbc.cube.build_layers import Span, known_area
from pylandbc.cube.config import resolve
from pylandbc.cube.layer_config import VegetationFiles
from pylandbc.cube.layout import STATIC_VARIABLES
from pylandbc.cube.statistics import Moments
from pylandbc.cube.storage import Storage, open_array, write_region
from pylandbc.cube.tasks import Outcome, Place
from pylandbc.cube.vegetation import MISSING, VEGETATION, Reading
from pylandbc.errors import InputError
from pylandbc.sources.dekad import dekad_end, dekads_between
from pylandbc.sources.provenance import FIELDS

Day = np.datetime64
Step = tuple[str, tuple[str, str], list[str]]
"""Last day of a step, first and last date of the maps that belong to it, and their files."""


def survey(entry: VegetationFiles, place: Place) -> list[Step]:
    """The steps of the time axis.

    Raises
    ------
    InputError
        A file without a date, or no file within ``first`` ... ``last``.
    """
    product = VEGETATION[entry.variable].products[entry.product]
    maps = [(day, file) for file in entry.files for day in product.dates(resolve(file, place.root))]
    if not maps:
        raise InputError(f"none of {', '.join(entry.files)} is a map of {entry.variable}")
    half = np.timedelta64(product.length // 2, "D")
    by_step: dict[Day, list[tuple[Day, str]]] = {}
    for day, file in maps:
        by_step.setdefault(_end_of(day + half, entry.step), []).append((day, file))
    first = Day(f"{entry.first}-01", "D") if entry.first else min(by_step)
    last = _end_of(Day(f"{entry.last}-21", "D"), entry.step) if entry.last else max(by_step)
    axis = dekads_between(first, last)
    if entry.step == "month":
        axis = np.unique([_end_of(day, "month") for day in axis])
    if not set(axis.tolist()) & {day.tolist() for day in by_step}:
        raise InputError(f"no file of {entry.variable} lies within {axis[0]} ... {axis[-1]}")
    steps: list[Step] = []
    for end in axis:
        found = sorted(by_step.get(end, []))
        days = (str(found[0][0]), str(found[-1][0])) if found else (str(end), str(end))
        steps.append((str(end), days, list(dict.fromkeys(file for _, file in found))))
    return steps


def write_axis(place: Place, variable: str, steps: list[Step], blocks: list[Outcome]) -> Outcome:
    """The time coordinate (the last day of each step), and the share of the known land that has a value."""
    axis, config, outcome = f"{variable}_time", place.config, Outcome()
    days = np.array([end for end, _, _ in steps], dtype="datetime64[D]").astype(np.int32)
    areas = np.zeros((2, len(steps)))
    for block in blocks:
        areas[:, block.numbers["position"]] += block.numbers[variable][0], block.numbers["area"]
    share = (areas[0] / np.maximum(areas[1], 1.0)).astype(np.float32)
    group = zarr.open_group(str(place.cube), mode="r+", use_consolidated=False)
    storage = Storage(config.format, config.shard)
    for name, values, attributes in ((axis, days, DAYS), (f"{variable}_coverage", share, {"units": "1"})):
        storage.create(group, name, values.shape, values.dtype, (axis,), **attributes)
        outcome.files += write_region(place.cube, name, (0,), values)
    return outcome


def _end_of(day: Day, step: str) -> Day:
    if step == "dekad":
        return dekad_end(np.array([day]))[0]
    return (day.astype("datetime64[M]") + 1).astype("datetime64[D]") - 1


def write_step(
    place: Place,
    variable: str,
    product: str,
    year: int,
    days: tuple[str, str],
    files: list[str],
    position: int,
    rows: Span,
    cols: Span,
) -> Outcome:
    """One step on one block, and its moments on known land."""
    outcome = Outcome()
    mask = open_array(place.cube, "static")[STATIC_VARIABLES.index("land_mask"), slice(*rows), slice(*cols)]
    land = np.asarray(mask) == 1
    values = np.full(land.shape, np.nan, dtype=np.float32)
    quality = np.zeros(land.shape, dtype=np.uint8)
    entry = VEGETATION[variable]
    if files:
        reading = _read(place, variable, product, days, files, rows, cols, outcome)
        if reading is not None:
            values, quality = combine(reading)
    values[~land], quality[~land] = np.nan, MISSING
    start = (position, rows[0], cols[0])
    outcome.files += write_region(place.cube, variable, start, entry.pack(values)[None])
    outcome.files += write_region(place.cube, f"{variable}_quality", start, quality[None])
    area = known_area(place, rows, cols)
    moments = Moments.of(values, area)
    outcome.numbers = {"year": year, "position": position, "area": float(area.sum())}
    outcome.numbers[variable] = [moments.weight, moments.mean, moments.squares]
    return outcome


def _read(
    place: Place,
    variable: str,
    product: str,
    days: tuple[str, str],
    files: list[str],
    rows: Span,
    cols: Span,
    outcome: Outcome,
) -> Reading | None:
    paths = [resolve(file, place.root) for file in files]
    read = VEGETATION[variable].products[product].read

    def dataset(_: object, window: object) -> xr.Dataset:
        found = read(paths, window, (Day(days[0], "D"), Day(days[1], "D")))  # type: ignore[arg-type]
        fields = {"values": found.values, "quality": found.quality}
        return xr.Dataset({n: (("time", "y", "x"), v) for n, v in fields.items()}, attrs=found.attributes)

    part = read_part(dataset, place, files[0], rows, cols, outcome)
    for file, path in zip(files[1:], paths[1:], strict=True):
        if part is not None:
            attributes = {name: str(part.attrs[name]) for name in FIELDS if name in part.attrs}
            outcome.provenance[file] = attributes | {"file": str(path)}
    return None if part is None else Reading(part["values"].values, part["quality"].values, {})


def combine(reading: Reading) -> tuple[np.ndarray, np.ndarray]:
    """Maps of one step to one, float32 and uint8 (y, x): the mean of those of the best quality."""
    best = reading.quality.max(axis=0)
    used = (reading.quality == best) & (best > MISSING)
    total = np.where(used, reading.values, 0.0).sum(axis=0, dtype=np.float64)
    with np.errstate(invalid="ignore"):
        mean = total / np.where(used.any(axis=0), used.sum(axis=0), np.nan)
    return mean.astype(np.float32), best.astype(np.uint8)
