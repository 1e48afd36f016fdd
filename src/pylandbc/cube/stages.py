"""The stages of a build in order, each a list of tasks, with all that their results depend on."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from pylandbc.cube import (
    build_climate,
    build_co2,
    build_coarse,
    build_land,
    build_land_cover,
    build_layers,
    build_vegetation,
    statistics,
)
from pylandbc.cube.arrays import ensure_categories, ensure_land_cover, ensure_vegetation, open_groups
from pylandbc.cube.categories import categories_of
from pylandbc.cube.inputs import InputFile
from pylandbc.cube.journal import Journal
from pylandbc.cube.layout import STATIC_VARIABLES
from pylandbc.cube.storage import Storage
from pylandbc.cube.tasks import Outcome, Place, Task, run_stage, signature_of
from pylandbc.errors import InputError


class UnknownLandWarning(UserWarning):
    """A good part of the window is land whose use no file tells."""


def run_stages(
    place: Place, inputs: dict[str, InputFile], client: Any, tell: Callable[[str, int, int], None]
) -> dict[str, list[Outcome]]:
    """All stages in order; outcomes by stage; ``InputError`` if no land-use file has land in the window."""
    config, journal = place.config, Journal(place.folder)
    window, storage = config.window.window(), Storage(config.format, config.shard)
    group, _ = open_groups(place)
    strips = storage.blocks(window.rows)
    blocks = [(rows, cols) for rows in strips for cols in storage.blocks(window.cols)]
    outcomes: dict[str, list[Outcome]] = {}

    def run(stage: str, tasks: list[Task]) -> str:
        outcomes[stage] = run_stage(tasks, place, journal, client, lambda n, all_: tell(stage, n, all_))
        _require_overlap(outcomes[stage])
        return signature_of(tasks)

    def sums(*files: str | None) -> list[str]:
        return [inputs[file].sha256 for file in files if file is not None]

    base = [config.window.model_dump(), config.format, config.shard]
    years = config.years()
    staged = run("land use", [
        Task(f"land use {year} rows {rows[0]}", build_land.stage_land_use,
             {"file": entry.file, "year": year, "position": years.index(year), "rows": rows},
             [base, sums(entry.file)])
        for entry in config.land_use for year in entry.all_years() for rows in strips
    ])  # fmt: skip
    land = run("land and ocean", [
        Task(f"land {rows[0]} {cols[0]}", build_land.settle_land, {"rows": rows, "cols": cols},
             [base, staged, sums(config.land_mask), config.training_years])
        for rows, cols in blocks
    ])  # fmt: skip
    if not any(outcome.numbers["known_land"] for outcome in outcomes["land and ocean"]):
        raise InputError(
            f"no land-use file has a land class in the window {window}; does it lie where you meant?"
        )
    unknown = sum(outcome.numbers.get("unknown_land", 0) for outcome in outcomes["land and ocean"])
    share = unknown / (window.rows * window.cols)
    if share > 0.01:
        warnings.warn(
            f"{100 * share:.0f} % of the window has no land use in any year and counts as unknown land: "
            "do the files end there, or is a land_mask missing that says where the sea is?",
            UnknownLandWarning,
            stacklevel=2,
        )
    relief = [*config.elevation, *config.bathymetry]
    static: Any = run("relief", [
        Task(f"relief {rows[0]} {cols[0]}", build_land.write_relief, {"rows": rows, "cols": cols},
             [base, land, len(config.elevation), [e.model_dump() for e in relief],
              sums(*(entry.file for entry in relief))])
        for rows, cols in blocks
    ])  # fmt: skip
    if categories_of(config) or config.static_names() != STATIC_VARIABLES:
        ensure_categories(place)
        described = [config.slope, config.soil, config.fields, config.koeppen, config.classes]
        files = [
            f
            for f in (config.slope, *(config.soil.files if config.soil is not None else ()))
            if f is not None
        ]
        files += [entry.file for entry in config.fields] + [entry.file for entry in config.classes]
        files += config.koeppen
        layers = run("soil, slope, climate classes", [
            Task(f"layers {rows[0]} {cols[0]}", build_layers.write_layers, {"rows": rows, "cols": cols},
                 [base, land, repr(described), config.static_names(), sums(*files)])
            for rows, cols in blocks
        ])  # fmt: skip
        static = [static, layers]
    if config.land_cover is not None:
        ensure_land_cover(place)
        covered, wanted_fractions = config.land_cover.all_years(), config.land_cover.fractions
        run("land cover", [
            Task(f"land cover {year} {rows[0]} {cols[0]}", build_land_cover.write_land_cover,
                 {"file": entry.file, "year": year, "position": covered.index(year), "rows": rows,
                  "cols": cols},
                 [base, land, wanted_fractions, covered, sums(entry.file)])
            for entry in config.land_cover.files for year in entry.years for rows, cols in blocks
        ])  # fmt: skip
    for series in config.vegetation:
        steps = build_vegetation.survey(series, place)
        ensure_vegetation(place, series.variable, series.step, [end for end, _, _ in steps])
        run(series.variable, [
            Task(f"{series.variable} {end} {rows[0]} {cols[0]}", build_vegetation.write_step,
                 {"variable": series.variable, "product": series.product, "year": int(end[:4]), "days": days,
                  "files": files, "position": position, "rows": rows, "cols": cols},
                 [base, land, series.product, days, position, len(steps), sums(*files)])
            for position, (end, days, files) in enumerate(steps) for rows, cols in blocks
        ])  # fmt: skip
        outcomes[f"{series.variable} axis"] = [
            build_vegetation.write_axis(place, series.variable, steps, outcomes[series.variable])
        ]
    climate = _climate_stages(place, run, [base, config.climate.model_dump(), sums(*config.climate.files)])
    if config.co2:
        run("carbon dioxide", [
            Task("carbon dioxide", build_co2.write_co2, {}, [base, sums(*config.co2), config.training_years])
        ])  # fmt: skip
    people, population = config.population, ""
    if people is not None:
        shape = (len(people.all_years()), *window.coarse_shape)
        storage.ensure(
            group, "population_density", shape, "f4", ("population_year", "lat", "lon"), units="km-2"
        )
        population = run("population", [
            Task(f"population {year}", build_coarse.write_population,
                 {"file": people.file, "year": year, "position": k},
                 [base, people.all_years(), sums(people.file)])
            for k, year in enumerate(people.all_years())
        ])  # fmt: skip
    wanted = config.scenario_years()
    if config.scenario is not None and config.scenario_source != "luh2":
        fractions = run("fractions", [
            Task(f"fractions {config.anchor}", build_coarse.stage_fractions,
                 {"position": years.index(config.anchor)}, [base, land])
        ])  # fmt: skip
        given = {"file": config.scenario.file, "transitions": config.scenario.transitions}
        scenario = run("scenario", [
            Task("scenario", build_coarse.write_luh2_classes, given,
                 [base, fractions, config.anchor, sums(*config.scenario.files())])
        ])  # fmt: skip
    elif config.scenario is not None:
        file = config.scenario.file
        scenario = run("scenario", [
            Task(f"scenario {year}", build_coarse.write_luh2, {"file": file, "year": year, "position": k},
                 [base, sums(file)])
            for k, year in enumerate(wanted)
        ])  # fmt: skip
    else:
        fractions = run("fractions", [
            Task(f"fractions {year}", build_coarse.stage_fractions, {"position": k}, [base, land])
            for k, year in enumerate(years)
        ])  # fmt: skip
        transitions = ""
        if config.scenario_source == "hilda_transitions":
            transitions = run("transitions", [
                Task("transitions", build_coarse.stage_transitions, {}, [base, land])
            ])  # fmt: skip
        scenario = run("scenario", [
            Task(f"scenario {year}", build_coarse.interpolate_maps, {"year": year, "position": k},
                 [base, fractions, transitions])
            for k, year in enumerate(wanted)
        ])  # fmt: skip
    areas = run("statistics", [
        Task(f"statistics {rows[0]}", statistics.static_moments,
             {"names": list(config.static_names()), "rows": rows}, [base, static, land])
        for rows in build_coarse.bands(window)
    ])  # fmt: skip
    run("coarse statistics", [
        Task("coarse statistics", statistics.coarse_moments,
             {"scenario_years": wanted, "population_years": people.all_years() if people is not None else []},
             [base, areas, climate, scenario, population, config.training_years])
    ])  # fmt: skip
    return outcomes


def _climate_stages(place: Place, run: Callable[[str, list[Task]], str], base: list[Any]) -> str:
    """Climate of a series or a climatology; the signature of what it is."""
    config = place.config
    group, staging = open_groups(place)
    series = build_climate.survey(config, place)
    build_climate.create(group, staging, Storage(config.format, config.shard), config, series)
    if series is None:
        return run("climate", [Task("climatology", build_climate.write_climatology, {}, base)])
    base = [*base, list(series.years)]
    dekads = "dekad" in config.climate.steps and series.within_months
    months = run("climate by month", [
        Task(f"climate months {first}", build_climate.write_months,
             {"position": position, "first": first, "count": count, "dekads": dekads}, base)
        for position, first, count in series.spans()
    ])  # fmt: skip
    given = {"years": list(series.years), "within_months": series.within_months}
    return run("climate", [
        *(Task(f"climate {year}", build_climate.write_year, {**given, "number": k}, [base, months])
          for k, year in enumerate(series.years)),
        Task("mean months", build_climate.write_mean_months, given, [base, months]),
    ])  # fmt: skip


def _require_overlap(outcomes: list[Outcome]) -> None:
    """A file that has nothing for any part of the window is a mistake."""
    found = {file for outcome in outcomes for file in outcome.provenance}
    for outcome in outcomes:
        for file, reason in outcome.empty.items():
            if file not in found:
                raise InputError(reason)
