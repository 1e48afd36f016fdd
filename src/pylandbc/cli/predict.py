"""``pylandbc predict``: land use, or land cover that follows it, over decades at 1 km."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from pylandbc.cli.outputs import writable


def predict(
    emulator: Annotated[
        str,
        typer.Argument(metavar="EMULATOR", help="An exported one (.pt), or the name of a shipped one."),
    ],
    cube: Annotated[Path, typer.Option(help="Cube (Zarr): initial map, static fields, climate, scenario.")],
    years: Annotated[str, typer.Option(help="2010-2020 forwards, 2008-1990 backwards.")],
    output: Annotated[
        Path, typer.Option(callback=writable, help="What to write: netCDF if it ends in .nc, else Zarr.")
    ],
    state_year: Annotated[
        int | None, typer.Option(help="Year of the initial map; by default one step before the first year.")
    ] = None,
    step: Annotated[int, typer.Option(help="Years from one map to the next.")] = 1,
    window: Annotated[
        str | None,
        typer.Option(
            metavar="WEST,SOUTH,EAST,NORTH", help="Part of the cube's window, degrees; default all."
        ),
    ] = None,
    conservation: Annotated[
        str,
        typer.Option(help="off, delta or absolute: hold each 0.25 degree cell's classes to the scenario."),
    ] = "off",
    luh2: Annotated[
        list[Path] | None,
        typer.Option(
            help="LUH2 states files (and transitions, where the emulator is told them) instead of the cube's "
            "scenario; again for more, later ones win."
        ),
    ] = None,
    scenario_name: Annotated[
        str | None, typer.Option(help="Name of the scenario; by default what its files' attributes say.")
    ] = None,
    land_use: Annotated[
        Path | None,
        typer.Option(help="Land cover: an earlier prediction of land use, for years not in the cube."),
    ] = None,
    hold_scenario: Annotated[
        bool, typer.Option("--hold-scenario", help="Beyond the scenario's years, keep its nearest one.")
    ] = False,
    probabilities: Annotated[
        bool, typer.Option("--probabilities", help="Write those of all classes.")
    ] = False,
    confidence: Annotated[bool, typer.Option("--confidence", help="Write that of the map's class.")] = False,
    change_year: Annotated[
        bool, typer.Option("--change-year", help="Write the year of the last change.")
    ] = False,
    core: Annotated[
        int, typer.Option(help="Tile core in pixels, a multiple of 400; no effect on maps.")
    ] = 400,
    device: Annotated[str, typer.Option(help="cpu or cuda:N.")] = "cpu",
    threads: Annotated[int, typer.Option(help="Threads of the emulator; 0 leaves torch's setting.")] = 0,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say tiles, hours (one tile is timed) and bytes, and end.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an existing or unfinished output.")
    ] = False,
) -> None:
    """Reconstruct land use or land cover backwards, or project it forwards; run it again to continue."""
    import torch

    from pylandbc import emulators
    from pylandbc.cli.box import parse_box
    from pylandbc.cli.progress import one_bar
    from pylandbc.couple.bundle import MARGIN
    from pylandbc.couple.cube_fields import CubeFields
    from pylandbc.errors import InputError
    from pylandbc.learn.export import load, quantity_of_archive
    from pylandbc.models.demand import CONSERVATION
    from pylandbc.models.inputs import QUANTITIES
    from pylandbc.predict.plan import Plan
    from pylandbc.predict.run import Prediction
    from pylandbc.predict.scenario import CubeScenario, Scenario, luh2_scenario
    from pylandbc.predict.years import parse_years

    if conservation not in CONSERVATION:
        raise InputError(f"conservation {conservation!r} is not one of {', '.join(CONSERVATION)}")
    if threads:
        torch.set_num_threads(threads)
    fields = CubeFields(cube)
    chosen = parse_box(window) if window else fields.window
    fields.check_inside(chosen)
    archive = emulators.find(emulator)
    if (quantity := quantity_of_archive(archive)) not in QUANTITIES:
        raise InputError(
            f"{emulator} is an emulator of {quantity}; this command makes {' and '.join(QUANTITIES)}. "
            "Put it into a bundle beside one of land use (`pylandbc bundle compile`), or score it "
            "(`pylandbc evaluate`)"
        )
    loaded = load(archive, device)
    order = parse_years(years, step, state_year, fields.class_years(loaded.inputs.quantity))
    extended = chosen.extended(MARGIN)
    scenario: Scenario
    if luh2:
        names = [entry.name for entry in loaded.inputs.scenario]
        scenario = luh2_scenario(
            luh2, fields, extended, names, order.state_year, hold_scenario, scenario_name
        )
    else:
        scenario = CubeScenario(fields, extended, hold_scenario, scenario_name)
    prediction = Prediction(
        Plan(
            loaded,
            fields,
            scenario,
            chosen,
            order,
            conservation,
            probabilities=probabilities,
            confidence=confidence,
            change_year=change_year,
            core=core,
            device=device,
            land_use=land_use,
        )
    )
    if dry_run:
        for line in prediction.estimate().lines():
            typer.echo(line)
        return
    with one_bar() as tell:
        prediction.run(output, "pylandbc " + shlex.join(sys.argv[1:]), tell, overwrite=overwrite)
    typer.echo(f"wrote {output}: {order.predicted[0]} to {order.predicted[-1]}, scenario {scenario.name}")
