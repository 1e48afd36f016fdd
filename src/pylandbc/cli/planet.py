"""``pylandbc planet``: synthesise a planet in the official products' file formats, with a known truth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress, TimeElapsedColumn

from pylandbc.grid.window import Window
from pylandbc.planet.build import FILES, UK_WINDOW, build_planet

app = typer.Typer(no_args_is_help=True)


@app.callback()
def planet() -> None:
    """The synthetic planet: official formats, known truth."""


@app.command()
def build(
    folder: Annotated[Path, typer.Argument(help="Folder to make.")],
    seed: Annotated[int, typer.Option(help="Another seed, another planet.", min=0)] = 1,
    first_year: Annotated[int, typer.Option(help="First year of the land-use history.")] = 1990,
    years: Annotated[int, typer.Option(help="Number of years.", min=1)] = 30,
    box: Annotated[
        tuple[float, float, float, float],
        typer.Option(help="West, south, east, north in degrees; widened to 0.25 degree."),
    ] = (UK_WINDOW.west, UK_WINDOW.south, UK_WINDOW.east, UK_WINDOW.north),
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a planet that is there.")] = False,
) -> None:
    """Write HILDA+-, GEBCO-, ERA5- and LUH2-like files of a synthetic planet."""
    window = Window.from_degrees(*box)
    with Progress(*Progress.get_default_columns(), TimeElapsedColumn()) as progress:
        build_planet(
            folder,
            window=window,
            first_year=first_year,
            years=years,
            seed=seed,
            overwrite=overwrite,
            progress=progress,
        )
    typer.echo(f"wrote {folder}: {', '.join(FILES.values())}")
