"""``pylandbc replay``: run a recorded coupled run again and compare it bit by bit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pylandbc.cli.figures import drawable
from pylandbc.cli.progress import stages

if TYPE_CHECKING:
    from pylandbc.couple.replay_report import ReplayReport


def replay(
    recording: Annotated[Path, typer.Argument(metavar="RUN.nc", help="Recording that the run wrote.")],
    bundle: Annotated[Path | None, typer.Option(help="Bundle to run; default the recorded one.")] = None,
    emulator: Annotated[
        str | None,
        typer.Option(help="Emulator (.pt, or a shipped one's name) that takes the place of the bundle's."),
    ] = None,
    device: Annotated[str | None, typer.Option(help="cpu or cuda:N; default the recorded one.")] = None,
    figure: Annotated[
        Path | None,
        typer.Option(
            callback=drawable, help="Where to draw the final class map and the change since the start."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Replay a recorded coupled run through the same C interface.

    Exit status 0 when all bits agree, or when another bundle or emulator was asked for and it ran;
    1 when they differ.
    """
    from pylandbc import emulators
    from pylandbc.couple.replay import replay as run_again

    with stages() as tell:
        report = run_again(
            recording, bundle, emulators.find(emulator) if emulator else None, device, tell=tell
        )
    typer.echo(json.dumps(_facts(report), indent=2) if as_json else report.text())
    if figure is not None:
        from pylandbc.report.maps import save
        from pylandbc.report.runs import run_maps

        typer.echo(f"wrote {save(run_maps(report), figure)}", err=as_json)
    if not report.passed:
        raise typer.Exit(1)


def _facts(report: ReplayReport) -> dict[str, Any]:
    """What the report says in words, as numbers."""
    return {
        "recording": str(report.recording),
        "bundle": str(report.bundle),
        "emulator": str(report.emulator) if report.emulator else None,
        "steps": report.steps,
        "identical": report.identical,
        "equality_expected": report.equality_expected,
        "differing_steps": report.differing_steps,
        "differing_values": report.differing_values,
        "maximum_difference": report.maximum_difference,
        "first_difference": str(report.first_difference) if report.first_difference else None,
        "first_pixel": str(report.first_pixel) if report.first_pixel else None,
        "differing_pixels": report.differing_pixels,
    }
