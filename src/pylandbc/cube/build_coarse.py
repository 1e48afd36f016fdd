"""Build tasks on the 0.25 degree grid: class fractions and transitions of the maps, the scenario, population.

Coarse fields keep their own resolution and have no gaps (nearest cell that has a value). Fractions of a map
are formed band by band, so that no year is ever in memory as a whole.
"""

from __future__ import annotations

import numpy as np

from pylandbc.cube import luh2_classes
from pylandbc.cube.config import resolve
from pylandbc.cube.fractions import class_fractions, class_transitions
from pylandbc.cube.layout import SCENARIO_VARIABLES
from pylandbc.cube.nearest_fill import fill_nearest, filled
from pylandbc.cube.storage import open_array, write_region
from pylandbc.cube.tasks import Outcome, Place
from pylandbc.grid.window import COARSE, Window
from pylandbc.legend import TRANSITIONS
from pylandbc.sources.luh2 import read_luh2, read_luh2_transitions
from pylandbc.sources.population import read_population
from pylandbc.sources.provenance import FIELDS

BAND = 2000
"""Rows of pixels in one band: whole 0.25 degree cells."""
STAGED_FRACTIONS = "fractions"
STAGED_TRANSITIONS = "transitions"


def bands(window: Window) -> list[tuple[int, int]]:
    """First and last-plus-one row of each band."""
    return [(start, min(start + BAND, window.rows)) for start in range(0, window.rows, BAND)]


def band_window(window: Window, rows: tuple[int, int]) -> Window:
    """The part of the window in a band."""
    return Window(window.row + rows[0], window.col, rows[1] - rows[0], window.cols)


def stage_fractions(place: Place, position: int) -> Outcome:
    """Area fractions of the classes in one map, without gaps: float64 (class, lat, lon)."""
    window = place.config.window.window()
    land_use = open_array(place.cube, "land_use")
    parts = [
        class_fractions(np.asarray(land_use[position, slice(*rows)]), band_window(window, rows))
        for rows in bands(window)
    ]
    names = SCENARIO_VARIABLES["hilda_fractions"]
    values = np.concatenate(parts, axis=1)
    filled = np.stack([fill_nearest(field, window, name) for field, name in zip(values, names, strict=True)])
    return Outcome(files=write_region(place.staging, STAGED_FRACTIONS, (position, 0, 0, 0), filled[None]))


def stage_transitions(place: Place) -> Outcome:
    """Transitions from map to map, added up since the first one: float64 (transition, lat, lon) for each map.

    One task for all maps, as each builds on the one before.
    """
    window = place.config.window.window()
    land_use = open_array(place.cube, "land_use")
    sums = np.zeros((len(TRANSITIONS), *window.coarse_shape))
    outcome = Outcome()
    for position in range(len(place.config.years())):
        if position > 0:
            parts = [
                class_transitions(
                    np.asarray(land_use[position - 1, slice(*rows)]),
                    np.asarray(land_use[position, slice(*rows)]),
                    band_window(window, rows),
                )
                for rows in bands(window)
            ]
            changed = np.concatenate(parts, axis=1)
            sums += [
                fill_nearest(part, window, name) for part, name in zip(changed, TRANSITIONS, strict=True)
            ]
        outcome.files += write_region(place.staging, STAGED_TRANSITIONS, (position, 0, 0, 0), sums[None])
    return outcome


def interpolate_maps(place: Place, year: int, position: int) -> Outcome:
    """Scenario of one year from the maps before and after it, linear in time."""
    years = np.array(place.config.years())
    upper = int(np.clip(np.searchsorted(years, year, side="left"), min(1, len(years) - 1), len(years) - 1))
    lower = max(upper - 1, 0)
    share = (year - years[lower]) / (years[upper] - years[lower]) if upper > lower else 0.0
    names = [STAGED_FRACTIONS]
    if place.config.scenario_source == "hilda_transitions":
        names.append(STAGED_TRANSITIONS)
    parts = []
    for name in names:
        staged = open_array(place.staging, name)
        parts.append((1 - share) * np.asarray(staged[lower]) + share * np.asarray(staged[upper]))
    values = np.concatenate(parts)
    start = (position, 0, 0, 0)
    return Outcome(files=write_region(place.cube, "scenario", start, values[None].astype(np.float32)))


def write_luh2(place: Place, file: str, year: int, position: int) -> Outcome:
    """Scenario of one year from LUH2."""
    window, outcome = place.config.window.window(), Outcome()
    dataset = read_luh2(resolve(file, place.root), window, [year])
    outcome.provenance[file] = {name: str(dataset.attrs[name]) for name in FIELDS if name in dataset.attrs}
    names = SCENARIO_VARIABLES["luh2"]
    fields = filled(dataset, window)
    values = np.stack([fields[name] for name in names])
    start = (position, 0, 0, 0)
    outcome.files = write_region(place.cube, "scenario", start, values[None].astype(np.float32))
    return outcome


def write_luh2_classes(place: Place, file: str, transitions: str | None) -> Outcome:
    """Scenario of all years from LUH2, as fractions and transitions of the map's classes.

    One task for all years, as transitions are added up from the first.
    """
    config, outcome = place.config, Outcome()
    window, years = config.window.window(), config.scenario_years()
    anchor = np.asarray(open_array(place.staging, STAGED_FRACTIONS)[config.years().index(config.anchor)])
    states = filled(read_luh2(resolve(file, place.root), window, [config.anchor]), window)
    then = luh2_classes.class_shares(states)
    sums = np.zeros((len(TRANSITIONS), *window.coarse_shape))
    for position, year in enumerate(years):
        dataset = read_luh2(resolve(file, place.root), window, [year])
        outcome.provenance[file] = {n: str(dataset.attrs[n]) for n in FIELDS if n in dataset.attrs}
        states = filled(dataset, window)
        values = luh2_classes.fractions(anchor, then, luh2_classes.class_shares(states))
        if transitions is not None:
            values = np.concatenate([values, sums])
        start = (position, 0, 0, 0)
        outcome.files += write_region(place.cube, "scenario", start, values[None].astype(np.float32))
        if transitions is not None and year != years[-1]:
            changes = read_luh2_transitions(resolve(transitions, place.root), window, [year])
            outcome.provenance[transitions] = {n: str(changes.attrs[n]) for n in FIELDS if n in changes.attrs}
            sums += luh2_classes.class_transitions(filled(changes, window), luh2_classes.land(states), anchor)
    return outcome


def write_population(place: Place, file: str, year: int, position: int) -> Outcome:
    """Population density of one year; 0 where the file has none (sea)."""
    window, outcome = place.config.window.window(), Outcome()
    dataset = read_population(resolve(file, place.root), window, [year])
    outcome.provenance[file] = {name: str(dataset.attrs[name]) for name in FIELDS if name in dataset.attrs}
    values = np.nan_to_num(dataset["population_density"].values, nan=0.0).astype(np.float32)
    outcome.files = write_region(place.cube, "population_density", (position, 0, 0), values)
    return outcome


def land_area(known: np.ndarray, window: Window) -> np.ndarray:
    """Area of the pixels in ``known`` in each 0.25 degree cell, m2, float64 (lat, lon)."""
    lat, lon = window.coarse_shape
    weighted = known * window.pixel_area[:, None]
    return weighted.reshape(lat, COARSE, lon, COARSE).sum(axis=(1, 3))
