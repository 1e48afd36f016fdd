"""``pylandbc evaluate``: scores on held-out blocks with the null models beside them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pylandbc.cli.figures import drawable
from pylandbc.cli.outputs import writable

if TYPE_CHECKING:
    import numpy as np


def evaluate(
    emulator: Annotated[
        str,
        typer.Argument(metavar="EMULATOR", help="An exported one (.pt), or the name of a shipped one."),
    ],
    cube: Annotated[
        list[Path],
        typer.Option(
            help="The cube with the truth; of several (--cube A --cube B) all blocks are one sample."
        ),
    ],
    split: Annotated[str, typer.Option(help="Blocks to score: train, validation, test, or all.")] = "test",
    span: Annotated[
        int | None, typer.Option(help="Years between prior and target; the last two maps by default.")
    ] = None,
    baselines: Annotated[
        str,
        typer.Option(
            help="fast: null models and logistic regression; all: also allocation, random forest, gradient "
            "boosting, pixel LSTM and CNN (minutes to an hour); none: null models alone."
        ),
    ] = "fast",
    fits: Annotated[
        Path | None,
        typer.Option(
            callback=writable, help="Keep the fitted baselines in this file, and use them if they are there."
        ),
    ] = None,
    rollout: Annotated[
        int | None,
        typer.Option(metavar="YEARS", help="Also run freely over the cube's last YEARS, both ways.", min=1),
    ] = None,
    conservation: Annotated[
        str,
        typer.Option(
            metavar="MODE",
            help="Of the roll-out: off, delta or absolute, as in `pylandbc predict`.",
        ),
    ] = "off",
    attainable: Annotated[
        Path | None,
        typer.Option(
            help="What `pylandbc planet attainable` wrote of the planets; of one cube found beside its "
            "folder by default."
        ),
    ] = None,
    json: Annotated[
        Path | None, typer.Option(callback=writable, help="Write all scores here, for `pylandbc report`.")
    ] = None,
    figure: Annotated[
        Path | None,
        typer.Option(
            callback=drawable, help="Draw coarse land use, relief, prior, prediction, truth and errors here."
        ),
    ] = None,
    device: Annotated[str, typer.Option(help="cpu or cuda:N.")] = "cpu",
    land_use: Annotated[
        str | None,
        typer.Option(help="Land cover: an emulator that gives the target year's land use, not the truth."),
    ] = None,
    years: Annotated[
        str, typer.Option(help="Leaf area and the like: years to score, e.g. 2013,2017.", metavar="YEARS")
    ] = "",
    truth: Annotated[
        Path | None,
        typer.Option(
            help="Leaf area and the like: a cube of the series without noise, for what is attainable."
        ),
    ] = None,
) -> None:
    """Score an emulator beside persistence, fills of the hidden patches, the coarse majority or a cross-walk,
    and more; one of leaf area beside climatology, previous year, persistence and boosted trees."""
    import json as json_format
    from dataclasses import replace

    from rich.console import Console

    from pylandbc import emulators
    from pylandbc.cli.progress import stages
    from pylandbc.cube.splits import check_role
    from pylandbc.errors import InputError
    from pylandbc.learn.attainable_share import attainable_shares, read_attainable
    from pylandbc.learn.data import opened as open_cube
    from pylandbc.learn.evaluate import MASK_RATIOS
    from pylandbc.learn.evaluate import evaluate as score
    from pylandbc.learn.export import load, quantity_of_archive
    from pylandbc.learn.finish import predictors, split_of
    from pylandbc.learn.fits import fit_baselines
    from pylandbc.learn.given_land_use import with_predicted_land_use
    from pylandbc.learn.region import Region, year_pairs
    from pylandbc.learn.rollout import rollout as run_freely
    from pylandbc.learn.rollout import rollout_years
    from pylandbc.learn.score_maps import maps_beside, save_maps
    from pylandbc.learn.score_tables import tables
    from pylandbc.learn.showcase import showcase
    from pylandbc.legend import EMULATED
    from pylandbc.models.demand import CONSERVATION, card_demand
    from pylandbc.models.inputs import QUANTITIES

    archive = emulators.find(emulator)
    if quantity_of_archive(archive) not in QUANTITIES:
        from pylandbc.cli.vegetation import evaluate_vegetation

        if len(cube) > 1:
            raise InputError(f"{archive} is scored cube by cube: give one --cube")
        evaluate_vegetation(archive, cube[0], split, years, json, device, truth)
        return
    check_role(split)
    for one in cube:
        if sum(one.resolve() == other.resolve() for other in cube) > 1:
            raise InputError(f"--cube {one} is given twice: its pixels would count twice; leave one out")
    loaded = load(archive, device)
    quantity = loaded.inputs.quantity
    opened = [open_cube(one, loaded.inputs) for one in cube]
    regions = [Region(one, split_of(loaded.card, one)) for one in opened]
    pairs = year_pairs(regions, span, quantity)
    names = [entry["name"] for entry in loaded.card["classes"]]
    ocean = loaded.card["ocean_class"]
    demand = None
    if conservation not in CONSERVATION:
        raise InputError(f"--conservation {conservation!r}: choose {', '.join(CONSERVATION)}")
    if conservation != "off":
        if rollout is None:
            raise InputError("--conservation is of roll-outs: add --rollout YEARS, or leave it out")
        demand = card_demand(loaded.card, f"{archive}: card.json")
    if rollout is not None:
        rollout_years(regions, rollout, quantity)
        if land_use is not None:
            raise InputError("--land-use and --rollout do not go together: leave one out")
    scored = predictors(loaded.inputs, names, loaded.module, baselines)
    maps: dict[str, np.ndarray] = {}
    with stages() as tell:
        fit_baselines(
            scored,
            regions,
            loaded.inputs,
            span=abs(pairs[0][1] - pairs[0][0]),
            ratios=MASK_RATIOS,
            ocean=ocean,
            file=fits,
            tell=tell,
        )
        if land_use is not None:
            driver = load(emulators.find(land_use), device)
            regions = [
                replace(
                    one, cube=with_predicted_land_use(one.cube, loaded.inputs, driver, pairs, device, tell)
                )
                for one in regions
            ]
        result = score(
            scored,
            regions,
            loaded.inputs,
            split,
            names=names,
            ocean=ocean,
            pairs=pairs,
            device=device,
            tell=tell,
            maps=maps,
        )
        if rollout is not None:
            result["rollout"] = run_freely(
                scored[:1],
                regions,
                loaded.inputs,
                split,
                span=rollout,
                names=names,
                ocean=ocean,
                device=device,
                conservation=conservation,
                demand=demand,
                tell=tell,
            )
    about = ("name", "version", "weights_sha256")
    result["emulator"] = {key: loaded.card[key] for key in about}
    if land_use is not None:
        result["land_use"] = {key: driver.card[key] for key in about}
    beside = cube[0].resolve().parent / "attainable.json"
    one_year = quantity == "land_use" and abs(pairs[0][1] - pairs[0][0]) == 1 and len(regions) == 1
    if attainable is not None or (beside.is_file() and one_year):
        result["attainable"] = attainable_shares(result, read_attainable(attainable or beside))
    console = Console()
    for table in tables(result):
        console.print(table)
    # One picture, of the first cube.
    panels = showcase(loaded, regions[0], pairs[0], device=device) if json or figure else None
    if json is not None:
        json.parent.mkdir(parents=True, exist_ok=True)
        json.write_text(json_format.dumps(result, indent=1) + "\n", encoding="utf-8")
        save_maps(maps_beside(json), maps, panels)
        typer.echo(f"wrote {json} and its maps; `pylandbc report {json}` makes a page of it")
    if figure is not None and panels is not None:
        from pylandbc.report.maps import save
        from pylandbc.report.panels import draw

        title = f"{opened[0].path.stem}: {pairs[0][0]} to {pairs[0][1]}, {loaded.card['name']}"
        save(draw(panels, title, EMULATED[quantity]), figure)
        typer.echo(f"wrote {figure}")
