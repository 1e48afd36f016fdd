"""``pylandbc train``: train an emulator by one configuration file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def train(
    config: Annotated[Path, typer.Argument(help="YAML configuration, e.g. examples/land_use_uk/train.yaml.")],
    data: Annotated[
        Path | None,
        typer.Option(
            help="Folder that the cubes' paths are relative to; that of the configuration by default."
        ),
    ] = None,
    output: Annotated[
        Path, typer.Option(help="Run directory: configuration, curves, checkpoints, scores.")
    ] = Path("run"),
    resume: Annotated[
        bool, typer.Option("--resume", help="Continue from the last checkpoint where there is one.")
    ] = False,
) -> None:
    """Train an emulator, then score it on the held-out blocks of the first cube."""
    from pylandbc.errors import InputError
    from pylandbc.learn.config import load_config

    checked = load_config(config)
    root = data if data is not None else config.parent
    try:
        from pylandbc.learn.train import train as run_training
    except ImportError as error:
        raise InputError("training needs Lightning: pip install 'pylandbc[train]'") from error
    run = run_training(checked, output, root, resume=resume)

    from rich.console import Console

    from pylandbc.cli.progress import stages
    from pylandbc.learn.finish import score_run
    from pylandbc.learn.score_tables import tables

    with stages() as tell:
        result = score_run(run, root, tell)
    for table in tables(result):
        Console().print(table)
    typer.echo(f"wrote {output}; export it with: pylandbc export {output} --output emulator.pt")
