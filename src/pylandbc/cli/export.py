"""``pylandbc export``: a training run as one archive that the engine loads."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from pylandbc.cli.outputs import writable
from pylandbc.errors import InputError


def export(
    run: Annotated[
        Path,
        typer.Argument(
            metavar="RUN",
            help="Directory written by `pylandbc train`; or an exported archive of classes (.pt), which is "
            "written anew with the code of this version.",
        ),
    ],
    output: Annotated[Path, typer.Option(callback=writable, help="The archive to write (.pt).")] = Path(
        "emulator.pt"
    ),
    head: Annotated[
        str | None,
        typer.Option(help="land_use or land_cover, of a run with two heads."),
    ] = None,
    precision: Annotated[
        str,
        typer.Option(
            help="float32, or for land use bfloat16: twice the speed where the processor computes in it."
        ),
    ] = "float32",
) -> None:
    """Export a trained emulator to TorchScript with its model card inside."""
    if run.is_file():
        from pylandbc.learn.rewrite import rewrite

        if head is not None or precision != "float32":
            raise InputError(
                f"{run} is exported already; --head and --precision need the run of its training"
            )
        _said(output, rewrite(run, output))
        return
    from pylandbc.learn.finish import export_run
    from pylandbc.learn.leaf_area.finish import export_run as export_vegetation
    from pylandbc.learn.leaf_area.run import quantity_of_run
    from pylandbc.models.inputs import QUANTITIES

    if quantity_of_run(run) in QUANTITIES:
        card = export_run(run, output, head, precision)
    elif precision == "float32":
        card = export_vegetation(run, output)
    else:
        raise InputError(f"{run} is of a series, whose emulators cannot be exported in {precision}")
    _said(output, card)


def _said(output: Path, card: dict[str, Any]) -> None:
    typer.echo(f"wrote {output}: {card['name']} {card['version']}, weights {card['weights_sha256'][:12]}")
