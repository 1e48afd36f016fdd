"""``pylandbc plot``: maps and curves from sources, a cube, a recorded run or a host's history file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pylandbc.cli.manner import examples
from pylandbc.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from pylandbc.grid.window import Window

app = typer.Typer(no_args_is_help=True)

Output = Annotated[Path, typer.Option(help="Figure to write; the suffix says the format (png, pdf, svg).")]


@app.callback()
def need_matplotlib() -> None:
    """Maps and curves, ready for a paper."""
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        raise InputError("figures need matplotlib: pip install 'pylandbc[report]'") from None


@app.command(epilog=examples("plot cube cube.zarr --year 2012 --since 2009 --output change.png"))
def cube(
    path: Annotated[Path, typer.Argument(metavar="CUBE.zarr", help="Cube.")],
    output: Output,
    year: Annotated[int, typer.Option(help="Year of the land-use map.")],
    since: Annotated[
        int | None, typer.Option(help="Draw what changed since this year instead of the map.")
    ] = None,
) -> None:
    """Map the land use of a year of a cube, or its change since an earlier one."""
    from pylandbc.report.maps import change_map, class_map, save

    window, after = _land_use(path, year)
    if since is None:
        figure = class_map(after, window, f"Land use {year}")
    else:
        figure = change_map(_land_use(path, since)[1], after, window, f"Changed {since} to {year}")
    typer.echo(f"wrote {save(figure, output)}")


@app.command(epilog=examples("plot source planet --variable land_use --when 2005 --output map.png"))
def source(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A product's file, or a planet's folder.")],
    output: Output,
    variable: Annotated[
        str | None,
        typer.Option(help="Variable in the project's names, e.g. land_use, leaf_area_index, secma."),
    ] = None,
    when: Annotated[
        str | None, typer.Option(help="Year (2016), month or date (2016-07); default the last.")
    ] = None,
    box: Annotated[
        tuple[float, float, float, float] | None,
        typer.Option(help="West, south, east, north in degrees; default the whole file."),
    ] = None,
) -> None:
    """Map any variable of any product's file (see `pylandbc sources`) or of a planet.

    Classes get the colours of their legend; the series of carbon dioxide is drawn as a curve.
    """
    import numpy as np

    from pylandbc.report.field_map import field_map, time_curve
    from pylandbc.report.maps import class_map, readable, save
    from pylandbc.report.source_field import read_field

    field = read_field(path, variable, when, box)
    title = f"{readable(field.name)} {field.when}".strip()
    if field.window is None or field.times is not None:
        figure = time_curve(np.asarray(field.times), field.values, field.product, f"CO2 ({field.units})")
    elif field.legend is not None:
        figure = class_map(field.values, field.window, title, field.legend)
    else:
        figure = field_map(field.values, field.window, title, field.name, field.units)
    typer.echo(f"wrote {save(figure, output)}")


@app.command(epilog=examples("plot run recording.nc --output run.png"))
def run(
    recording: Annotated[Path, typer.Argument(metavar="RUN.nc", help="Recording of a coupled run.")],
    output: Output,
    bundle: Annotated[Path | None, typer.Option(help="Bundle to run; default the recorded one.")] = None,
) -> None:
    """Map the land use at the end of a recorded run, and its change since the start (replays the run)."""
    from pylandbc.cli.progress import stages
    from pylandbc.couple.replay import replay
    from pylandbc.report.maps import save
    from pylandbc.report.runs import run_maps

    with stages() as tell:
        report = replay(recording, bundle, progress=tell)
    typer.echo(f"wrote {save(run_maps(report), output)}")


@app.command(epilog=examples("plot fraction run.nc --class forest --year 2012 --output forest.png"))
def fraction(
    history: Annotated[Path, typer.Argument(metavar="HISTORY.nc", help="History file of the host.")],
    output: Output,
    class_name: Annotated[str, typer.Option("--class", help="Land-use class, e.g. forest.")],
    year: Annotated[int, typer.Option(help="Year.")],
) -> None:
    """Map the fraction of one class on the host's native cells."""
    import numpy as np
    from matplotlib.colors import LinearSegmentedColormap

    from pylandbc.legend import LAND_USE
    from pylandbc.report.history import read_land_use
    from pylandbc.report.maps import readable, save
    from pylandbc.report.native import native_map

    land_use = read_land_use(history)
    values = land_use.of(class_name, year)
    known = dict(zip(LAND_USE.names, LAND_USE.colours, strict=True))
    colours = LinearSegmentedColormap.from_list(
        class_name, ["#F7F7F7", known.get(class_name, "#228833"), "#101010"]
    )
    figure = native_map(
        land_use.lon,
        land_use.lon_vertices,
        land_use.lat_vertices,
        values,
        f"{readable(class_name)} {year}",
        "Fraction of the cell's known area",
        colours,
        (0.0, max(np.ceil(10 * np.nanmax(values)) / 10, 0.1)),
    )
    typer.echo(f"wrote {save(figure, output)}")


@app.command(epilog=examples("plot areas run.nc --output areas.pdf"))
def areas(
    history: Annotated[Path, typer.Argument(metavar="HISTORY.nc", help="History file of the host.")],
    output: Output,
) -> None:
    """Draw the areas of the land-use classes over the years of a run."""
    from pylandbc.legend import LAND_USE
    from pylandbc.report.areas import class_areas, fraction_areas
    from pylandbc.report.history import read_land_use
    from pylandbc.report.maps import save

    land_use = read_land_use(history)
    if land_use.class_names != LAND_USE.names:
        raise InputError(f"{history} holds other classes than the legend: {', '.join(land_use.class_names)}")
    sums = fraction_areas(land_use.fraction, land_use.coverage, land_use.cell_area)
    typer.echo(f"wrote {save(class_areas(land_use.years, sums, 'Land use'), output)}")


def _land_use(path: Path, year: int) -> tuple[Window, NDArray[np.uint8]]:
    """Window of a cube and its land use of a year."""
    import numpy as np
    import xarray as xr

    from pylandbc.grid.window import Window

    if not path.is_dir():
        raise InputError(f"no cube at {path}; build one with `pylandbc cube build`")
    with xr.open_zarr(path, consolidated=False) as data:
        years = [int(y) for y in data["year"].values]
        if year not in years:
            raise InputError(f"cube {path} has no land use of {year} (it holds {', '.join(map(str, years))})")
        window = Window(*(int(n) for n in data.attrs["window"]))
        return window, np.asarray(data["land_use"].sel(year=year).values, dtype=np.uint8)
