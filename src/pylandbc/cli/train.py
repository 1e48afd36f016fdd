"""``pylandbc train``: train an emulator by one configuration file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pylandbc.cli.manner import MANNER
from pylandbc.cli.notes import note
from pylandbc.cli.outputs import writable


def train(
    config: Annotated[
        Path,
        typer.Argument(metavar="CONFIG.yaml", help="E.g. examples/06_train_land_use/train.yaml."),
    ],
    data: Annotated[
        Path | None,
        typer.Option(
            help="Folder that the cubes' paths are relative to; that of the configuration by default."
        ),
    ] = None,
    output: Annotated[
        Path,
        typer.Option(callback=writable, help="Run directory: configuration, curves, checkpoints, scores."),
    ] = Path("run"),
    resume: Annotated[
        bool, typer.Option("--resume", help="Continue from the last checkpoint where there is one.")
    ] = False,
) -> None:
    """Train an emulator of land use, or of what the configuration names as `quantity` (land_cover,
    leaf_area_index), and score it on held-out blocks."""
    from pylandbc.errors import InputError
    from pylandbc.learn.config import load_config
    from pylandbc.learn.leaf_area.config import quantity_of
    from pylandbc.learn.run import CHECKPOINT
    from pylandbc.models.inputs import QUANTITIES

    root = data if data is not None else config.parent
    try:
        from pylandbc.learn.train import train as run_training
    except ImportError as error:
        raise InputError("training needs Lightning: pip install 'pylandbc[train]'") from error
    try:
        if quantity_of(config) not in QUANTITIES:
            from pylandbc.cli.vegetation import train_vegetation

            train_vegetation(config, output, root, resume)
            return
        checked = load_config(config)
        run = run_training(checked, output, root, resume=resume, progress=not MANNER.quiet)
    except KeyboardInterrupt:
        if (output / CHECKPOINT).is_file():
            note(f"{output} keeps the last finished epoch; the same command with --resume goes on from there")
        raise

    from rich.console import Console

    from pylandbc.cli.progress import stages
    from pylandbc.learn.finish import score_run
    from pylandbc.learn.score_tables import tables

    for head in filter(None, (checked.quantity, checked.second_head)):
        with stages() as tell:
            result = score_run(run, root, tell, head=head)
        for table in tables(result):
            Console().print(table)
    typer.echo(f"wrote {output}; export it with: pylandbc export {output} --output emulator.pt")
