"""``pylandbc sources``: what to download from where, and what a folder of downloads holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Column, Table

from pylandbc.cli.box import parse_edges
from pylandbc.cli.figures import Output
from pylandbc.cli.manner import examples
from pylandbc.cli.progress import bars
from pylandbc.sources.catalogue import CATALOGUE

if TYPE_CHECKING:
    from pylandbc.sources.check import Report

app = typer.Typer(no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.callback()
def about() -> None:
    """Products: what to download from where, what a folder of downloads holds."""


@app.command("list", epilog=examples("sources list", "sources list --json"))
def list_(as_json: AsJson = False) -> None:
    """List the products: what to download from where, DOIs, licences."""
    if as_json:
        typer.echo(json.dumps([product.as_json() for product in CATALOGUE.values()], indent=2))
        return
    console = Console()
    for key, product in CATALOGUE.items():
        console.print(
            f"[bold]{key}[/bold]  {product.name}, {product.version}", highlight=False, soft_wrap=True
        )
        years = "-".join(str(year) for year in product.years)
        facts = {
            "for": product.purpose,
            "grid": f"{product.resolution}, {years}, by {product.step}" if years else product.resolution,
            "where": product.where,
            "doi": product.doi,
            "licence": product.licence,
            "files": ", ".join(product.files),
            "note": product.note,
        }
        for name, fact in facts.items():
            if fact:
                console.print(f"    {name:8}{fact}", highlight=False, markup=False, soft_wrap=True)


@app.command(epilog=examples("sources check ../shared/data", "sources check downloads --thorough --json"))
def check(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder that holds the downloads.")],
    thorough: Annotated[bool, typer.Option("--thorough", help="Read every byte, not samples only.")] = False,
    as_json: AsJson = False,
) -> None:
    """Say what a folder holds, which years, what is missing, what is damaged (then the status is 1)."""
    from pylandbc.sources.check import check_folder

    with bars(transient=True) as progress:
        task = progress.add_task("looking", total=None)

        def tell(path: Path, done: int, total: int) -> None:
            progress.update(task, description=path.name[:40], completed=done, total=total)

        report = check_folder(folder, tell, thorough)
    if as_json:
        typer.echo(json.dumps(report.as_json(), indent=2))
    else:
        _print(report)
    if report.damaged:
        raise typer.Exit(1)


@app.command(epilog=examples("sources plot planet --variable land_use --when 2005 --output map.png"))
def plot(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A product's file, or a planet's folder.")],
    output: Output,
    variable: Annotated[
        str | None,
        typer.Option(help="Variable in the project's names, e.g. land_use, leaf_area_index, secma."),
    ] = None,
    when: Annotated[
        str | None, typer.Option(help="Year (2016), month or date (2016-07); default the last.")
    ] = None,
    window: Annotated[
        str | None,
        typer.Option(metavar="WEST,SOUTH,EAST,NORTH", help="Degrees; default the whole file."),
    ] = None,
) -> None:
    """Map any variable of any product's file, or of a planet.

    Classes get the colours of their legend; the series of carbon dioxide is drawn as a curve.
    """
    import numpy as np

    from pylandbc.report.field_map import field_map, time_curve
    from pylandbc.report.maps import class_map, readable, save
    from pylandbc.report.source_field import read_field

    field = read_field(path, variable, when, None if window is None else parse_edges(window))
    title = f"{readable(field.name)} {field.when}".strip()
    if field.window is None or field.times is not None:
        figure = time_curve(np.asarray(field.times), field.values, field.product, f"CO2 ({field.units})")
    elif field.legend is not None:
        figure = class_map(field.values, field.window, title, field.legend)
    else:
        figure = field_map(field.values, field.window, title, field.name, field.units)
    typer.echo(f"wrote {save(figure, output)}")


def _span(values: list[str]) -> str:
    """First and last of many, all of few."""
    return ", ".join(values) if len(values) <= 4 else f"{values[0]} ... {values[-1]} ({len(values)})"


def _print(report: Report) -> None:
    console = Console()
    found = Table(
        "product",
        Column("files", overflow="fold"),
        "years",
        "missing in between",
        title="found",
        title_justify="left",
    )
    for key, findings in report.products.items():
        dates = sorted({date for f in findings for date in f.dates})
        years = sorted({str(year) for f in findings for year in f.years}, key=int)
        found.add_row(
            f"[bold]{key}[/bold]\n{CATALOGUE[key].name}",
            "\n".join(str(Path(f.path).relative_to(report.folder)) for f in findings[:6])
            + (f"\n... and {len(findings) - 6} more" if len(findings) > 6 else ""),
            _span(dates or years) or "fixed",
            _span(report.gaps(key)),
        )
    console.print(found)
    for status, title, colour in (
        ("damaged", "damaged: fetch again", "red"),
        ("unusable", "not readable in this form", "yellow"),
    ):
        for finding in (f for f in report.findings if f.status == status):
            console.print(f"[{colour}]{title}[/{colour}]: {finding.problem}", highlight=False, soft_wrap=True)
    for finding in (f for f in report.findings if f.remark):
        console.print(f"note: {finding.path}: {finding.remark}", soft_wrap=True)
    unknown = [str(Path(f.path).relative_to(report.folder)) for f in report.findings if f.status == "unknown"]
    if unknown:
        console.print(f"not recognised: {', '.join(unknown)}", highlight=False, soft_wrap=True)
    if report.missing:
        missing = Table("missing", "for", "where", title="not found", title_justify="left")
        for key in report.missing:
            missing.add_row(key, CATALOGUE[key].purpose, CATALOGUE[key].where)
        console.print(missing)
