"""``pylandbc mesh``: look at a host model's mesh, convert it, draw it."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pylandbc.cli.figures import Output
from pylandbc.cli.manner import examples
from pylandbc.cli.mesh_name import MESH
from pylandbc.cli.notes import note
from pylandbc.grid.window import Window

if TYPE_CHECKING:
    from pylandbc.grid.mesh import Mesh

app = typer.Typer(no_args_is_help=True)

Name = Annotated[
    str,
    typer.Argument(
        metavar="MESH",
        help=MESH,
    ),
]
Region = Annotated[
    str | None,
    typer.Option("--window", metavar="WEST,SOUTH,EAST,NORTH", help="Only cells near this box, degrees."),
]
Mask = Annotated[str | None, typer.Option(help="Variable of the file whose zeros leave cells out.")]


@app.callback()
def about() -> None:
    """Look at a host model's mesh, convert it, draw it."""


@app.command(epilog=examples("mesh info icon_grid.nc", "mesh info healpix:128:nested --json"))
def info(
    mesh: Name,
    window: Region = None,
    mask: Mask = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say what a mesh is: format, cells, corners, extent, areas, and what had to be repaired."""
    from pylandbc.grid.formats.description import describe

    facts = describe(_open(mesh, window, mask, quiet=True))
    typer.echo(json.dumps(facts, indent=2) if as_json else _text(mesh, facts))


@app.command(epilog=examples("mesh convert icon_grid.nc icon_esmf.nc --format esmf"))
def convert(
    mesh: Name,
    output: Annotated[Path, typer.Argument(metavar="OUT.nc", help="File to write.")],
    layout: Annotated[str, typer.Option("--format", help="esmf, scrip or ugrid.")] = "esmf",
    window: Region = None,
    mask: Mask = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing file.")] = False,
) -> None:
    """Write a mesh as an ESMF mesh, SCRIP grid or UGRID file; global ids are kept in ``cell_id``."""
    from pylandbc.grid.formats.parallels import has_parallels
    from pylandbc.grid.formats.writing import write_mesh

    cells = _open(mesh, window, mask)
    if has_parallels(cells):
        note(
            f"the cells of {mesh} end at parallels; tools that read {layout} files take great circles instead"
        )
    typer.echo(f"wrote {write_mesh(cells, output, layout, overwrite)}: {len(cells)} cells")


@app.command(epilog=examples("mesh plot O32 --window -14,49,3,61 --output mesh.png"))
def plot(
    mesh: Name,
    output: Output,
    window: Region = None,
    mask: Mask = None,
    relief: Annotated[
        Path | None, typer.Option(help="GEBCO or ETOPO file: draw land and sea behind the cells.")
    ] = None,
) -> None:
    """Draw the outlines of a mesh's cells over a map."""
    from pylandbc.grid.formats.description import extent
    from pylandbc.report.maps import save
    from pylandbc.report.mesh_map import mesh_map

    cells = _open(mesh, window, mask)
    region = _region(window)
    box = extent(cells)
    if region is not None:
        box = region.west, region.south, region.east, region.north
    title = f"{Path(mesh).name}: {len(cells)} cells"
    typer.echo(f"wrote {save(mesh_map(cells, box, title, _relief(relief, box)), output)}")


def _open(mesh: str, window: str | None, mask: str | None, quiet: bool = False) -> Mesh:
    """The mesh; repairs are printed on standard error unless the caller reports them."""
    from pylandbc.grid.formats.assembly import MeshRepairWarning
    from pylandbc.grid.formats.opening import open_mesh

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MeshRepairWarning)
        opened = open_mesh(mesh, _region(window), mask)
    if not quiet:
        for sentence in opened.kind.get("repairs", []):
            note(sentence)
        if opened.kind.get("masked"):
            note(f"{opened.kind['masked']} masked cell(s) were left out")
    return opened


def _region(window: str | None) -> Window | None:
    from pylandbc.cli.box import parse_box

    return parse_box(window) if window else None


def _relief(path: Path | None, box: tuple[float, float, float, float]) -> Any:
    from pylandbc.sources.gebco import relief

    return None if path is None else relief(path, Window.from_degrees(*box))[0]


def _text(mesh: str, facts: dict[str, Any]) -> str:
    west, south, east, north = facts["extent"]
    area = facts["area_km2"]
    corners = ", ".join(f"{number} with {count}" for count, number in facts["corners"].items())
    lines = [
        f"{mesh}: {' '.join(f'{k}={v}' for k, v in facts['mesh'].items())}",
        f"cells       {facts['cells']} of {facts['global_cells']}, "
        f"ids {facts['first_id']} to {facts['last_id']}",
        f"corners     {corners}; edges are {facts['edges']}",
        f"extent      {west:.4f} to {east:.4f} E, {south:.4f} to {north:.4f} N",
        f"area        {area['min']:.6g} / {area['mean']:.6g} / {area['max']:.6g} km2 (least, mean, greatest)",
        f"            together {facts['area_of_sphere']:.12g} of the sphere",
        f"masked      {facts['masked']} cell(s) left out",
    ]
    lines += [f"repaired    {sentence}" for sentence in facts["repairs"]] or ["repaired    nothing"]
    return "\n".join(lines)
