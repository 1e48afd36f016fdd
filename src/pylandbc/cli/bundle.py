"""``pylandbc bundle``: compile, look at, and check what a coupled run loads."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from pylandbc.cli.box import parse_box
from pylandbc.cli.manner import examples
from pylandbc.cli.mesh_name import MESH
from pylandbc.cli.notes import notes
from pylandbc.cli.outputs import writable
from pylandbc.cli.progress import stages

app = typer.Typer(no_args_is_help=True)

BundlePath = Annotated[Path, typer.Argument(metavar="BUNDLE", help="Bundle directory.")]


@app.command(
    "compile",
    epilog=examples(
        "bundle compile --cube cube.zarr --emulator land-use --mesh healpix:128:nested --state-year 2009 "
        "--output bundle",
        "bundle compile --cube cube.zarr --emulator run.pt --mesh icon_grid.nc --state-year 2009 "
        "--window -5,51,1,56 --conservation delta --output bundle",
        "bundle compile --cube cube.zarr --emulator land-use --emulator lai.pt --mesh healpix:64 "
        "--state-year 2009 --output bundle",
    ),
)
def compile_(
    cube: Annotated[Path, typer.Option(help="Cube (Zarr) with static fields, scenario and land use.")],
    emulator: Annotated[
        list[str],
        typer.Option(
            help="An exported emulator (.pt), or the name of a shipped one: of land use, and again for land "
            "cover and leaf area index."
        ),
    ],
    mesh: Annotated[str, typer.Option(help=MESH)],
    state_year: Annotated[int, typer.Option(help="Year of the initial land use, one of the cube's.")],
    output: Annotated[Path, typer.Option(callback=writable, help="Directory to make.")],
    window: Annotated[
        str | None,
        typer.Option(
            metavar="WEST,SOUTH,EAST,NORTH", help="Part of the cube's window, degrees; default all."
        ),
    ] = None,
    engine: Annotated[
        str | None,
        typer.Option(
            help="Engine of the overlap weights: esmf, yac, exact, latlon, file:PATH; default the best at "
            "hand, which the output names."
        ),
    ] = None,
    core: Annotated[int, typer.Option(help="Tile core in pixels, a multiple of 400.")] = 400,
    conservation: Annotated[
        str,
        typer.Option(help="off, delta or absolute: hold each 0.25 degree cell's classes to the scenario."),
    ] = "off",
    adapter: Annotated[
        list[str] | None,
        typer.Option(
            help="What a land model reads (`pylandbc crosswalk list` names them): ctsm, ecland ...; "
            "ctsm:land_cover starts from land cover; again for more."
        ),
    ] = None,
    bounds: Annotated[
        str, typer.Option(help="Upper bounds (PCT_*_MAX) of adapters: possible, scenario, or a netCDF file.")
    ] = "possible",
    co2: Annotated[
        Path | None,
        typer.Option(help="Record or scenario of CO2 for the bundle's series; default the cube's, if any."),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing bundle.")] = False,
) -> None:
    """Put emulators, their domain on a native mesh, scenario and initial state into one directory."""
    from pylandbc import emulators
    from pylandbc.couple.bundle import compile_bundle

    box = parse_box(window) if window else None
    with notes(), stages() as tell:
        bundle = compile_bundle(
            cube,
            [emulators.find(one) for one in emulator],
            mesh,
            output,
            state_year,
            box,
            engine,
            core,
            conservation=conservation,
            adapters=adapter or (),
            bounds=bounds,
            co2=co2,
            overwrite=overwrite,
            tell=tell,
        )
    typer.echo(describe(bundle.path))


@app.command(epilog=examples("bundle info bundle", "bundle info bundle --json"))
def info(
    bundle: BundlePath, as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False
) -> None:
    """Say what is in a bundle, and check every file against its SHA-256."""
    from pylandbc.couple.bundle import verify_bundle

    verified = verify_bundle(bundle)
    if as_json:
        typer.echo(json.dumps(verified.document, indent=2))
        return
    typer.echo(describe(verified.path))
    typer.echo("files       complete and unchanged")


@app.command(epilog=examples("bundle aot bundle"))
def aot(
    bundle: BundlePath,
    device: Annotated[str, typer.Option(help="cpu or cuda: the device of the coupled runs.")] = "cpu",
    remove: Annotated[
        bool, typer.Option("--remove", help="Take the machine code out again instead.")
    ] = False,
) -> None:
    """Compile the bundle's emulator to machine code of this machine (AOTInductor; needs a C++ compiler)."""
    from pylandbc.couple.compiled import compile_emulator, remove_compiled

    if remove:
        remove_compiled(bundle)
        typer.echo(f"{bundle} runs its TorchScript emulator")
        return
    with stages() as tell:
        tell("compiling", 0.0)
        path = compile_emulator(bundle, device)
    typer.echo(f"wrote {path}; coupled runs of {bundle} take it from now on")


@app.command(epilog=examples("bundle cost bundle --memory 16", "bundle cost bundle --json"))
def cost(
    bundle: BundlePath,
    memory: Annotated[
        float | None, typer.Option(help="Refuse, with the reason, a run that needs more gigabytes.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON; sizes are in bytes.")] = False,
) -> None:
    """Say what a run of the bundle needs: tiles, memory by pixel and in all."""
    from pylandbc.couple import cost as costs

    found = costs.cost(bundle) if memory is None else costs.check_memory(bundle, int(memory * 1e9))
    if as_json:
        typer.echo(json.dumps(asdict(found), indent=2))
        return
    typer.echo(f"tiles       {found.tiles} with land, a forward each by update")
    typer.echo(f"pixels      {found.pixels} of the extended window, {found.land} of land that may change")
    typer.echo(
        f"memory      {found.by_pixel:.3g} bytes by pixel of land in maps; overlaps with the native cells"
    )
    typer.echo(f"            {found.overlaps / 1e6:.1f} MB; {found.kept / 1e9:.2f} GB between updates,")
    typer.echo(f"            {found.held / 1e9:.2f} GB in one and {found.begin / 1e9:.2f} GB to begin,")
    typer.echo("            on one rank, beside libtorch")
    if found.scratch > 0:
        typer.echo(f"scratch     {found.scratch / 1e6:.1f} MB in the directory that TMPDIR names")


@app.command(epilog=examples("bundle forcing bundle --cube cube.zarr --output forcing.nc"))
def forcing(
    bundle: BundlePath,
    cube: Annotated[Path, typer.Option(help="Cube whose monthly climatology is taken.")],
    output: Annotated[Path, typer.Option(callback=writable, help="netCDF file to write.")],
) -> None:
    """Bring a cube's monthly climatology to the bundle's native cells, for the example host."""
    from pylandbc.couple.bundle import read_bundle
    from pylandbc.couple.forcing import write_forcing

    write_forcing(read_bundle(bundle), cube, output)
    typer.echo(f"wrote {output}")


def describe(path: Path) -> str:
    """Lines that say what a bundle holds."""
    import netCDF4

    from pylandbc.couple.bundle import read_bundle

    bundle = read_bundle(path)
    document, window = bundle.document, bundle.window
    with netCDF4.Dataset(path / "mesh.nc") as mesh, netCDF4.Dataset(path / "scenario.nc") as scenario:
        cells, overlaps = len(mesh.dimensions["cell"]), len(mesh.dimensions["overlap"])
        years = scenario["year"][:]
        names = [name for name in scenario.variables if name not in ("year", "lat", "lon")]
    mesh_words = " ".join(str(v) for k, v in document["mesh"].items() if k != "global_cells")
    return "\n".join(
        [
            f"bundle      {path}",
            f"window      {window.west:.2f} to {window.east:.2f} E, "
            f"{window.south:.2f} to {window.north:.2f} N, "
            f"{window.rows} x {window.cols} pixels, margin {document['margin']}",
            f"mesh        {mesh_words}: {cells} cells, {overlaps} overlaps by {document['weights_engine']}",
            "emulators   " + ", ".join(f"{e['quantity']} by {e['step']}" for e in document["emulators"]),
            f"state       land use of {document['state_year']}",
            f"scenario    {years[0]} to {years[-1]}: {', '.join(names)}",
            f"tiles       core {document['core']}, halo {document['halo']}",
            f"conserves   {document.get('conservation', 'off')}",
            *([f"adapters    {', '.join(document['adapters'])}"] if "adapters" in document else []),
            f"compiled    {document['created']} by {document['created_by']}",
        ]
    )
