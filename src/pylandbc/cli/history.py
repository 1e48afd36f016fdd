"""``pylandbc history``: the land use in a host's history file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pylandbc.cli.figures import Output
from pylandbc.cli.manner import examples
from pylandbc.errors import InputError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from pylandbc.report.history import LandUseHistory

app = typer.Typer(no_args_is_help=True)


@app.callback()
def about() -> None:
    """The land use in a host's history file."""


@app.command(
    epilog=examples(
        "history plot run.nc --output areas.pdf",
        "history plot run.nc --class forest --year 2012 --output forest.png",
    )
)
def plot(
    history: Annotated[Path, typer.Argument(metavar="HISTORY.nc", help="History file of the host.")],
    output: Output,
    class_name: Annotated[
        str | None, typer.Option("--class", help="Map the fraction of this class, e.g. forest.")
    ] = None,
    year: Annotated[int | None, typer.Option(help="Year of that map; the last by default.")] = None,
) -> None:
    """Draw the areas of the land-use classes over the years, or map one class on the host's native cells."""
    from pylandbc.report.history import read_land_use
    from pylandbc.report.maps import save

    if year is not None and class_name is None:
        raise InputError(
            "--year is that of the map of one class: name it with --class, or leave the year out"
        )
    land_use = read_land_use(history)
    if class_name is None:
        figure = _areas(land_use)
    else:
        figure = _fraction(land_use, class_name, int(land_use.years[-1]) if year is None else year)
    typer.echo(f"wrote {save(figure, output)}")


def _areas(land_use: LandUseHistory) -> Figure:
    from pylandbc.legend import LAND_USE
    from pylandbc.report.areas import class_areas, fraction_areas

    if land_use.class_names != LAND_USE.names:
        raise InputError(f"other classes than the legend's: {', '.join(land_use.class_names)}")
    sums = fraction_areas(land_use.fraction, land_use.coverage, land_use.cell_area)
    return class_areas(land_use.years, sums, "Land use")


def _fraction(land_use: LandUseHistory, class_name: str, year: int) -> Figure:
    import numpy as np
    from matplotlib.colors import LinearSegmentedColormap

    from pylandbc.legend import LAND_USE
    from pylandbc.report.maps import readable
    from pylandbc.report.native import native_map

    values = land_use.of(class_name, year)
    known = dict(zip(LAND_USE.names, LAND_USE.colours, strict=True))
    colours = LinearSegmentedColormap.from_list(
        class_name, ["#F7F7F7", known.get(class_name, "#228833"), "#101010"]
    )
    return native_map(
        land_use.lon,
        land_use.lon_vertices,
        land_use.lat_vertices,
        values,
        f"{readable(class_name)} {year}",
        "Fraction of the cell's known area",
        colours,
        (0.0, max(np.ceil(10 * np.nanmax(values)) / 10, 0.1)),
    )
