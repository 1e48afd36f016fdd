"""``pylandbc compare``: one model for land use, land cover and leaf area, or a chain of three."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pylandbc.cli.outputs import writable


def compare(
    config: Annotated[
        Path,
        typer.Argument(metavar="CONFIG.yaml", help="E.g. examples/07_leaf_area/compare.yaml."),
    ],
    data: Annotated[
        Path | None,
        typer.Option(
            help="Folder that the cubes' paths are relative to; that of the configuration by default."
        ),
    ] = None,
    output: Annotated[
        Path, typer.Option(callback=writable, help="Folder for compare.json, compare.md and compare.html.")
    ] = Path("compare"),
) -> None:
    """Train a joint multi-task model and a chain of separate models of the same size on the same samples, and
    compare accuracy, cost, error propagation and uncertainty."""
    import json

    from rich.console import Console

    from pylandbc.cli.progress import stages
    from pylandbc.learn.compare.config import load_compare
    from pylandbc.learn.compare.run import compare as run
    from pylandbc.learn.compare.tables import facts, sheets
    from pylandbc.report.sheets import markdown, page, rich_table

    checked = load_compare(config)
    with stages() as tell:
        result = run(checked, data if data is not None else config.parent, tell)
    title, text, tables = "Joint or chain", facts(result), sheets(result)
    output.mkdir(parents=True, exist_ok=True)
    for name, content in (
        ("compare.json", json.dumps(result, indent=1) + "\n"),
        ("compare.md", markdown(title, text, tables)),
        ("compare.html", page(title, text, tables)),
    ):
        (output / name).write_text(content, encoding="utf-8")
    for sheet in tables:
        Console().print(rich_table(sheet))
    typer.echo(f"wrote {output}: compare.json, compare.md, compare.html")
