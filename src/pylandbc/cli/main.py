"""``pylandbc``: one command, a noun or a verb after it.

Every command prints a sentence, not a traceback, when its input is at fault (``PYLANDBC_TRACEBACK=1`` shows
the traceback). Exit status: 0 done, 1 the input or the run is at fault, 2 the command line is.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer

from pylandbc import __version__
from pylandbc.cli import (
    bundle,
    crosswalk,
    cube,
    evaluate,
    export,
    mesh,
    planet,
    plot,
    predict,
    replay,
    report,
    sources,
    surfdata,
    train,
    weights,
    weights_store,
)
from pylandbc.couple import library
from pylandbc.errors import InputError

app = typer.Typer(
    name="pylandbc",
    help="Realistic, evolving land boundary conditions at 1 km for Earth-system models.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(sources.app, name="sources", help="Products: what to download, what a folder holds.")
app.add_typer(planet.app, name="planet", help="The synthetic planet: official formats, known truth.")
app.add_typer(cube.app, name="cube", help="The training cube (Zarr).")
app.command()(train.train)
app.command()(predict.predict)
app.command()(evaluate.evaluate)
app.command()(report.report)
app.command()(export.export)
app.add_typer(mesh.app, name="mesh", help="A host's mesh: look at it, convert it, draw it.")
app.command()(weights.weights)
app.add_typer(
    weights_store.app, name="weight-store", help="Overlap weights of the globe, on disk, by strips."
)
app.add_typer(
    bundle.app, name="bundle", help="What a coupled run loads: emulator, domain, weights, scenario."
)
app.command()(replay.replay)
app.add_typer(crosswalk.app, name="crosswalk", help="What classes are for land models: tables and adapters.")
app.command()(surfdata.surfdata)
app.add_typer(plot.app, name="plot", help="Maps and curves, ready for a paper.")


def _telling(answer: Callable[[], object]) -> Any:
    """An option that prints an answer and ends, whatever else is on the command line."""

    def tell(asked: bool) -> None:
        if asked:
            typer.echo(answer())
            raise typer.Exit

    return tell


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version.", is_eager=True, callback=_telling(lambda: __version__)
        ),
    ] = False,
    cmake_dir: Annotated[
        bool,
        typer.Option(
            "--cmake-dir",
            help="Print the folder for CMake's landbc_DIR.",
            is_eager=True,
            callback=_telling(lambda: library.folder("cmake")),
        ),
    ] = False,
    include_dir: Annotated[
        bool,
        typer.Option(
            "--include-dir",
            help="Print the folder that holds landbc.h.",
            is_eager=True,
            callback=_telling(lambda: library.folder("include")),
        ),
    ] = False,
    fortran_module: Annotated[
        bool,
        typer.Option(
            "--fortran-module",
            help="Print the folder of the Fortran module's source.",
            is_eager=True,
            callback=_telling(lambda: library.folder("fortran")),
        ),
    ] = False,
) -> None:
    """Realistic, evolving land boundary conditions at 1 km for Earth-system models."""


def run() -> None:
    """Entry point of the command; turns input errors into a sentence and exit status 1."""
    try:
        app()
    except (InputError, FileNotFoundError) as error:
        if os.environ.get("PYLANDBC_TRACEBACK"):
            raise
        typer.secho(f"pylandbc: {error}", fg=typer.colors.RED, err=True)
        sys.exit(1)
