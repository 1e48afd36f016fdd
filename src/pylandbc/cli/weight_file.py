"""``pylandbc weights write``: overlap weights between a native mesh and a window, as an ESMF weight file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pylandbc.cli.box import parse_corner
from pylandbc.cli.mesh_name import MESH
from pylandbc.cli.notes import note, notes
from pylandbc.cli.progress import stages
from pylandbc.errors import InputError


def write(
    mesh: Annotated[
        str,
        typer.Option(
            metavar="MESH",
            help=MESH,
        ),
    ],
    window: Annotated[
        str,
        typer.Option(
            metavar="LON0,LAT0,NX,NY",
            help="South-west corner in degrees, and the number of 0.01 degree pixels eastward and northward.",
        ),
    ],
    output: Annotated[Path, typer.Option(help="Weight file to write.")],
    engine: Annotated[
        str | None,
        typer.Option(
            help="esmf, yac, exact, latlon, or file:PATH of a weight file; default the best at hand."
        ),
    ] = None,
    reverse: Annotated[
        bool,
        typer.Option(
            "--reverse", help="Window to mesh (fraction area), not mesh to window (destination area)."
        ),
    ] = False,
    mask: Annotated[
        str | None, typer.Option(help="Variable of the mesh whose zeros leave cells out.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing file.")] = False,
) -> None:
    """Write first-order conservative weights of a window to one file, in ESMF's format.

    Cells are counted as in MESH, pixels from the south-west corner.
    """
    from pylandbc.grid.elements import read_elements
    from pylandbc.grid.formats import open_mesh
    from pylandbc.grid.overlap import compute_overlap
    from pylandbc.grid.weight_output import write_weights

    region = parse_corner(window)
    if output.exists() and not overwrite:
        raise InputError(f"{output} exists; choose another name, or --overwrite")
    if not output.parent.is_dir():
        raise InputError(f"{output.parent} is not a folder; create it first")
    with notes(), stages() as tell:
        tell("reading the mesh", 0.0)
        native = open_mesh(mesh, region, mask)
        elements = read_elements(mesh, mask)
        overlap = compute_overlap(
            native, region, engine, partial=True, progress=lambda done: tell("overlap weights", done)
        )
        if not len(overlap):
            raise InputError(f"no cell of mesh {mesh} overlaps the window {window}; is it another region?")
        tell("writing", 0.0)
        write_weights(
            output,
            overlap,
            native,
            elements,
            region,
            reverse=reverse,
            title=f"{Path(mesh).name} and a window of the 1 km grid",
            overwrite=overwrite,
        )
    bare = int((overlap.pixel_area == 0).sum())
    if bare:
        note(f"{bare} pixels lie outside the mesh")
    direction = "window to mesh, fraction area" if reverse else "mesh to window, destination area"
    typer.echo(f"wrote {output}: {len(overlap)} weights ({direction}) by {overlap.engine}")
