"""``pylandbc``: one command. Things have verbs (``cube build``); plain verbs act on emulators (``train``)
and on recordings of runs (``replay``).

Results go to standard output; progress, notes and errors to standard error. A failure is a sentence and an
exit status, with a traceback only after ``--debug``.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from typing import Annotated, Any, NoReturn

import typer

from pylandbc import __version__
from pylandbc.cli import (
    bundle,
    compare,
    crosswalk,
    cube,
    evaluate,
    export,
    history,
    mesh,
    planet,
    predict,
    replay,
    report,
    sources,
    surfdata,
    train,
    weights,
)
from pylandbc.cli.manner import AT_FAULT, FAULT_HERE, INTERRUPTED, MANNER, STATUSES, examples, manner_first
from pylandbc.cli.os_error import in_words
from pylandbc.couple import library
from pylandbc.couple.engine import LandbcError
from pylandbc.errors import InputError

app = typer.Typer(
    name="pylandbc",
    help="Realistic, evolving land boundary conditions at 1 km for Earth-system models.",
    epilog=STATUSES,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _verb(function: Callable[..., None], panel: str, *commands: str) -> None:
    app.command(epilog=examples(*commands), rich_help_panel=panel)(function)


DATA, EMULATORS, COUPLING = "Data", "Emulators", "Coupling"
app.add_typer(
    sources.app, name="sources", help="Products: what to download, what a folder holds.", rich_help_panel=DATA
)
app.add_typer(
    planet.app,
    name="planet",
    help="The synthetic planet: official formats, known truth.",
    rich_help_panel=DATA,
)
app.add_typer(cube.app, name="cube", help="The training cube (Zarr).", rich_help_panel=DATA)
_verb(
    train.train,
    EMULATORS,
    "train examples/06_train_land_use/train.yaml --data cubes --output run",
    "train train.yaml --output run --resume",
)
_verb(export.export, EMULATORS, "export run --output emulator.pt")
_verb(
    evaluate.evaluate,
    EMULATORS,
    "evaluate land-use --cube uk.zarr",
    "evaluate emulator.pt --cube planet.zarr --baselines all --rollout 13 --json scores.json",
)
_verb(
    compare.compare,
    EMULATORS,
    "compare examples/07_leaf_area/compare.yaml --data cubes --output comparison",
)
_verb(report.report, EMULATORS, "report scores.json --output report.html")
_verb(
    predict.predict,
    EMULATORS,
    "predict land-use --cube uk.zarr --years 2010-2020 --conservation delta --output decade.nc",
    "predict land-use --cube uk.zarr --years 2008-1990 --output past.zarr --dry-run",
)
app.add_typer(
    mesh.app, name="mesh", help="A host's mesh: look at it, convert it, draw it.", rich_help_panel=COUPLING
)
app.add_typer(
    weights.app,
    name="weights",
    help="Overlap weights: a file for a window, a store for the globe.",
    rich_help_panel=COUPLING,
)
app.add_typer(
    bundle.app,
    name="bundle",
    help="What a coupled run loads: emulator, domain, weights, scenario.",
    rich_help_panel=COUPLING,
)
_verb(
    replay.replay,
    COUPLING,
    "replay recording.nc",
    "replay recording.nc --emulator other.pt --figure change.png",
)
app.add_typer(
    crosswalk.app,
    name="crosswalk",
    help="What classes are for land models: tables, adapters, CTSM's files.",
    rich_help_panel=COUPLING,
)
crosswalk.app.command(
    epilog=examples(
        "crosswalk surfdata uk.zarr --mesh O320 --output landuse.timeseries.nc --surface surfdata.nc",
        "crosswalk surfdata decade.nc --cube uk.zarr --mesh O320 --output landuse.timeseries.nc",
        "crosswalk surfdata recording.nc --adapter elm --output landuse.timeseries.nc",
    )
)(surfdata.surfdata)
app.add_typer(
    history.app,
    name="history",
    help="The land use in a host's history file.",
    rich_help_panel=COUPLING,
)


def _telling(answer: Callable[[], object]) -> Any:
    """An option that prints an answer and ends, whatever else is on the command line."""

    def tell(asked: bool) -> None:
        if asked:
            typer.echo(answer())
            raise typer.Exit

    return tell


@app.callback()
def options(
    quiet: Annotated[
        bool,
        typer.Option(
            "--quiet",
            "-q",
            help="No progress and no notes; results and errors only. This and --debug may also follow the "
            "command.",
        ),
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show where in the program an error arose.")] = False,
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
    pkg_config_dir: Annotated[
        bool,
        typer.Option(
            "--pkg-config-dir",
            help="Print the folder for PKG_CONFIG_PATH.",
            is_eager=True,
            callback=_telling(lambda: library.folder("lib") / "pkgconfig"),
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
    MANNER.quiet, MANNER.debug = quiet, debug


def run() -> None:
    """Entry point of the command; turns errors into a sentence and an exit status."""
    MANNER.debug = False
    try:
        app(args=manner_first(sys.argv[1:]))
    except SystemExit as ended:
        if ended.code != INTERRUPTED:
            raise
        # Typer has turned Ctrl-C into its status, without a word.
        _fail("interrupted", INTERRUPTED)
    except (InputError, LandbcError) as error:
        _fail(str(error), AT_FAULT)
    except OSError as error:
        _fail(in_words(error), AT_FAULT)
    except MemoryError:
        _fail("this machine has too little memory for it; take a smaller window", AT_FAULT)
    except Exception as error:
        _fail(
            f"a fault in pylandbc ({type(error).__name__}: {error}); please report it with what "
            "`pylandbc --debug ...` prints",
            FAULT_HERE,
        )


def _fail(sentence: str, status: int) -> NoReturn:
    """Ends the process; within an exception's handler that one is shown where ``--debug`` asked for it."""
    if MANNER.debug:
        traceback.print_exc()
    typer.secho(f"pylandbc: {sentence}", fg=typer.colors.RED, err=True)
    sys.exit(status)
