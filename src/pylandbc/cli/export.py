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
            help="Directory written by `pylandbc train`; or an exported emulator of classes (.pt, or the "
            "name of a shipped one), which is written anew with the code of this version.",
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
        str | None,
        typer.Option(
            help="float32, or of classes bfloat16: where the processor computes in it land use is twice as "
            "fast, land cover by a seventh; some pixels get another class. An exported one stays as it is by "
            "default.",
            show_default="float32",
        ),
    ] = None,
) -> None:
    """Export a trained emulator to TorchScript with its model card inside."""
    from pylandbc import emulators

    if run.is_file() or (str(run) in emulators.names() and not run.exists()):
        from pylandbc.learn.rewrite import rewrite

        if head is not None:
            raise InputError(f"{run} is exported already; --head needs the run of its training")
        _said(output, rewrite(emulators.find(str(run)), output, precision))
        return
    from pylandbc.learn.finish import export_run
    from pylandbc.learn.leaf_area.finish import export_run as export_vegetation
    from pylandbc.learn.leaf_area.run import quantity_of_run
    from pylandbc.models.inputs import QUANTITIES

    if quantity_of_run(run) in QUANTITIES:
        card = export_run(run, output, head, precision or "float32")
    elif precision in (None, "float32"):
        card = export_vegetation(run, output)
    else:
        raise InputError(f"{run} is of a series, whose emulators cannot be exported in {precision}")
    _said(output, card)


def _said(output: Path, card: dict[str, Any]) -> None:
    typer.echo(f"wrote {output}: {card['name']} {card['version']}, weights {card['weights_sha256'][:12]}")
