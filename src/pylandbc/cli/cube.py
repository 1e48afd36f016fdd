"""``pylandbc cube``: build the training cube from product files, and look at one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress, TimeElapsedColumn
from rich.table import Table

from pylandbc.cube.build import build_cube
from pylandbc.cube.config import data_root, load_config
from pylandbc.cube.layout import unit
from pylandbc.cube.open import open_cube

app = typer.Typer(no_args_is_help=True)


@app.command()
def build(
    config: Annotated[Path, typer.Argument(help="YAML configuration, e.g. examples/land_use_uk/cube.yaml.")],
    data: Annotated[
        Path | None,
        typer.Option(help="Folder that the configured files are relative to.", envvar="PYLANDBC_DATA"),
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="Where to write; the configuration says by default.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a cube that is there.")] = False,
) -> None:
    """Build a cube (Zarr) from official product files, or from the synthetic planet's."""
    checked = load_config(config)
    with Progress(*Progress.get_default_columns(), TimeElapsedColumn()) as progress:
        path = build_cube(checked, data_root(data), output, overwrite=overwrite, progress=progress)
    typer.echo(f"wrote {path}")


@app.command()
def info(path: Annotated[Path, typer.Argument(help="A cube.")]) -> None:
    """Show what a cube holds and where it came from."""
    cube = open_cube(path)
    window = cube.window
    console = Console()
    console.print(f"[bold]{path}[/bold]: {window.rows} x {window.cols} pixels, "
                  f"{window.west} ... {window.east} E, {window.south} ... {window.north} N")  # fmt: skip
    console.print(f"land use: {', '.join(map(str, cube.years))}")
    console.print(
        f"scenario: {cube.scenario_source}, {cube.scenario_years.min()} ... {cube.scenario_years.max()}"
    )
    fields = Table("variable", "unit", "mean", "standard deviation")
    for name in (*cube.static_variables, *cube.climate_variables, *cube.scenario_variables):
        numbers = cube.statistics[name]
        fields.add_row(name, unit(name), f"{numbers['mean']:.6g}", f"{numbers['std']:.6g}")
    console.print(fields)
    sources = Table("file", "product", "version", "licence", "note")
    for entry in cube.provenance:
        sources.add_row(*(entry.get(key, "") for key in ("file", "product", "version", "licence", "note")))
    console.print(sources)
