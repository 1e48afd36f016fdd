"""``pylandbc planet``: synthesise a planet in the official products' file formats, with a known truth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pylandbc.cli.box import parse_box, parse_corner
from pylandbc.cli.manner import examples
from pylandbc.cli.outputs import writable
from pylandbc.cli.progress import bars, stages
from pylandbc.cli.years import parse_list, parse_span
from pylandbc.errors import InputError
from pylandbc.grid.window import COARSE, Window
from pylandbc.planet.plan import PRODUCTS, UK_WINDOW, read_plan

app = typer.Typer(no_args_is_help=True)


@app.callback()
def planet() -> None:
    """The synthetic planet: official formats, known truth."""


def parse_window(text: str) -> Window:
    """``LON0,LAT0,NX,NY`` on the 0.25 degree grid."""
    corner = parse_corner(text)
    if any(number % COARSE for number in (corner.row, corner.col, corner.rows, corner.cols)):
        raise InputError(
            f"--window {text!r}: LON0 and LAT0 are multiples of 0.25 degree, NX and NY of {COARSE} pixels; "
            "--box takes any edges and widens them"
        )
    return Window(corner.row, corner.col, corner.rows, corner.cols)


def history_years(text: str, first_year: int) -> tuple[int, int]:
    """``1960-2019`` or a number of years from ``first_year`` on: first year and number."""
    if text.strip().isdigit():
        return first_year, int(text)
    try:
        first, last = parse_span(text)
    except InputError as error:
        raise InputError(f"{error}; or give a number of years") from error
    return first, last - first + 1


def parse_names(text: str) -> tuple[str, ...]:
    """Comma-separated names."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


@app.command(
    epilog=examples(
        "planet build planet",
        "planet build wales --box -5.5,51.25,-2.5,53.5 --years 2000-2009",
        "planet build fiji --window 176,-20,600,400 --years 1960-2019 --seed 4",
        "planet build all --products all --scenarios ssp126,ssp585 --lai-years 2018-2019",
    )
)
def build(
    folder: Annotated[Path, typer.Argument(metavar="PLANET", callback=writable, help="Folder to make.")],
    seed: Annotated[int, typer.Option(help="Another seed, another planet.", min=0)] = 1,
    first_year: Annotated[int, typer.Option(help="First year, where --years is a number.")] = 1990,
    years: Annotated[
        str, typer.Option(help="Land-use history: FIRST-LAST, or a number of years.", metavar="1960-2019")
    ] = "30",
    window: Annotated[
        str,
        typer.Option(
            help="South-west corner in degrees and size in 0.01 degree pixels, all on the 0.25 degree grid.",
            metavar="LON0,LAT0,NX,NY",
        ),
    ] = "",
    box: Annotated[
        str,
        typer.Option(
            metavar="WEST,SOUTH,EAST,NORTH",
            help="Instead: edges in degrees, widened to 0.25 degree; the default is the United Kingdom.",
        ),
    ] = ",".join(f"{edge:g}" for edge in (UK_WINDOW.west, UK_WINDOW.south, UK_WINDOW.east, UK_WINDOW.north)),
    products: Annotated[str, typer.Option(help=f"Further products: all, or of {', '.join(PRODUCTS)}.")] = "",
    scenarios: Annotated[str, typer.Option(help="Paths from 2015 on: ssp126,ssp245,ssp370,ssp585.")] = "",
    scenario_end: Annotated[int, typer.Option(help="Last year of the scenarios.")] = 2050,
    land_cover_years: Annotated[str, typer.Option(help="Years of land cover; default the last five.")] = "",
    lai_years: Annotated[str, typer.Option(help="Years of leaf area index; default the last two.")] = "",
    flicker: Annotated[float, typer.Option(help="Share of pixels observed wrongly in single years.")] = 0.0,
    crosswalk_bias: Annotated[
        float, typer.Option(help="0 ... 1: grass and shrub that LUH2's states book as forest or rangeland.")
    ] = 0.0,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a planet that is there.")] = False,
) -> None:
    """Write files of a synthetic planet in the official layouts: HILDA+, GEBCO, ERA5, LUH2 and, on request,
    the others."""
    from pylandbc.planet.build import build_planet

    first, count = history_years(years, first_year)
    chosen = PRODUCTS if products == "all" else parse_names(products)
    where = parse_window(window) if window else parse_box(box)
    with bars() as progress:
        build_planet(
            folder,
            window=where,
            first_year=first,
            years=count,
            seed=seed,
            overwrite=overwrite,
            progress=progress,
            products=chosen,
            scenarios=parse_names(scenarios),
            scenario_end=scenario_end,
            land_cover_years=parse_list(land_cover_years),
            lai_years=parse_list(lai_years),
            flicker=flicker,
            bias=crosswalk_bias,
        )
    written = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    shown = written if len(written) <= 16 else [*written[:12], f"... and {len(written) - 12} more"]
    typer.echo(f"wrote {folder}: {', '.join(shown)}")


@app.command(
    epilog=examples(
        "planet attainable planet", "planet attainable north south --cells 100000 --output both.json"
    )
)
def attainable(
    folders: Annotated[
        list[Path], typer.Argument(metavar="PLANET", help="Folder of a planet; of several all land is one.")
    ],
    cells: Annotated[
        int, typer.Option(help="Evaluate about so many 0.25 degree cells of each planet.", min=1)
    ] = 400,
    years: Annotated[int, typer.Option(help="Evaluate so many years.", min=1)] = 10,
    output: Annotated[
        Path | None,
        typer.Option(
            callback=writable,
            help="Write them here, for `pylandbc evaluate --attainable`; PLANET/attainable.json by default, "
            "and the terminal alone where there are several planets.",
        ),
    ] = None,
) -> None:
    """Compute the best attainable scores of a planet from its true transition probabilities.

    They cap what any emulator can reach in a one-year forecast: with the amount of change of each cell known,
    and without.
    """
    import json

    from pylandbc.planet import attainable as scores

    plans = [read_plan(folder) for folder in folders]
    with stages() as tell:
        result = scores.attainable(plans, cells, years, tell)
    if output is None and len(folders) == 1:
        output = folders[0] / "attainable.json"
    if output is not None:
        old = json.loads(output.read_text(encoding="utf-8")) if output.is_file() else {}
        scores.write_attainable(output, result, old.get("lai"))
    typer.echo(json.dumps(result, indent=2))
