"""The end of a build: coordinates, attributes, statistics, checksums."""

from __future__ import annotations

import warnings
from dataclasses import asdict
from typing import Any

import numpy as np
import zarr

from pylandbc import __version__
from pylandbc.cube import statistics
from pylandbc.cube.build_land_cover import CLASS, LAND_COVER, YEAR
from pylandbc.cube.categories import categories_of
from pylandbc.cube.checksums import content_digest, write_manifest
from pylandbc.cube.config import CubeConfig
from pylandbc.cube.inputs import InputFile
from pylandbc.cube.layout import SCENARIO_VARIABLES, unit
from pylandbc.cube.storage import Storage, write_region
from pylandbc.cube.tasks import Outcome, Place
from pylandbc.errors import InputError
from pylandbc.legend import LAND_COVER_CLASSES
from pylandbc.sources.provenance import entry_of


def finish(
    place: Place, inputs: dict[str, InputFile], outcomes: dict[str, list[Outcome]], fingerprint: str
) -> None:
    """Coordinates, attributes, checksums."""
    config, folder = place.config, place.cube
    window, storage = config.window.window(), Storage(config.format, config.shard)
    group = zarr.open_group(str(folder), mode="r+", use_consolidated=False)
    records = [r for stage in outcomes.values() for outcome in stage for r in outcome.files]

    def write(name: str, values: np.ndarray, **attributes: Any) -> None:
        storage.create(group, name, values.shape, values.dtype, (name,), **attributes)
        records.extend(write_region(folder, name, (0,), values))

    write("year", np.array(config.years(), dtype=np.int32))
    write("scenario_year", np.array(config.scenario_years(), dtype=np.int32))
    write("month", np.arange(1, 13, dtype=np.int32))
    north = {"units": "degrees_north", "standard_name": "latitude"}
    east = {"units": "degrees_east", "standard_name": "longitude"}
    write("y", window.latitude, **north)
    write("lat", window.coarse_latitude, **north)
    write("x", window.longitude, **east)
    write("lon", window.coarse_longitude, **east)
    names = SCENARIO_VARIABLES[config.scenario_source]
    text = np.dtypes.StringDType()
    statics, weather = config.static_names(), config.climate.names()
    for kind, variables in (("static", statics), ("climate", weather), ("scenario", names)):
        write(f"{kind}_variable", np.array(variables, dtype=text))
    categories = categories_of(config)
    if categories:
        write("category", np.array([category.name for category in categories], dtype=text))
    if config.land_cover is not None:
        write(YEAR, np.array(config.land_cover.all_years(), dtype=np.int32))
        if config.land_cover.fractions:
            write(CLASS, np.arange(1, len(LAND_COVER_CLASSES), dtype=np.int32))
    if config.population is not None:
        write("population_year", np.array(config.population.all_years(), dtype=np.int32))
    summary = _summary(config, outcomes)

    provenance: dict[str, dict[str, str]] = {}
    for stage in outcomes.values():
        for outcome in stage:
            for file, attributes in outcome.provenance.items():
                entry = entry_of(attributes, place.root) | {"sha256": inputs[file].sha256}
                provenance.setdefault(file, entry)

    by_array: dict[str, list[dict[str, Any]]] = {}
    for record in records:
        if record["group"] == folder.name:
            by_array.setdefault(record["array"], []).append(record)
    for name in sorted(set(group.array_keys()) - by_array.keys()):
        # of an interrupted build whose configuration had more
        del group[name]
    for name, lines in by_array.items():
        write_manifest(folder, name, lines)
    group.attrs.update(
        {
            "window": [window.row, window.col, window.rows, window.cols],
            "scenario_source": config.scenario_source,
            "training_years": sorted(config.training_years),
            "units": {name: unit(name) for name in (*statics, *weather, *names, *summary)}
            | {entry.name: entry.unit for entry in config.fields},
            "provenance": list(provenance.values()),
            "statistics": summary,
            "class_shares": _class_shares(config, outcomes),
            **_flicker(config, outcomes),
            "categories": [category.as_dict() for category in categories],
            "created_by": f"pylandbc {__version__}",
            "fingerprint": fingerprint,
            "inputs": [asdict(entry) for entry in inputs.values()],
            "content_sha256": content_digest(folder, list(by_array)),
            "state": "complete",
        }
    )
    with warnings.catch_warnings():
        # consolidated metadata is an extension that every Zarr v3 reader may ignore
        warnings.filterwarnings("ignore", message=".*[Cc]onsolidated metadata.*")
        zarr.consolidate_metadata(str(folder))


def _flicker(config: CubeConfig, outcomes: dict[str, list[Outcome]]) -> dict[str, Any]:
    """What was taken out of the land-use maps, if anything was to be."""
    if not config.remove_flicker:
        return {}
    changed = sum(outcome.numbers["flicker"] for outcome in outcomes["land and ocean"])
    return {"flicker_removed": {"longest_years": config.remove_flicker, "pixel_years": changed}}


def _summary(config: CubeConfig, outcomes: dict[str, list[Outcome]]) -> dict[str, dict[str, float]]:
    """Mean and standard deviation of every variable.

    Raises
    ------
    InputError
        A vegetation series that has nothing of the training years.
    """
    moments: dict[str, statistics.Moments] = {}

    def add(found: dict[str, Any]) -> None:
        for name, numbers in found.items():
            part = statistics.Moments(*numbers)
            moments[name] = moments[name].joined(part) if name in moments else part

    for stage in ("statistics", "coarse statistics", "carbon dioxide"):
        for outcome in outcomes.get(stage, []):
            add(outcome.numbers)
    first, last = min(config.training_years), max(config.training_years)
    for entry in config.vegetation:
        for outcome in outcomes[entry.variable]:
            if first <= outcome.numbers["year"] <= last:
                add({entry.variable: outcome.numbers[entry.variable]})
        if entry.variable not in moments or moments[entry.variable].weight <= 0:
            raise InputError(
                f"{entry.variable} has no value on known land in the training years {first} ... {last}; "
                "add files of these years"
            )
    return {name: m.summary() for name, m in moments.items()} | {"land_mask": {"mean": 0.0, "std": 1.0}}


def _class_shares(config: CubeConfig, outcomes: dict[str, list[Outcome]]) -> dict[str, dict[str, float]]:
    """Share of each code in the known land area, of land cover in the training years (all years if there are
    none of them)."""
    areas: dict[str, np.ndarray] = {}
    first, last = min(config.training_years), max(config.training_years)
    years = config.land_cover.all_years() if config.land_cover is not None else []
    inside = [year for year in years if first <= year <= last] or years
    for stage, names in (
        ("soil, slope, climate classes", {c.name: c.name for c in categories_of(config)}),
        ("land cover", {f"{LAND_COVER} {year}": LAND_COVER for year in inside}),
    ):
        for outcome in outcomes.get(stage, []):
            for label in names.keys() & outcome.numbers.keys():
                total = areas.setdefault(names[label], np.zeros(256))
                total[: len(outcome.numbers[label])] += outcome.numbers[label]
    return {
        name: {str(code): float(area[code] / area.sum()) for code in np.flatnonzero(area).tolist()}
        for name, area in areas.items()
    }
