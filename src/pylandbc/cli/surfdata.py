"""``pylandbc crosswalk surfdata``: the land use that CTSM and ELM read from files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pylandbc.cli.mesh_name import MESH_OF_MAPS
from pylandbc.cli.outputs import writable
from pylandbc.cli.progress import stages
from pylandbc.cli.years import parse_span


def surfdata(
    maps: Annotated[
        Path, typer.Argument(metavar="MAPS", help="A cube, a prediction (Zarr, netCDF) or a run's recording.")
    ],
    output: Annotated[Path, typer.Option(callback=writable, help="landuse.timeseries file to write.")],
    adapter: Annotated[str, typer.Option(help="ctsm, ctsm78 (64 crops) or elm.")] = "ctsm",
    mesh: Annotated[
        str | None,
        typer.Option(help=MESH_OF_MAPS),
    ] = None,
    cube: Annotated[
        Path | None, typer.Option(help="Cube that a prediction's climate zones come from.")
    ] = None,
    years: Annotated[
        str | None, typer.Option(metavar="FIRST-LAST", help="By default all that there are.")
    ] = None,
    surface: Annotated[
        Path | None,
        typer.Option(
            callback=writable,
            help="Also write the surface data that belong to it (first year, upper bounds).",
        ),
    ] = None,
    leaf_area: Annotated[
        Path | None,
        typer.Option(help="Cube with leaf area: monthly LAI, SAI and heights by PFT into the surface data."),
    ] = None,
    engine: Annotated[
        str | None, typer.Option(help="Engine of the overlap weights; by default the best at hand.")
    ] = None,
) -> None:
    """Write CTSM's landuse.timeseries from maps, on any mesh.

    Cells in rows and columns are written as lsmlat and lsmlon, all others as gridcell.
    """
    from pylandbc.couple.cube_fields import CubeFields
    from pylandbc.crosswalk.adapters import read_adapter
    from pylandbc.crosswalk.class_series import read_series
    from pylandbc.crosswalk.leaf_cycle import leaf_cycle
    from pylandbc.crosswalk.surfdata import write_surfdata
    from pylandbc.errors import InputError

    if leaf_area is not None and surface is None:
        raise InputError("leaf area goes into the surface data; name its file with --surface")
    with stages() as tell:
        series = read_series(maps, mesh, cube, parse_span(years) if years else None, engine, tell)
        leaves = None
        if leaf_area is not None:
            if series.overlap is None or series.window is None:
                raise InputError(
                    f"{maps} is a recording, whose cells have no overlaps with a cube's leaf area"
                )
            fields = CubeFields(leaf_area)
            if fields.window != series.window:
                raise InputError(f"{leaf_area} covers another window than the maps; leaf area needs the same")
            leaves = leaf_cycle(fields, series.window, series.overlap, tell=tell)
        write_surfdata(series, read_adapter(adapter), output, surface, leaves)
    span = f"{series.years[0]} to {series.years[-1]}" if len(series.years) > 1 else f"{series.years[0]}"
    typer.echo(f"wrote {output}: {len(series.mesh)} cells, {len(series.years)} years, {span}")
    if surface is not None:
        typer.echo(f"wrote {surface}: to be merged into a complete surface data set of the same cells")
