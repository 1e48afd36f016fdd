"""``pylandbc export``: a training run as one archive that the engine loads."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def export(
    run: Annotated[Path, typer.Argument(help="Run directory written by `pylandbc train`.")],
    output: Annotated[Path, typer.Option(help="The archive to write (.pt).")] = Path("emulator.pt"),
) -> None:
    """Export a trained emulator to TorchScript with its model card inside."""
    from pylandbc.learn.finish import export_run
    from pylandbc.learn.leaf_area.finish import export_run as export_vegetation
    from pylandbc.learn.leaf_area.run import quantity_of_run

    card = (export_run if quantity_of_run(run) == "land_use" else export_vegetation)(run, output)
    typer.echo(f"wrote {output}: {card['name']} {card['version']}, weights {card['weights_sha256'][:12]}")
