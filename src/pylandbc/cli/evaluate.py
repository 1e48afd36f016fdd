"""``pylandbc evaluate``: scores on held-out blocks with the null models beside them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def evaluate(
    emulator: Annotated[Path, typer.Argument(help="An exported emulator (.pt).")],
    cube: Annotated[Path, typer.Option(help="The cube with the truth.")],
    split: Annotated[str, typer.Option(help="Blocks to score: train, validation, test, or all.")] = "test",
    span: Annotated[
        int | None, typer.Option(help="Years between prior and target; the last two maps by default.")
    ] = None,
    json: Annotated[Path | None, typer.Option(help="Write all scores here.")] = None,
    figure: Annotated[
        Path | None,
        typer.Option(help="Draw coarse land use, relief, prior, prediction, truth and errors here."),
    ] = None,
    device: Annotated[str, typer.Option(help="cpu or cuda:N.")] = "cpu",
    years: Annotated[
        str, typer.Option(help="Leaf area and the like: years to score, e.g. 2013,2017.", metavar="YEARS")
    ] = "",
) -> None:
    """Score an emulator beside persistence, fills of the hidden patches and the coarse majority; one of leaf
    area beside climatology, previous year, persistence and boosted trees."""
    import json as json_format

    from rich.console import Console

    from pylandbc.cli.progress import stages
    from pylandbc.cube.open import open_cube
    from pylandbc.learn.evaluate import evaluate as score
    from pylandbc.learn.evaluate import tables, year_pairs
    from pylandbc.learn.export import load, quantity_of_archive
    from pylandbc.learn.finish import predictors, split_of

    if quantity_of_archive(emulator) != "land_use":
        from pylandbc.cli.vegetation import evaluate_vegetation

        evaluate_vegetation(emulator, cube, split, years, json, device)
        return
    loaded = load(emulator, device)
    opened = open_cube(cube).loaded()
    held_out = split_of(loaded.card, opened)
    pairs = year_pairs(opened, span)
    names = [entry["name"] for entry in loaded.card["classes"]]
    with stages() as tell:
        result = score(
            predictors(loaded.inputs, names, loaded.module),
            opened,
            loaded.inputs,
            held_out,
            split,
            names=names,
            ocean=loaded.card["ocean_class"],
            pairs=pairs,
            device=device,
            tell=tell,
        )
    result["emulator"] = {key: loaded.card[key] for key in ("name", "version", "weights_sha256")}
    console = Console()
    for table in tables(result):
        console.print(table)
    if json is not None:
        json.parent.mkdir(parents=True, exist_ok=True)
        json.write_text(json_format.dumps(result, indent=2) + "\n", encoding="utf-8")
        typer.echo(f"wrote {json}")
    if figure is not None:
        from pylandbc.learn.showcase import showcase

        showcase(loaded, opened, held_out, pairs[0], figure, device=device)
        typer.echo(f"wrote {figure}")
