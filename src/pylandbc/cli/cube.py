"""``pylandbc cube``: build the training cube from product files, check it, and look at it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pylandbc.cli.box import parse_box
from pylandbc.cli.figures import Output
from pylandbc.cli.manner import examples
from pylandbc.cli.notes import notes
from pylandbc.cli.progress import bars, stages
from pylandbc.errors import InputError

if TYPE_CHECKING:
    from pylandbc.cube.layers import Layers

app = typer.Typer(no_args_is_help=True)


@app.command(
    epilog=examples(
        "cube build examples/06_train_land_use/cube.yaml --data ../shared/data",
        "cube build planet.yaml --data planet --workers 4",
    )
)
def build(
    config: Annotated[
        Path,
        typer.Argument(metavar="CONFIG.yaml", help="E.g. examples/06_train_land_use/cube.yaml."),
    ],
    data: Annotated[
        Path | None,
        typer.Option(help="Folder that the configured files are relative to.", envvar="PYLANDBC_DATA"),
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="Where to write; the configuration says by default.")
    ] = None,
    window: Annotated[
        str | None,
        typer.Option(metavar="WEST,SOUTH,EAST,NORTH", help="Degrees; the configuration says by default."),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a cube that is there.")] = False,
    workers: Annotated[int, typer.Option(min=1, help="Processes of a local dask cluster.")] = 1,
    scheduler: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="A dask scheduler whose workers see the same files."),
    ] = None,
) -> None:
    """Build a cube (Zarr) from official product files, or from the synthetic planet's.

    A build that was interrupted continues; a cube of the same configuration and inputs is left as it is.
    """
    from pylandbc.cube.build import build_cube
    from pylandbc.cube.config import Box, data_root, load_config

    checked = load_config(config)
    if window is not None:
        held = parse_box(window)
        box = Box(west=held.west, south=held.south, east=held.east, north=held.north)
        checked = checked.model_copy(update={"window": box})
    with notes(), bars() as progress:
        path = build_cube(
            checked,
            data_root(data),
            output,
            overwrite=overwrite,
            progress=progress,
            workers=workers,
            scheduler=scheduler,
        )
    typer.echo(f"{path} is complete")


@app.command(epilog=examples("cube verify uk_cube.zarr"))
def verify(path: Annotated[Path, typer.Argument(metavar="CUBE.zarr", help="A cube.")]) -> None:
    """Compare every chunk with the checksum taken when it was written; exit code 1 if one is damaged."""
    from pylandbc.cube.verify import verify_cube

    with stages() as tell:
        faults = verify_cube(path, tell)
    for fault in faults:
        typer.echo(str(fault))
    if faults:
        typer.echo(f"{path}: {len(faults)} damaged or missing file(s); copy them again, or build it again")
        raise typer.Exit(1)
    typer.echo(f"{path} is as it was built")


@app.command(
    epilog=examples(
        "cube plot uk_cube.zarr forest_fraction --year 2012 --output forest.png",
        "cube plot uk_cube.zarr land_use --year 2012 --since 2009 --output change.png",
    )
)
def plot(
    path: Annotated[Path, typer.Argument(metavar="CUBE.zarr", help="A cube.")],
    variable: Annotated[
        str,
        typer.Argument(metavar="VARIABLE", help="land_use, elevation, air_temperature, leaf_area_index ..."),
    ],
    output: Output,
    year: Annotated[int | None, typer.Option(help="Year; the last by default.")] = None,
    month: Annotated[
        int | None,
        typer.Option(help="Month of a vegetation series or of the climate; without a year the climatology."),
    ] = None,
    since: Annotated[int | None, typer.Option(help="Of classes: draw what changed since this year.")] = None,
) -> None:
    """Map any variable of a cube, ready for a paper; classes have the colours of their legend."""
    from pylandbc.cube.field import read_field
    from pylandbc.cube.open import open_cube
    from pylandbc.report.field_map import field_map
    from pylandbc.report.maps import change_map, class_map, readable, save

    opened = open_cube(path)
    field = read_field(opened, variable, year, month)
    title = f"{readable(field.name)} {field.when}".strip()
    if since is not None:
        if field.legend is None:
            raise InputError(
                f"{variable} has no classes: --since draws what changed from one class to another"
            )
        before = read_field(opened, variable, since, month)
        title = f"{readable(field.name)} changed {before.when} to {field.when}"
        figure = change_map(before.values, field.values, opened.window, title, field.legend)
    elif field.legend is not None:
        figure = class_map(field.values, opened.window, title, field.legend)
    else:
        figure = field_map(field.values, opened.window, title, field.name, field.units)
    typer.echo(f"wrote {save(figure, output)}")


@app.command(epilog=examples("cube info uk_cube.zarr", "cube info uk_cube.zarr --json"))
def info(
    path: Annotated[Path, typer.Argument(metavar="CUBE.zarr", help="A cube.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show what a cube holds and where it came from."""
    from rich.console import Console
    from rich.table import Column, Table

    from pylandbc.cube.layout import unit
    from pylandbc.cube.open import open_cube

    cube = open_cube(path)
    window = cube.window
    if as_json:
        facts = {
            "path": str(path),
            "window": [window.west, window.south, window.east, window.north],
            "pixels": list(window.shape),
            "years": [int(year) for year in cube.years],
            "scenario_source": cube.scenario_source,
            "scenario_years": [int(year) for year in cube.scenario_years],
            "layers": layer_lines(cube.layers),
            "units": {name: cube.units.get(name, unit(name)) for name in cube.statistics},
            "statistics": cube.statistics,
            "provenance": cube.provenance,
        }
        typer.echo(json.dumps(facts, indent=2))
        return
    console = Console()
    console.print(f"[bold]{path}[/bold]: {window.rows} x {window.cols} pixels, "
                  f"{window.west} ... {window.east} E, {window.south} ... {window.north} N")  # fmt: skip
    console.print(f"land use: {', '.join(map(str, cube.years))}")
    console.print(
        f"scenario: {cube.scenario_source}, {cube.scenario_years.min()} ... {cube.scenario_years.max()}"
    )
    for line in layer_lines(cube.layers):
        console.print(line)
    fields = Table("variable", "unit", "mean", "standard deviation")
    for name, numbers in cube.statistics.items():
        fields.add_row(
            name, cube.units.get(name, unit(name)), f"{numbers['mean']:.6g}", f"{numbers['std']:.6g}"
        )
    console.print(fields)
    sources = Table(Column("file", overflow="fold"), "product", "version", "licence", "note")
    for entry in cube.provenance:
        sources.add_row(*(entry.get(key, "") for key in ("file", "product", "version", "licence", "note")))
    console.print(sources)


def layer_lines(layers: Layers) -> list[str]:
    """A line for each optional layer that there is."""
    lines = []
    if layers.land_cover is not None:
        with_fractions = ", with fractions" if layers.land_cover_fraction is not None else ""
        lines.append(f"land cover: {', '.join(map(str, layers.land_cover_years))}{with_fractions}")
    lines += [
        f"{name}: {series.times.size} {series.step}s, {series.times[0]} ... {series.times[-1]}"
        for name, series in layers.vegetation.items()
    ]
    lines += [
        f"{kind.name}: {len(kind.classes)} classes" + (f", {kind.scenario}" if kind.scenario else "")
        for kind in layers.kinds
    ]
    for name, axis in (
        ("climate_monthly", layers.climate_months),
        ("climate_dekadal", layers.climate_dekads),
        ("co2", layers.co2_years),
        ("population_density", layers.population_years),
    ):
        if axis.size:
            lines.append(f"{name}: {axis[0]} ... {axis[-1]}")
    return lines
