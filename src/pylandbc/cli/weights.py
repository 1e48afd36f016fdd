"""``pylandbc weights``: overlap weights of a window as a file, or of the whole globe as a store on disk."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Annotated

import typer

from pylandbc.cli import weight_file
from pylandbc.cli.manner import examples
from pylandbc.cli.mesh_name import MESH
from pylandbc.cli.progress import stages
from pylandbc.errors import InputError

app = typer.Typer(no_args_is_help=True)

Directory = Annotated[Path, typer.Argument(metavar="STORE", help="Directory of the weights.")]


@app.callback()
def about() -> None:
    """Overlap weights: of a window as a file (write), of the globe as a store that is read by window."""


app.command(
    epilog=examples(
        "weights write --mesh icon_grid.nc --window -118,32,256,256 --output weights.nc",
        "weights write --mesh healpix:128:nested --window -5,51,600,500 --reverse --output back.nc",
    )
)(weight_file.write)


@app.command(
    epilog=examples("weights build store --mesh icon_grid.nc", "weights build store --mesh O320 --part 2/4")
)
def build(
    store: Directory,
    mesh: Annotated[str, typer.Option(help=MESH)],
    engine: Annotated[str, typer.Option(help="Engine of the weights: exact, esmf, yac, latlon.")] = "exact",
    land_mask: Annotated[
        Path | None,
        typer.Option(help="globe_combined_mask_compressed.npz (NOAA GLOBE): only tiles with land."),
    ] = None,
    margin: Annotated[int, typer.Option(help="Pixels around land that count as land; a multiple of 25.")] = 0,
    tile: Annotated[int, typer.Option(help="Pixels along a tile, a multiple of 25.")] = 400,
    partial: Annotated[
        bool, typer.Option("--partial", help="Allow pixels without a cell (a mesh of land cells, say).")
    ] = False,
    part: Annotated[
        str | None,
        typer.Option(metavar="K/N", help="Compute the K-th of N parts (1/N ... N/N); default the MPI rank."),
    ] = None,
) -> None:
    """Compute a store of the globe's weights strip by strip; a build that was stopped goes on.

    Several processes may share the work: start N with --part 1/N ... N/N, or by mpirun or srun.
    """
    from pylandbc.grid.land_tiles import coarse_land, land_tiles
    from pylandbc.grid.weight_build import build_store, rank_and_size
    from pylandbc.grid.weight_store import all_tiles

    share = _part(part) if part else rank_and_size()
    tiles = all_tiles(tile) if land_mask is None else land_tiles(coarse_land(land_mask), tile, margin)
    name = f"part {share[0] + 1}/{share[1]}: " if share[1] > 1 else ""
    with stages() as tell:
        made = build_store(
            store,
            mesh,
            tiles,
            engine,
            partial=partial,
            part=share,
            progress=lambda done, of: tell(f"{name}{of} strips of weights", done / of),
        )
    missing = made.missing()
    if missing:
        typer.echo(f"{name}{store}: {len(missing)} of {len(made.strips())} strips are still to be computed")
    else:
        typer.echo(f"{name}wrote {store}: all {len(made.strips())} strips are there")


@app.command(epilog=examples("weights info store"))
def info(
    store: Directory, as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False
) -> None:
    """Say what a store holds and how much of it is there; exit status 1 where strips are missing."""
    from pylandbc.grid.weight_store import WeightStore

    opened = WeightStore.open(store)
    missing = opened.missing()
    pixels = int(opened.tiles[[row // opened.size for row in opened.strips() if row not in missing]].sum())
    pixels *= opened.size**2
    size = sum(file.stat().st_size for file in store.glob("strip_*.nc"))
    facts = {
        "mesh": opened.mesh,
        "engine": opened.engine,
        "tile": opened.size,
        "tiles": int(opened.tiles.sum()),
        "of_tiles": opened.tiles.size,
        "strips": len(opened.strips()),
        "missing_strips": missing,
        "pixels": pixels,
        "bytes": size,
        "bytes_per_pixel": size / pixels if pixels else None,
    }
    typer.echo(json.dumps(facts, indent=2) if as_json else _text(store, facts))
    if missing:
        raise typer.Exit(1)


@app.command(epilog=examples("weights check store --json"))
def check(
    store: Directory, as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False
) -> None:
    """Regrid rough fields over all tiles, both ways, and compare integrals; exit status 1 beyond 1e-12."""
    from pylandbc.grid.weight_check import check_store
    from pylandbc.grid.weight_store import WeightStore

    with stages() as tell:
        found = check_store(
            WeightStore.open(store), progress=lambda done, of: tell(f"check of {of} strips", done / of)
        )
    facts = dataclasses.asdict(found)
    if as_json:
        typer.echo(json.dumps(facts, indent=2))
    else:
        typer.echo(
            f"{store}: {found.pixels} pixels, {found.area / 1e12:.6f} million km2\n"
            f"integral    mesh to grid {found.to_grid:.1e}, grid to mesh {found.to_mesh:.1e} (relative)\n"
            f"constant    {found.constant:.1e} (relative, the worst pixel or cell)"
        )
    if max(found.to_grid, found.to_mesh) > 1e-12:
        raise typer.Exit(1)


def _part(text: str) -> tuple[int, int]:
    words = text.split("/")
    if (
        len(words) != 2
        or not all(word.isdigit() for word in words)
        or not 1 <= int(words[0]) <= int(words[1])
    ):
        raise InputError(f"part {text!r} is not K/N with K = 1 ... N, e.g. 2/4")
    return int(words[0]) - 1, int(words[1])


def _text(store: Path, facts: dict) -> str:
    missing = facts["missing_strips"]
    state = f"{len(missing)} missing, the first at row {missing[0]}" if missing else "all there"
    each = f"{facts['bytes_per_pixel']:.2f} bytes a pixel" if facts["pixels"] else "no pixels"
    return "\n".join(
        [
            f"{store}: overlap weights of {' '.join(f'{k}={v}' for k, v in facts['mesh'].items())}",
            f"engine      {facts['engine']}",
            f"tiles       {facts['tiles']} of {facts['of_tiles']}, {facts['tile']} x {facts['tile']} pixels",
            f"strips      {facts['strips']}, {state}",
            f"size        {facts['bytes'] / 1e6:.1f} MB for {facts['pixels']} pixels: {each}",
        ]
    )
