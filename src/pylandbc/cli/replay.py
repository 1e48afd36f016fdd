"""``pylandbc replay``: run a recorded coupled run again and compare it bit by bit."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pylandbc.cli.progress import stages
from pylandbc.errors import InputError


def replay(
    recording: Annotated[Path, typer.Argument(metavar="RUN.nc", help="Recording that the run wrote.")],
    bundle: Annotated[Path | None, typer.Option(help="Bundle to run; default the recorded one.")] = None,
    emulator: Annotated[
        Path | None, typer.Option(help="Emulator (.pt) that takes the place of the bundle's.")
    ] = None,
    device: Annotated[str | None, typer.Option(help="cpu or cuda:N; default the recorded one.")] = None,
    figure: Annotated[
        Path | None, typer.Option(help="Where to draw the final class map and the change since the start.")
    ] = None,
) -> None:
    """Replay a recorded coupled run through the same C interface.

    Exit status 0 when all bits agree, or when another bundle or emulator was asked for and it ran;
    1 when they differ.
    """
    from pylandbc.couple.replay import replay as run_again

    if figure is not None:
        _need_matplotlib()
    with stages() as tell:
        report = run_again(recording, bundle, emulator, device, progress=tell)
    typer.echo(report.text())
    if figure is not None:
        from pylandbc.report.maps import save
        from pylandbc.report.runs import run_maps

        typer.echo(f"wrote {save(run_maps(report), figure)}")
    if not report.passed:
        raise typer.Exit(1)


def _need_matplotlib() -> None:
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        raise InputError("figures need matplotlib: pip install 'pylandbc[report]'") from None
